"""Lets a Hypothesis state machine drive a service that lives in this test's event loop."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, ClassVar, TypeVar

from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test
from tests.requests.desk import Desk

T = TypeVar("T")


class Driven(RuleBasedStateMachine):
    """A machine whose rules speak to a desk; each run has ids of its own, on the same database."""

    desk: ClassVar[Desk]
    loop: ClassVar[asyncio.AbstractEventLoop]
    runs: ClassVar[int] = 0

    def __init__(self) -> None:
        super().__init__()
        type(self).runs += 1
        self.run_id = f"r{type(self).runs}"
        self.desk.said.clear()

    def do(self, what: Coroutine[Any, Any, T]) -> T:
        """Have it done in the desk's loop, and wait for it."""
        return asyncio.run_coroutine_threadsafe(what, self.loop).result(timeout=60)


async def drive(machine: type[Driven], desk: Desk, *, examples: int, steps: int) -> None:
    """Run the machine in a thread, against the desk in this loop."""
    machine.desk, machine.loop = desk, asyncio.get_running_loop()
    bounds = settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    run: Callable[[], None] = lambda: run_state_machine_as_test(machine, settings=bounds)  # noqa: E731
    await asyncio.to_thread(run)
