"""What handlers need of the app: the agreements that it keeps, its settings, and what closes personal data."""

from typing import Protocol

from agreement.book import Book
from requests_desk.settings import RequestsSettings
from requests_desk.vault import Vault


class Bound(Protocol):
    """The app, as its handlers see it."""

    book: Book
    settings: RequestsSettings
    vault: Vault
