"""What the breach service hears, subject by subject (§6)."""

from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import Any

from fastapi import FastAPI

from agreement.book import Book
from breach import api, due
from breach.affected import directory_store, knowing, scoping
from breach.authority import dossiers
from breach.course import incidents, phases
from breach.settings import BreachSettings
from breach.timing import ticking
from breach.timing.watch import Watch
from breach.told import telling
from chassis.router import Router
from chassis.service import Runtime
from chassis.transaction import Transaction

SUBJECTS = (knowing, incidents, scoping, ticking, telling, phases, dossiers)
"""Where each event is handled, from what must be known to what an authority is told."""


class Breach:
    """The app: its routes, its API, and the agreements it keeps."""

    name = "breach"
    migrations = Path(__file__).parent / "migrations"
    router = Router({name: route for subject in SUBJECTS for name, route in subject.router.routes.items()})

    def __init__(self, book: Book, settings: BreachSettings) -> None:
        self.book = book
        self.settings = settings

    async def begin(self, tx: Transaction) -> None:
        """The list of the agreement is the first that is known (Appendix B)."""
        listed = self.book.latest.sub_processors
        await directory_store.list_first(tx, [each.id for each in listed], [each.name for each in listed])

    def api(self, runtime: Runtime) -> FastAPI:
        """The service's HTTP API."""
        return api.build(self, runtime)

    def workers(self, runtime: Runtime) -> Sequence[Callable[[], Coroutine[Any, Any, None]]]:
        """Beside what it hears, the service shows how much time is left."""
        return Watch(runtime, self.settings.shown_clocks).run, due.deadlines(runtime).run
