"""What handlers need of the app: the agreements that it keeps, and its settings."""

from typing import Protocol

from agreement.book import Book
from assurance.settings import AssuranceSettings


class Bound(Protocol):
    """The app, as its handlers see it."""

    book: Book
    settings: AssuranceSettings
