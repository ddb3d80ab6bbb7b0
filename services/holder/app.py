"""What a holder hears: what to cease, to hand out, to delete and to look for again, and whom to assist (§8.3, §9)."""

import os
from collections.abc import Callable, Coroutine, Mapping, Sequence
from pathlib import Path
from typing import Any

from fastapi import FastAPI

from chassis.message import Cause
from chassis.router import Router
from chassis.service import Runtime
from chassis.transaction import Transaction
from contracts.cease import CeaseConfirmed, CeaseLifted, CeaseOrdered
from contracts.erasure import ErasureCheckOrdered, ErasureHalted, ErasureOrdered
from contracts.ordering import Purpose
from contracts.retention import RetentionFetchingMoved, RetentionReturnSettled
from contracts.returning import ReturnAcknowledged, ReturnOrdered
from contracts.task import TaskAcknowledged, TaskHalted, TaskOrdered
from holder import api, decisions, package_files, packages, store
from holder.jobs import Kind, Order, Step, kind_of, step
from holder.map_file import load
from holder.metrics import HolderMetrics
from holder.reaching import Reach
from holder.settings import HolderSettings
from holder.shelves import shelf_of
from holder.work import Worker


class Holder:
    """The app: its routes, its API, and the worker that reaches what the data map names."""

    name = "holder"
    migrations = Path(__file__).parent / "migrations"
    router = Router()

    def __init__(self, settings: HolderSettings, environment: Mapping[str, str] = os.environ) -> None:
        self.settings = settings
        self.reach = Reach(load(settings.data_map), settings.pace, environment)
        self.shelf = shelf_of(settings.packages, self.reach)
        self._metrics: HolderMetrics | None = None

    @property
    def holder_id(self) -> str:
        """Whose orders are carried out here."""
        return self.reach.data_map.holder_id

    async def begin(self, tx: Transaction) -> None:
        """The holder says who it is, whenever its map says something else than at the last start."""
        declared = decisions.declaration(self.reach.data_map)
        digest = decisions.digest_of(declared)
        nth = await store.declare(tx, digest)
        if nth is not None:
            tx.emit(declared, cause=Cause("dutiful/holder/map", f"{digest}/{nth}", digest))

    def api(self, runtime: Runtime) -> FastAPI:
        """The holder's HTTP API."""
        return api.build(self, runtime)

    def workers(self, runtime: Runtime) -> Sequence[Callable[[], Coroutine[Any, Any, None]]]:
        """Beside what it hears, the holder works."""
        metrics = self.metrics(runtime)
        return (Worker(self.settings, runtime, self.reach, self.shelf, metrics).run, metrics.run)

    def metrics(self, runtime: Runtime) -> HolderMetrics:
        """What is counted here; one for each runtime, as its names may be registered once."""
        if self._metrics is None:
            self._metrics = HolderMetrics(runtime)
        return self._metrics

    @router.on(CeaseOrdered)
    async def on_cease_ordered(self, order: CeaseOrdered, tx: Transaction) -> None:
        """TER-1: from now on what is processed for the client is reported."""
        if order.holder_id == self.holder_id:
            await store.cease(tx, order)
            ceased = CeaseConfirmed(
                client_id=order.client_id,
                holder_id=order.holder_id,
                order_id=order.order_id,
                ceased_at=tx.now,
                confirmed_by=self.settings.confirmed_by,
            )
            tx.emit(ceased)

    @router.on(CeaseLifted)
    async def on_cease_lifted(self, lifted: CeaseLifted, tx: Transaction) -> None:
        """The contract goes on."""
        if lifted.holder_id == self.holder_id:
            await store.resume(tx, lifted.client_id)

    @router.on(ErasureOrdered)
    async def on_erasure_ordered(self, order: ErasureOrdered, tx: Transaction) -> None:
        """TER-3, RET-1: what the order names goes; at the end of a contract, what was exported of it too."""
        await self._take_on(order, tx)
        if order.holder_id == self.holder_id and order.purpose is Purpose.TERMINATION:
            await packages.end(tx, [scope.client_id for scope in order.scopes], Kind.TASK)

    @router.on(ErasureHalted)
    async def on_erasure_halted(self, halted: ErasureHalted, tx: Transaction) -> None:
        """TER-4: a hold was placed while a deletion ran."""
        if halted.holder_id == self.holder_id:
            await store.halt(tx, halted.order_id, halted.client_ids, halted.reason)
            await store.wake(tx)

    @router.on(ErasureCheckOrdered)
    async def on_check_ordered(self, order: ErasureCheckOrdered, tx: Transaction) -> None:
        """TER-6: a second look."""
        await self._take_on(order, tx)

    @router.on(ReturnOrdered)
    async def on_return_ordered(self, order: ReturnOrdered, tx: Transaction) -> None:
        """TER-5: a package is made."""
        await self._take_on(order, tx)

    @router.on(ReturnAcknowledged)
    async def on_return_acknowledged(self, acknowledged: ReturnAcknowledged, tx: Transaction) -> None:
        """TER-5: the client has its data; the packages go."""
        await packages.acknowledge(tx, acknowledged.client_id, acknowledged.order_id, tx.now)
        await store.wake(tx)

    @router.on(RetentionFetchingMoved)
    async def on_fetching_moved(self, moved: RetentionFetchingMoved, tx: Transaction) -> None:
        """TER-5: one end of the time to fetch, whichever package was ready first."""
        await packages.move_end(tx, moved.order_ids, moved.available_until)

    @router.on(RetentionReturnSettled)
    async def on_return_settled(self, settled: RetentionReturnSettled, tx: Transaction) -> None:
        """TER-5: acknowledged elsewhere, given up, or the agreed time is over; the packages go before the data do.

        One that is not made yet isn't any more.
        """
        await store.drop_returns(tx, settled.client_id)
        await packages.end(tx, [settled.client_id], Kind.RETURN)
        await store.wake(tx)

    @router.on(TaskOrdered)
    async def on_task_ordered(self, order: TaskOrdered, tx: Transaction) -> None:
        """DSR-3: one person's data are found, handed out, corrected, marked or deleted for the client."""
        await self._take_on(order, tx)

    @router.on(TaskHalted)
    async def on_task_halted(self, halted: TaskHalted, tx: Transaction) -> None:
        """DSR-3: the task is over; what is not done stays undone, and what was made of it goes."""
        if halted.holder_id == self.holder_id:
            await store.halt(tx, halted.order_id, [halted.client_id], halted.reason)
            await packages.end_one(tx, halted.order_id)
            await store.wake(tx)

    @router.on(TaskAcknowledged)
    async def on_task_acknowledged(self, acknowledged: TaskAcknowledged, tx: Transaction) -> None:
        """DSR-3: the client has what was exported; the package goes."""
        if acknowledged.holder_id == self.holder_id:
            await packages.acknowledge(tx, acknowledged.client_id, acknowledged.order_id, tx.now)
            await store.wake(tx)

    async def _take_on(self, order: Order, tx: Transaction) -> None:
        if order.holder_id != self.holder_id:
            return
        job = await store.lock_job(tx, kind_of(order), order.order_id)
        match step(job, order):
            case Step.BEGIN | Step.BEGIN_AGAIN:
                await store.take_on(tx, order)
                if isinstance(order, ReturnOrdered | TaskOrdered):
                    await package_files.forget_files(tx, order.order_id)
                    await packages.begin_again(tx, order.order_id)
                await store.wake(tx)
            case Step.ANSWER_AGAIN:
                if job is not None and job.answered is not None:
                    tx.emit(job.answered)
            case Step.GO_ON:
                pass
