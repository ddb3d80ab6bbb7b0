"""A holder that a test speaks to: by events as if from the bus, and through its API; what it says is in its outbox."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import httpx
from pydantic_core import from_json
from tests.chassis.eventually import eventually

from chassis.access import mint
from chassis.clock import VirtualClock
from chassis.message import Cause
from chassis.rights import Role
from chassis.service import Runtime
from contracts.dsar import Act
from contracts.erasure import ErasureCheckOrdered, ErasureOrdered
from contracts.event import Event
from contracts.ordering import Counted, Purpose, Scope
from contracts.returning import ReturnOrdered
from contracts.task import TaskOrdered, TaskScope
from holder.app import Holder

STARTS_AT = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
DUE_AT = STARTS_AT + timedelta(days=7)
Json = dict[str, object]


def erasure(order_id: str, category: str, *clients: str | Scope, reminder: int = 0) -> ErasureOrdered:
    """An order to delete these clients' data of a category."""
    return ErasureOrdered(
        order_id=order_id,
        holder_id="platform",
        category=category,
        scopes=tuple(Scope(client_id=each) if isinstance(each, str) else each for each in clients),
        counted=Counted.CREATED,
        purpose=Purpose.TERMINATION,
        due_at=DUE_AT,
        clause="8.3",
        reminder=reminder,
    )


def check(order_id: str, category: str, *clients: str) -> ErasureCheckOrdered:
    """An order to look again."""
    return ErasureCheckOrdered(
        order_id=order_id,
        holder_id="platform",
        category=category,
        scopes=tuple(Scope(client_id=each) for each in clients),
        due_at=DUE_AT,
        clause="8.3",
    )


@dataclass
class Desk:
    """A holder that hears what a test says, and answers whoever has a token."""

    app: Holder
    runtime: Runtime
    clock: VirtualClock
    key: Path
    http: httpx.AsyncClient
    numbers: "count[int]" = field(default_factory=count)

    async def hear(self, event: Event) -> None:
        """The holder handles `event` as if it had come from the bus."""
        cause = Cause(source="tests", id=f"event-{next(self.numbers)}", flow_id="tests")
        await self.runtime.processor.submit(event, cause)

    @asynccontextmanager
    async def working(self) -> AsyncIterator[None]:
        """What was ordered is carried out meanwhile."""
        run, *_ = self.app.workers(self.runtime)
        task = asyncio.ensure_future(run())
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def said(self, event_type: type[Event]) -> list[Json]:
        """The events of a type that wait to be published, oldest first."""
        rows = await self.runtime.pool.fetch("SELECT headers, value FROM outbox ORDER BY seq")
        return [from_json(row["value"]) for row in rows if from_json(row["headers"])["ce_type"] == event_type.TYPE]

    async def until_stored(self, count: int) -> None:
        """Wait until a look found so many records of what is never stored."""

        async def found() -> bool:
            total: int = await self.runtime.pool.fetchval("SELECT coalesce(sum(count), 0)::bigint FROM stored")
            return total == count

        await eventually(found)

    async def until(self, event_type: type[Event], number: int = 1) -> Json:
        """Wait until so many of a type were said; the last of them."""

        async def enough() -> bool:
            return len(await self.said(event_type)) >= number

        await eventually(enough)
        return (await self.said(event_type))[number - 1]

    async def carry_out(self, order: Event, answer: type[Event]) -> Json:
        """Hear an order, work until it is answered, and return the answer."""
        before = len(await self.said(answer))
        await self.hear(order)
        async with self.working():
            return await self.until(answer, before + 1)

    def headers(self, who: str) -> dict[str, str]:
        """A token: a role of staff, or `<client>/<role>`, or `<client>` for its super administrator."""
        client_id, _, role = ("", "", who) if who in set(Role) else who.partition("/")
        token = mint(
            self.key,
            subject=f"{who}@example",
            role=Role(role or Role.SUPER_ADMINISTRATOR),
            client_id=client_id or None,
            ttl=timedelta(hours=1),
            now=datetime.now(UTC),
        )
        return {"Authorization": f"Bearer {token}", "Idempotency-Key": f"key-{next(self.numbers)}"}

    async def get(self, who: str, path: str) -> httpx.Response:
        """GET as somebody."""
        return await self.http.get(path, headers=self.headers(who))

    async def post(self, who: str, path: str) -> httpx.Response:
        """POST as somebody."""
        return await self.http.post(path, headers=self.headers(who))


def returning(order_id: str, client_id: str, *categories: str) -> ReturnOrdered:
    """An order to make a package."""
    return ReturnOrdered(
        client_id=client_id,
        order_id=order_id,
        holder_id="platform",
        categories=categories,
        due_at=DUE_AT,
        available_until=STARTS_AT + timedelta(days=30),
        clause="8.3",
    )


def task(order_id: str, act: Act, client_id: str, *scopes: str | TaskScope, reminder: int = 0) -> TaskOrdered:
    """An order to do something for one person."""
    return TaskOrdered(
        order_id=order_id,
        holder_id="platform",
        client_id=client_id,
        act=act,
        instruction_id="instruction-1",
        scopes=tuple(TaskScope(category=each) if isinstance(each, str) else each for each in scopes),
        due_at=DUE_AT,
        available_until=STARTS_AT + timedelta(days=30) if act is Act.EXPORT else None,
        clause="9",
        reminder=reminder,
    )
