"""A service as small as one can be, on the whole chassis: it remembers whose contract ended, and says so.

`python -m benchmarks.rig.ending` runs it as `dutiful run` runs the others.
"""

import asyncio
import signal
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import Any

import uvloop
from fastapi import FastAPI

from chassis.clock import SystemClock
from chassis.collecting import collect_seldom
from chassis.message import Message
from chassis.router import Router
from chassis.service import Runtime, Service
from chassis.settings import Settings
from chassis.transaction import Transaction
from contracts.contract import ContractTerminated
from contracts.deadline import DeadlineClientEnded


class Ending:
    """The app: one table, one event in, one event out."""

    name = "ending"
    migrations = Path(__file__).parent / "ending_tables"
    router = Router()

    @router.on_batch(ContractTerminated)
    async def on_terminated(self, messages: Sequence[Message[ContractTerminated]], tx: Transaction) -> None:
        """State by one statement for the batch, one event per event."""
        await tx.execute(
            "INSERT INTO ended SELECT * FROM unnest($1::text[], $2::date[]) ON CONFLICT DO NOTHING",
            [message.event.client_id for message in messages],
            [message.event.terminated_on for message in messages],
        )
        for message in messages:
            tx.emit(DeadlineClientEnded(client_id=message.event.client_id), cause=message.cause)

    async def begin(self, tx: Transaction) -> None:
        """Nothing must be there."""

    def api(self, runtime: Runtime) -> FastAPI:  # noqa: ARG002 - the protocol of every app
        """Nothing is asked but health and metrics."""
        return FastAPI()

    def workers(self, runtime: Runtime) -> Sequence[Callable[[], Coroutine[Any, Any, None]]]:  # noqa: ARG002 - as above
        """Nothing is done beside."""
        return ()


async def main() -> None:
    """Run until SIGTERM."""
    service = Service(Ending(), Settings(), SystemClock())
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    await service.start()
    await stop.wait()
    await service.stop()


if __name__ == "__main__":
    collect_seldom()
    uvloop.run(main())
