"""Carries out orders to delete, and second looks: source by source, client by client."""

from collections.abc import Sequence

from chassis.clock import Clock
from chassis.database import Pool
from contracts.erasure import ErasureChecked, ErasureCheckOrdered, ErasureConfirmed, ErasureOrdered
from contracts.ordering import Counted
from contracts.ordering import Scope as OrderedScope
from holder import decisions, package_files, store
from holder.data_map import Scope, Source
from holder.decisions import Done
from holder.executors import Executor
from holder.jobs import Job
from holder.ledger import Halted, Part, PartLedger, open_intents
from holder.reaching import Reach


class Eraser:
    """Deletes what an order names, exactly counted, as often as it is interrupted."""

    def __init__(self, pool: Pool, reach: Reach, clock: Clock, confirmed_by: str) -> None:
        self._pool = pool
        self._reach = reach
        self._clock = clock
        self._confirmed_by = confirmed_by

    async def erase(self, job: Job, order: ErasureOrdered) -> ErasureConfirmed:
        """Delete, and say what was done."""
        for source in decisions.sources_of(self._reach.data_map, order.category):
            async with self._reach.open(order.category, source) as executor:
                await self._erase_source(job, order, source, executor)
        now = self._clock.now()
        halted = await store.halted(self._pool, order.order_id)
        done = Done(
            started_at=job.started_at or now,
            finished_at=now,
            counted=await store.counted(self._pool, order.order_id),
            halted=bool(halted & {scope.client_id for scope in order.scopes}),
        )
        return decisions.confirmation(order, self._reach.data_map, done, self._confirmed_by)

    async def check(self, order: ErasureCheckOrdered) -> ErasureChecked:
        """Count what is left, in the sources and in packages that were made of them."""
        remaining = 0
        for source in decisions.sources_of(self._reach.data_map, order.category):
            async with self._reach.open(order.category, source) as executor:
                for scope in _scopes(order.scopes, order.counted):
                    remaining += (await executor.count(scope)).count
        wholly = [scope.client_id for scope in order.scopes if scope.cutoff_at is None]
        remaining += await package_files.records_kept(self._pool, wholly, order.category)
        return ErasureChecked(
            order_id=order.order_id,
            holder_id=order.holder_id,
            checked_at=self._clock.now(),
            remaining=remaining,
            checked_by=self._confirmed_by,
        )

    async def _erase_source(self, job: Job, order: ErasureOrdered, source: Source, executor: Executor) -> None:
        intents = await open_intents(self._pool, order.order_id)
        halted = await store.halted(self._pool, order.order_id)
        scopes = _scopes(order.scopes, order.counted)
        there = set(await executor.having(scopes)) if len(scopes) > 1 else set(scopes)
        for scope in scopes:
            if scope not in there and (scope.client_id, source.label) not in intents:
                continue
            intent = intents.pop((scope.client_id, source.label), None)
            ledger = PartLedger(self._pool, job, Part(scope.client_id, source.label, intent))
            if scope.client_id in halted:
                await executor.resolve(ledger)
                continue
            try:
                await executor.erase(scope, ledger)
            except Halted:
                await executor.resolve(ledger)


def _scopes(scopes: Sequence[OrderedScope], counted: Counted) -> list[Scope]:
    return [Scope(scope.client_id, scope.cutoff_at, counted=counted) for scope in scopes]
