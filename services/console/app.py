"""What the console hears: every fact about clients, its own dates, and its own signed heads (§3.2, §7)."""

from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import Any

from fastapi import FastAPI

from agreement.book import Book
from chassis.message import Message
from chassis.router import Router
from chassis.service import Runtime
from chassis.signing import Signer
from chassis.transaction import Transaction
from console import api, sealing
from console.appending import Appending
from console.facts import locks_of, told_by
from console.rereading import Rereading
from console.settings import ConsoleSettings
from console.watch import Watch
from contracts.bus import EVENTS
from contracts.event import Event
from contracts.recording import plan_of
from contracts.sealing import AnchorDue, EvidenceSealed


class Console:
    """The app: its routes, its API, the agreements it keeps, and the key that signs."""

    name = "console"
    migrations = Path(__file__).parent / "migrations"
    router = Router()

    def __init__(self, book: Book, settings: ConsoleSettings) -> None:
        self.book = book
        self.settings = settings
        self.signer = Signer(settings.evidence_key)

    async def begin(self, tx: Transaction) -> None:
        """The record begins with the first start, and is sealed from then on."""
        await sealing.begin(tx)

    async def on_facts(self, messages: Sequence[Message[Event]], tx: Transaction) -> None:
        """Every fact goes into the record of whom it concerns, each client's part alone."""
        appending = Appending.of(self.book, tx)
        for message in messages:
            appending.told += told_by(message)

    async def on_anchor_due(self, due: AnchorDue, tx: Transaction) -> None:
        """The heads that have grown are signed and said, a page at a time."""
        await sealing.seal(self.signer, self.settings.seal_every, due, tx)

    async def on_sealed(self, heads: Sequence[Message[EvidenceSealed]], tx: Transaction) -> None:
        """Heads that were said must still be what the record holds."""
        await sealing.compare(self.signer, heads, tx)

    def api(self, runtime: Runtime) -> FastAPI:
        """The service's HTTP API."""
        return api.build(self, runtime)

    def workers(self, runtime: Runtime) -> Sequence[Callable[[], Coroutine[Any, Any, None]]]:
        """Once: all heads that were ever said are compared with what stands; then it counts what doesn't fit."""
        return Rereading(self, runtime).run, Watch(runtime).run


for _event in EVENTS.values():
    if plan_of(_event) is not None:
        Console.router.on_batch(_event, locks=locks_of)(Console.on_facts)
Console.router.on(AnchorDue)(Console.on_anchor_due)
Console.router.on_batch(EvidenceSealed)(Console.on_sealed)
