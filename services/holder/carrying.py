"""Carries one order out, and records what came of it, with its answer."""

from functools import partial

from chassis.service import Runtime
from contracts.erasure import ErasureCheckOrdered, ErasureOrdered
from contracts.returning import ReturnConfirmed, ReturnOrdered
from holder import decisions, package_files, packages, store
from holder.erasing import Eraser
from holder.executors import ExecutorFailed
from holder.jobs import Answer, Job
from holder.links import link
from holder.metrics import HolderMetrics
from holder.packaging import Packager
from holder.reaching import Reach
from holder.settings import HolderSettings
from holder.shelves import Shelf


class Carrier:
    """Deletes, looks again and makes packages; raises Superseded where another process has the order now."""

    def __init__(
        self, settings: HolderSettings, runtime: Runtime, reach: Reach, shelf: Shelf, metrics: HolderMetrics
    ) -> None:
        self._settings = settings
        self._runtime = runtime
        self._metrics = metrics
        self._eraser = Eraser(runtime.pool, reach, runtime.clock, settings.confirmed_by)
        self._packager = Packager(runtime.pool, reach, shelf, settings.spool)

    async def carry_out(self, job: Job) -> None:
        """Do what the order says, and answer it."""
        await self._record(job, *await self._do(job))

    async def _do(self, job: Job) -> tuple[Answer, int | None]:
        """What came of it, and the size of the package that was made."""
        order = job.order
        try:
            match order:
                case ErasureOrdered():
                    return await self._eraser.erase(job, order), None
                case ErasureCheckOrdered():
                    return await self._eraser.check(order), None
                case ReturnOrdered():
                    return await self._package(job, order)
        except ExecutorFailed as error:
            return decisions.failure(order, str(error), self._runtime.clock.now()), None

    async def _package(self, job: Job, order: ReturnOrdered) -> tuple[Answer, int | None]:
        made = await self._packager.make(job, order)
        now = self._runtime.clock.now()
        confirmed = ReturnConfirmed(
            client_id=order.client_id,
            order_id=order.order_id,
            holder_id=order.holder_id,
            contents=await package_files.contents(self._runtime.pool, order.order_id, order.categories),
            manifest_sha256=made.manifest_sha256,
            package_sha256=made.package_sha256,
            encryption=order.recipient.encryption if order.recipient else None,
            url=self._link(order),
            expires_at=order.available_until,
            started_at=job.started_at or now,
            finished_at=now,
            confirmed_by=self._settings.confirmed_by,
        )
        return confirmed, made.bytes

    def _link(self, order: ReturnOrdered) -> str:
        settings = self._settings
        url = settings.public_url or f"http://{settings.host}:{settings.port}"
        return link(url, settings.link_key.get_secret_value().encode(), order.order_id)

    async def _record(self, job: Job, answer: Answer, size: int | None) -> None:
        failed = "failed_at" in type(answer).model_fields
        async with self._runtime.processor.transaction(job.cause) as tx:
            said = answer.model_dump_json(exclude_none=True)
            if await store.close(tx, job, "failed" if failed else "done", said):
                tx.emit(answer)
                tx.after_commit.append(partial(self._metrics.answered, job.kind, answer))
                if size is not None:
                    await packages.ready(tx, job.order_id, size)
