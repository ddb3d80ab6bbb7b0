"""Which handler hears which event: `@router.on(Event)` for one at a time, `@router.on_batch(Event)` for many.

Handlers are methods of a service's app, so that what they need (an agreement) is there without any global.
"""

from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from chassis.logs import about
from chassis.message import Message
from chassis.transaction import Transaction
from contracts.event import Event

E = TypeVar("E", bound=Event)
App = TypeVar("App")
One = Callable[[App, E, Transaction], Awaitable[None]]
Names = Callable[[E], Collection[str]]
Many = Callable[[App, Sequence[Message[E]], Transaction], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Route:
    """An event type and what handles it, always many at once; `model` reads and checks the data.

    `locks` names what no other transaction may decide about while an event of this type is handled.
    """

    model: type[Event]
    handle: Callable[[Any, Sequence[Message[Any]], Transaction], Awaitable[None]]
    locks: Callable[[Any], Collection[str]]


def _no_locks(_: Event) -> Collection[str]:
    return ()


@dataclass(slots=True)
class Router:
    """All that a service hears, in one table."""

    routes: dict[str, Route] = field(default_factory=dict)

    def on(self, event: type[E], *, locks: Names[E] = _no_locks) -> Callable[[One[App, E]], One[App, E]]:
        """Handle these events one after the other; `tx.cause` is the one being handled.

        `locks` says what to lock for an event (`locks.lock`), which the transaction then begins with.
        """

        def register(handler: One[App, E]) -> One[App, E]:
            async def handle(app: App, messages: Sequence[Message[E]], tx: Transaction) -> None:
                for message in messages:
                    tx.cause = message.cause
                    with about(message.cause):
                        await handler(app, message.event, tx)

            self._add(event, handle, locks)
            return handler

        return register

    def on_batch(self, event: type[E], *, locks: Names[E] = _no_locks) -> Callable[[Many[App, E]], Many[App, E]]:
        """Handle a run of these events at once, with set-based SQL; name the cause of each thing that is emitted.

        `locks` as for one at a time: the transaction begins with those of all its events.
        """

        def register(handler: Many[App, E]) -> Many[App, E]:
            self._add(event, handler, locks)
            return handler

        return register

    @property
    def topics(self) -> list[str]:
        """The topics to subscribe to, without prefix."""
        return sorted({route.model.topic() for route in self.routes.values()})

    def _add(self, event: type[E], handle: Many[Any, E], locks: Names[E]) -> None:
        if event.TYPE in self.routes:
            raise ValueError(f"{event.TYPE} has a handler already")
        self.routes[event.TYPE] = Route(event, handle, locks)
