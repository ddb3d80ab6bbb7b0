"""A service in this process, on a real database, that a test speaks to; what the desks of all services share."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import count
from pathlib import Path
from typing import NamedTuple, TypeVar

import httpx
from pydantic_core import from_json

from agreement import default_path
from agreement.loading import load
from agreement.schema import Agreement
from chassis import agenda
from chassis.access import Access, mint
from chassis.clock import VirtualClock
from chassis.database import open_pool
from chassis.message import Cause
from chassis.metrics import Metrics
from chassis.processor import Processor
from chassis.relay import Relay
from chassis.rights import Role
from chassis.service import App, Runtime, prepare
from chassis.settings import Settings
from chassis.telemetry import Telemetry
from contracts.bus import EVENTS
from contracts.event import Event

STARTS_AT = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
"""Nine in the morning of a Tuesday."""
Json = dict[str, object]
E = TypeVar("E", bound=Event)


class Opened(NamedTuple):
    """A service whose schema is there and whose API answers; what it says stays in its outbox."""

    runtime: Runtime
    clock: VirtualClock
    http: httpx.AsyncClient


@asynccontextmanager
async def opened(app: App, settings: Settings) -> AsyncIterator[Opened]:
    """The service on the database of its settings, with their key for tokens."""
    await prepare(app, settings)
    clock, metrics, telemetry = VirtualClock(STARTS_AT), Metrics(app.name), Telemetry(app.name, None)
    pool = await open_pool(settings.database_url.get_secret_value(), app.name, settings.connections)
    relay = Relay(app.name, settings, clock, metrics, telemetry)
    processor = Processor(app.name, app, pool, clock, relay, metrics, telemetry)
    runtime = Runtime(settings, clock, pool, processor, metrics, telemetry, Access(issuer=None, key=settings.token_key))
    async with processor.transaction() as tx:
        await app.begin(tx)
    transport = httpx.ASGITransport(app.api(runtime))
    async with httpx.AsyncClient(transport=transport, base_url=f"http://{app.name}") as http:
        yield Opened(runtime, clock, http)
    await pool.close()


@cache
def shipped() -> Agreement:
    """The shipped agreement, read once."""
    return load(default_path())


@dataclass(kw_only=True)
class Speaker:
    """Speaks to a service: events as if from the bus, requests with anybody's token."""

    runtime: Runtime
    clock: VirtualClock
    key: Path
    http: httpx.AsyncClient
    numbers: "count[int]" = field(default_factory=count)

    async def submit(self, event: Event) -> Cause:
        """The service handles `event` as if it had come from the bus."""
        cause = Cause(source="tests", id=f"event-{next(self.numbers)}", flow_id="tests")
        await self.runtime.processor.submit(event, cause)
        return cause

    def headers(self, who: str) -> dict[str, str]:
        """A token: `operator`, `dpo`, `auditor`, or `<client>/<role>`, or `<client>` for its super administrator."""
        client_id, _, role = ("", "", who) if who in set(Role) else who.partition("/")
        token = mint(
            self.key,
            subject=f"{who}@example",
            role=Role(role or Role.SUPER_ADMINISTRATOR),
            client_id=client_id or None,
            ttl=timedelta(hours=1),
            now=datetime.now(UTC),
        )
        return {"Authorization": f"Bearer {token}"}

    async def get(self, who: str, path: str, **query: str | int) -> httpx.Response:
        """GET as somebody."""
        return await self.http.get(path, params=query or None, headers=self.headers(who))

    async def send(
        self, who: str, method: str, path: str, body: Mapping[str, object] | None = None, *, key: str | None = None
    ) -> httpx.Response:
        """Any request as somebody, under a fresh key or this one."""
        headers = self.headers(who) | {"Idempotency-Key": key or f"key-{next(self.numbers)}"}
        return await self.http.request(method, path, json=body, headers=headers)

    async def post(
        self, who: str, path: str, body: Mapping[str, object] | None = None, *, key: str | None = None
    ) -> httpx.Response:
        """POST as somebody, under a fresh key or this one."""
        return await self.send(who, "POST", path, body or {}, key=key)


@dataclass(kw_only=True)
class Hearer(Speaker):
    """Speaks to a service that hears what it says to itself, as it does from the bus, and keeps all of it."""

    app: App
    said: list[Event] = field(default_factory=list)

    async def hear(self, event: Event, event_id: str | None = None) -> Cause:
        """The service handles `event` as if it had come from the bus, and then what it says to itself."""
        cause = Cause(source="tests", id=event_id or f"event-{next(self.numbers)}", flow_id="tests")
        await self.runtime.processor.submit(event, cause)
        await self.settle()
        return cause

    async def settle(self) -> None:
        """Everything that is due is said, and what the service says to itself is heard."""
        while True:
            async with self.runtime.pool.acquire() as connection, connection.transaction():
                await agenda.move_due(connection, self.clock.now(), 1000)
                rows = await connection.fetch("DELETE FROM outbox RETURNING seq, headers, value")
            if not rows:
                return
            for row in sorted(rows, key=lambda row: row["seq"]):
                await self._take(from_json(row["headers"]), row["value"])

    async def _take(self, headers: dict[str, str], value: bytes) -> None:
        event = EVENTS[headers["ce_type"]].model_validate_json(value)
        self.said.append(event)
        if event.TYPE in self.runtime.processor.router.routes:
            await self.runtime.processor.submit(event, Cause(headers["ce_source"], headers["ce_id"], "tests"))

    def of(self, kind: type[E], /, **fields: object) -> list[E]:
        """What was said of a kind with these fields."""
        same = fields.items()
        found = [each for each in self.said if isinstance(each, kind)]
        return [each for each in found if same <= {name: getattr(each, name) for name in fields}.items()]

    async def pass_until(self, at: datetime) -> None:
        """Time passes, with everything that is due on the way at its time."""
        while True:
            async with self.runtime.pool.acquire() as connection:
                due_at = await agenda.next_due(connection)
            if due_at is None or due_at > at:
                break
            self.clock.jump_to(due_at)
            await self.settle()
        await self.leap_until(at)

    async def leap_until(self, at: datetime) -> None:
        """All at once, as if the service, its database or Kafka had been down meanwhile."""
        self.clock.jump_to(at)
        await self.settle()
