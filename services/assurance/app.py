"""What the assurance service hears, subject by subject (§3.2, §5, §7, §10, §14)."""

from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import Any

from fastapi import FastAPI

from agreement.book import Book
from assurance import api, due, keeping_measures, knowing, reminding, taking, undertakings
from assurance.settings import AssuranceSettings
from assurance.watch import Watch
from chassis.router import Router
from chassis.service import Runtime
from chassis.transaction import Transaction

SUBJECTS = (knowing, taking, reminding, keeping_measures, undertakings)
"""Clients; every word about their questions, audits, help and disputes, and its last days; the measures; people."""


class Assurance:
    """The app: its routes, its API, and the agreements it keeps."""

    name = "assurance"
    migrations = Path(__file__).parent / "migrations"
    router = Router({name: route for subject in SUBJECTS for name, route in subject.router.routes.items()})

    def __init__(self, book: Book, settings: AssuranceSettings) -> None:
        self.book = book
        self.settings = settings

    async def begin(self, tx: Transaction) -> None:
        """The measures of the agreement are the first in force (Appendix C)."""
        await keeping_measures.begin(self, tx)

    def api(self, runtime: Runtime) -> FastAPI:
        """The service's HTTP API."""
        return api.build(self, runtime)

    def workers(self, runtime: Runtime) -> Sequence[Callable[[], Coroutine[Any, Any, None]]]:
        """Beside what it hears, the service counts what is open."""
        return Watch(self.book, runtime).run, due.deadlines(self.book, runtime).run
