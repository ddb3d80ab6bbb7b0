"""The steps between which a process may die, by name; a service that is started with one kills itself there."""

import importlib
import inspect
import os
import signal
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Any, Final, cast


@dataclass(frozen=True)
class Step:
    """A function of production code, before or after which the process dies.

    `only` names the services that have it, `never` those that don't; `command` is the one that comes by: a service that
    runs, or what migrates its schema.
    """

    between: str
    where: str
    after: bool = False
    only: tuple[str, ...] = ()
    never: tuple[str, ...] = ()
    command: str = "run"


STEPS: Final = {
    "migrating": Step(
        "the statements of a migration and its commit", "asyncpg.transaction:Transaction.__aexit__", command="migrate"
    ),
    "migrated": Step("two migrations of a schema", "chassis.migrations:_apply_one", after=True, command="migrate"),
    "begun": Step("the first transaction and the first message", "chassis.consumer:Consumer.start"),
    "written": Step(
        "the last statement of a transaction and its commit", "chassis.transaction:Transaction.flush", after=True
    ),
    "committed": Step("the commit of the database and that of the offset", "chassis.consumer:OffsetConsumer.handled"),
    "fired": Step(
        "the agenda's move into the outbox and its publication",
        "chassis.agenda:move_due",
        after=True,
        never=("holder",),  # it dates nothing
    ),
    "handed": Step(
        "Kafka's having a batch and its word that it has", "aiokafka:AIOKafkaProducer.send_batch", after=True
    ),
    "acknowledged": Step("Kafka's acknowledgement and the deletion from the outbox", "chassis.relay:Relay._forget"),
    "claimed": Step(
        "the claim of what is due and its sending", "notifier.claims:claim", after=True, only=("notifier",)
    ),
    "answered": Step("the answer of the receiver and its record", "notifier.delivery:record", only=("notifier",)),
    "taken_on": Step("a holder's claim of an order and its work", "holder.store:claim", after=True, only=("holder",)),
    "intended": Step(
        "what is about to go being written down and its going",
        "holder.ledger:PartLedger.intend",
        after=True,
        only=("holder",),
    ),
    "gone": Step(
        "a batch gone from the platform's database and the next", "holder.batches:_delete", after=True, only=("holder",)
    ),
}


def of(service: str, command: str = "run") -> list[str]:
    """The steps that a service has."""
    mine = {name: step for name, step in STEPS.items() if step.command == command and service not in step.never}
    return [name for name, step in mine.items() if not step.only or service in step.only]


def plant(orders: Mapping[str, int], epitaph: Path) -> None:
    """Die at whichever of these steps is come by first, each at its nth time; `epitaph` then says which it was."""
    for name, nth in orders.items():
        _plant(name, nth, epitaph)


def _plant(name: str, nth: int, epitaph: Path) -> None:
    step, left = STEPS[name], nth

    def come_by() -> None:
        nonlocal left
        left -= 1
        if left == 0:
            epitaph.write_text(name)
            os.kill(os.getpid(), signal.SIGKILL)

    module, _, path = step.where.partition(":")
    *outer, last = path.split(".")
    holder: Any = importlib.import_module(module)
    for part in outer:
        holder = getattr(holder, part)
    setattr(holder, last, _passing(getattr(holder, last), come_by, after=step.after))


def _passing(function: Callable[..., Any], come_by: Callable[[], None], *, after: bool) -> Callable[..., Any]:
    if inspect.iscoroutinefunction(function):
        waited = cast("Callable[..., Awaitable[Any]]", function)

        @wraps(function)
        async def passed(*args: object, **kwargs: object) -> object:
            if not after:
                come_by()
            result = await waited(*args, **kwargs)
            if after:
                come_by()
            return result

        return passed

    @wraps(function)
    def passed_now(*args: object, **kwargs: object) -> object:
        if not after:
            come_by()
        result = function(*args, **kwargs)
        if after:
            come_by()
        return result

    return passed_now
