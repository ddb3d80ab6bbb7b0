"""One message, one transaction: state, inbox, outbox and agenda commit together or not at all."""

from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Mapping
from datetime import datetime
from functools import partial
from types import MappingProxyType
from typing import Any, Final

import asyncpg

from chassis import agenda, outbox
from chassis.agenda import Dated
from chassis.database import Connection
from chassis.message import Cause
from chassis.outbox import Outgoing
from contracts.cloudevents import binary_headers
from contracts.event import Event

_NOBODY: Final[Mapping[type[Event], Callable[[Any], None]]] = MappingProxyType({})

_FEW: Final = 8
"""Up to so many rows cost less as literals in the COMMIT's round trip than in one of their own."""


class Transaction:
    """An open transaction of one service, and what it will say when it commits.

    `cause` is what is being handled; emitted events take their ids, flow and trace from it. `new` are the inbox keys
    that it began with and nobody had handled. A handler reads the time from `now` and never commits. `heard_here` is
    told, after the commit, what was emitted; metrics count that way. What is in `before_commit` is done once, when all
    of a batch is handled.
    """

    def __init__(
        self,
        connection: Connection,
        service: str,
        now: datetime,
        cause: Cause,
        heard_here: Mapping[type[Event], Callable[[Any], None]] = _NOBODY,
    ) -> None:
        self.now = now
        self.cause = cause
        self.connection = connection
        self.new: Collection[bytes] = ()
        self._source = f"dutiful/{service}"
        self._said_at = now.isoformat()
        self._said: Counter[tuple[str, str, str, str]] = Counter()
        self.outgoing: list[Outgoing] = []
        self.dated: list[Dated] = []
        self.cancelled: list[str] = []
        self.before_commit: list[Callable[[], Awaitable[None]]] = []
        self.after_commit: list[Callable[[], None]] = []
        self._heard_here = heard_here

    async def fetch(self, query: str, *args: object) -> list[asyncpg.Record]:
        """All rows of a statement."""
        return await self.connection.fetch(query, *args)

    async def fetchrow(self, query: str, *args: object) -> asyncpg.Record | None:
        """The first row of a statement."""
        return await self.connection.fetchrow(query, *args)

    async def fetchval(self, query: str, *args: object) -> Any:  # noqa: ANN401 - asyncpg's own type
        """The first column of the first row."""
        return await self.connection.fetchval(query, *args)

    async def execute(self, query: str, *args: object) -> str:
        """Run a statement; return its status."""
        return await self.connection.execute(query, *args)

    def emit(self, event: Event, *, cause: Cause | None = None) -> str:
        """Say `event` when this transaction commits; return its id."""
        event_id, record = self._record(event, cause or self.cause, self._said_at)
        self.outgoing.append(record)
        hear = self._heard_here.get(type(event))
        if hear is not None:
            self.after_commit.append(partial(hear, event))
        return event_id

    def emit_at(self, event: Event, at: datetime, name: str, *, cause: Cause | None = None) -> None:
        """Say `event` at `at`; entering the same name again moves it, `cancel(name)` deletes it.

        What fires on a later day starts a trace of its own, linked to the one that scheduled it.
        """
        cause = cause or self.cause
        scheduling = cause._replace(traceparent=None, tracestate=None)
        _, record = self._record(event, scheduling, at.isoformat(), scheduled_by=cause.traceparent)
        self.dated.append(Dated(name, at, record))

    def cancel(self, name: str) -> None:
        """Delete a dated event, if it is still to come."""
        self.dated = [entry for entry in self.dated if entry.name != name]
        self.cancelled.append(name)

    def erase(self, event: Event) -> None:
        """Publish a tombstone for the key of `event` on its compacted topic."""
        self.outgoing.append(Outgoing(event.topic(), event.key, outbox.encode_headers({}), None))

    def relay(self, outgoing: Outgoing) -> None:
        """Publish a record as it is; dead letters go this way."""
        self.outgoing.append(outgoing)

    async def flush(self) -> str:
        """Write what was said beside the state, or return the statements that do, to go with the COMMIT.

        The chassis calls it just before that.
        """
        for finish in self.before_commit:
            await finish()
        if self.cancelled:
            await agenda.cancel(self.connection, self.cancelled)
        if len(self.dated) + len(self.outgoing) <= _FEW:
            spelt = [agenda.spelt(self.dated)] if self.dated else []
            spelt += [outbox.spelt(self.outgoing, self.now)] if self.outgoing else []
            return "; ".join([*spelt, ""])
        if self.dated and self.outgoing:
            await agenda.put_and_say(self.connection, self.dated, self.outgoing, self.now)
        elif self.dated:
            await agenda.put(self.connection, self.dated)
        elif self.outgoing:
            await outbox.insert(self.connection, self.outgoing, self.now)
        return ""

    def _record(self, event: Event, cause: Cause, time: str, scheduled_by: str | None = None) -> tuple[str, Outgoing]:
        """The id of an event and its record: the same id whenever the same cause is handled again."""
        event_type, key = event.TYPE, event.key
        what = (cause.source, cause.id, event_type, key)
        nth = self._said[what]
        self._said[what] = nth + 1
        event_id = cause.derive(f"{event_type}\0{key}\0{nth}")
        headers = binary_headers(
            event_id,
            self._source,
            event_type,
            cause.flow_id,
            subject=key,
            time=time,
            traceparent=cause.traceparent,
            tracestate=cause.tracestate,
            scheduled_by=scheduled_by,
            caused_by=f"{cause.source} {cause.id}" if cause.id else None,
        )
        return event_id, Outgoing(event.topic(), key, outbox.encode_headers(headers), outbox.encode(event))
