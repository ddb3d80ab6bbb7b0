"""A small service to run on the chassis: it is asked questions, remembers them and answers."""

from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar
from uuid import uuid4

from fastapi import FastAPI, Request
from pydantic import AwareDatetime
from pydantic_core import to_json

from chassis.http import IdempotencyKey, create_api
from chassis.message import Message
from chassis.requests import cause_of
from chassis.router import Router
from chassis.service import Runtime
from chassis.transaction import Transaction
from contracts.event import Event, Id

Record = tuple[str, bytes | None, Mapping[str, str | None]]


class Asked(Event):
    """Someone asked something; `reply_at` asks for the answer on a day to come."""

    TYPE: ClassVar[str] = "question.asked"
    KEY: ClassVar[tuple[str, ...]] = ("asker",)

    asker: Id
    text: str
    number: int = 0
    reply_at: AwareDatetime | None = None


class Counted(Event):
    """Something was counted: handled many at once."""

    TYPE: ClassVar[str] = "question.counted"
    KEY: ClassVar[tuple[str, ...]] = ("asker",)

    asker: Id
    text: str


class Answered(Event):
    """The clerk's answer."""

    TYPE: ClassVar[str] = "answer.given"
    KEY: ClassVar[tuple[str, ...]] = ("asker",)

    asker: Id
    text: str


class Clerk:
    """The app. `before` is awaited for each question before it is handled: a test may hinder the clerk there."""

    migrations = Path(__file__).parent / "tables"
    router = Router()

    def __init__(self) -> None:
        self.name = f"clerk_{uuid4().hex[:8]}"
        self.before: Callable[[Asked], Awaitable[None]] | None = None

    async def begin(self, tx: Transaction) -> None:
        """Nothing must be there first."""

    def api(self, runtime: Runtime) -> FastAPI:
        """Whoever knows the way may ask here too."""
        api = create_api("Clerk", "1", runtime.access, "")

        @api.post("/askers/{asker}/questions")
        async def ask(asker: str, request: Request, key: IdempotencyKey) -> bool:
            return await runtime.processor.submit(
                Asked(asker=asker, text="why?"), await cause_of(request, "tests/api", key)
            )

        return api

    def workers(self, _: Runtime) -> Sequence[Callable[[], Coroutine[Any, Any, None]]]:
        """None."""
        return ()

    @router.on(Asked)
    async def on_asked(self, asked: Asked, tx: Transaction) -> None:
        """Remember the question and answer it, now or on its day."""
        if self.before is not None:
            await self.before(asked)
        await tx.execute("INSERT INTO heard (text, number) VALUES ($1, $2)", asked.text, asked.number)
        answer = Answered(asker=asked.asker, text=asked.text)
        if asked.reply_at is None:
            tx.emit(answer)
        else:
            tx.emit_at(answer, asked.reply_at, f"reply/{asked.asker}")

    @router.on_batch(Counted)
    async def on_counted(self, messages: Sequence[Message[Counted]], tx: Transaction) -> None:
        """Remember a run of them at once."""
        texts = [message.event.text for message in messages]
        await tx.execute("INSERT INTO heard (text) SELECT unnest($1::text[])", texts)
        for message in messages:
            tx.emit(Answered(asker=message.event.asker, text=message.event.text), cause=message.cause)


def question(
    text: str,
    *,
    asker: str = "anna",
    event_id: str | None = None,
    source: str = "tests",
    event_type: str = "question.asked",
    number: int = 0,
    reply_at: datetime | None = None,
    **headers: str | None,
) -> Record:
    """The record of a question, in binary mode; its id is its text where none is given."""
    data = {"asker": asker, "text": text, "number": number}
    if reply_at is not None:
        data["reply_at"] = reply_at.isoformat()
    envelope = {
        "ce_specversion": "1.0",
        "ce_id": event_id or text,
        "ce_source": source,
        "ce_type": event_type,
    }
    return asker, to_json(data), {**envelope, **headers}
