"""What the service `requests` hears, subject by subject (§2.3, §3.2, §9).

Its package is called otherwise: `requests` is a library's.
"""

from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import Any

from fastapi import FastAPI

from agreement.book import Book
from chassis.router import Router
from chassis.service import Runtime
from chassis.transaction import Transaction
from chassis.vault import check_key
from requests_desk import (
    answers,
    api,
    assisting,
    by_hand,
    due,
    erasing,
    instructions,
    keeping,
    knowing,
    receiving,
    sealing,
    telling,
    working,
)
from requests_desk.settings import RequestsSettings
from requests_desk.task_watch import TaskWatch
from requests_desk.vault import Vault
from requests_desk.watch import Watch

SUBJECTS = (
    knowing,
    keeping,
    receiving,
    sealing,
    telling,
    instructions,
    answers,
    assisting,
    by_hand,
    working,
    erasing,
)
"""Where each event is handled, from who the clients are to what is left of a request in the end."""


class Requests:
    """The app: its routes, its API, the agreements it keeps, and what closes what is personal."""

    name = "requests"
    migrations = Path(__file__).parent / "migrations"
    router = Router({name: route for subject in SUBJECTS for name, route in subject.router.routes.items()})

    def __init__(self, book: Book, settings: RequestsSettings) -> None:
        self.book = book
        self.settings = settings
        self.vault = Vault(settings.vault_key, settings.vault_other_keys)

    async def begin(self, tx: Transaction) -> None:
        """The key is the one that closed what lies here."""
        await check_key(tx, self.vault.box)

    def api(self, runtime: Runtime) -> FastAPI:
        """The service's HTTP API."""
        return api.build(self, runtime)

    def workers(self, runtime: Runtime) -> Sequence[Callable[[], Coroutine[Any, Any, None]]]:
        """Beside what it hears, the service shows what waits."""
        return Watch(runtime).run, TaskWatch(runtime).run, due.deadlines(runtime).run
