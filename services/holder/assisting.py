"""Carries out tasks about one person: finds, hands out, corrects, marks, deletes, source by source (§9)."""

from collections.abc import Callable

from chassis.clock import Clock
from chassis.database import Pool
from contracts.dsar import Act
from contracts.task import TaskConfirmed, TaskOrdered, TaskPackage, TaskSubject
from holder import package_files, store, tasks
from holder.jobs import Job
from holder.ledger import Halted, Part, PartLedger, open_intents
from holder.packaging import Packager
from holder.reaching import Reach
from holder.subjects import Subjects
from holder.tasks import Carried, Plan


class Assistant:
    """Does for one person what an order names, exactly counted, as often as it is interrupted."""

    def __init__(
        self,
        pool: Pool,
        reach: Reach,
        clock: Clock,
        packager: Packager,
        subjects: Subjects,
        url_of: Callable[[str], str],
        confirmed_by: str,
    ) -> None:
        self._pool = pool
        self._reach = reach
        self._clock = clock
        self._packager = packager
        self._subjects = subjects
        self._url_of = url_of
        self._confirmed_by = confirmed_by

    async def carry_out(self, job: Job, order: TaskOrdered) -> tuple[TaskConfirmed, int | None]:
        """Do it, and say what was done; the size of the package, if one was made."""
        if await store.halted(self._pool, order.order_id):
            return await self._stop(job, order), None
        subject = await self._subjects.read(order)
        plan = tasks.plan(self._reach.data_map, order, subject)
        match order.act:
            case Act.FIND:
                return await self._confirm(job, order, plan, await self._count(plan)), None
            case Act.EXPORT:
                return await self._export(job, order, plan)
            case Act.RECTIFY | Act.RESTRICT | Act.RELEASE | Act.ERASE:
                await self._change(job, order, subject, plan)
                return await self._confirm(job, order, plan, await self._counted(order)), None

    async def _count(self, plan: Plan) -> dict[str, int]:
        touched: dict[str, int] = {}
        for category, _, source in plan.places:
            async with self._reach.open(category, source) as executor:
                found = await executor.count(plan.scopes[category])
            touched[category] = touched.get(category, 0) + found.count
        return touched

    async def _export(self, job: Job, order: TaskOrdered, plan: Plan) -> tuple[TaskConfirmed, int]:
        parcel = tasks.parcel(order, plan)
        made = await self._packager.make(job, parcel)
        contents = await package_files.contents(self._pool, order.order_id, parcel.categories)
        package = TaskPackage(
            manifest_sha256=made.manifest_sha256,
            package_sha256=made.package_sha256,
            bytes=made.bytes,
            encryption=order.recipient.encryption if order.recipient else None,
            url=self._url_of(order.order_id),
            expires_at=parcel.available_until,
        )
        touched = {each.category: each.records for each in contents}
        return await self._confirm(job, order, plan, touched, package), made.bytes

    async def _change(self, job: Job, order: TaskOrdered, subject: TaskSubject, plan: Plan) -> None:
        change = tasks.change_of(order, subject)
        intents = await open_intents(self._pool, order.order_id)
        for category, _, source in plan.places:
            part = Part(order.client_id, source.label, intents.pop((order.client_id, source.label), None))
            ledger = PartLedger(self._pool, job, part)
            async with self._reach.open(category, source) as executor:
                try:
                    if change is None:
                        await executor.erase(plan.scopes[category], ledger)
                    else:
                        await executor.change(plan.scopes[category], change, ledger)
                except Halted:
                    await executor.resolve(ledger)
                    return

    async def _stop(self, job: Job, order: TaskOrdered) -> TaskConfirmed:
        """The task is over: what a killed run left open is found out, and nothing more is done."""
        intents = await open_intents(self._pool, order.order_id)
        for category, _, source in self._reach.data_map.sources():
            intent = intents.pop((order.client_id, source.label), None)
            if intent is not None:
                ledger = PartLedger(self._pool, job, Part(order.client_id, source.label, intent))
                async with self._reach.open(category, source) as executor:
                    await executor.resolve(ledger)
        return await self._confirm(job, order, Plan((), {}, ()), await self._counted(order))

    async def _counted(self, order: TaskOrdered) -> dict[str, int]:
        return tasks.by_category(self._reach.data_map, order, await store.counted(self._pool, order.order_id))

    async def _confirm(
        self, job: Job, order: TaskOrdered, plan: Plan, touched: dict[str, int], package: TaskPackage | None = None
    ) -> TaskConfirmed:
        now = self._clock.now()
        done = Carried(
            started_at=job.started_at or now,
            finished_at=now,
            touched=touched,
            halted=bool(await store.halted(self._pool, order.order_id)),
            package=package,
        )
        return tasks.confirmation(order, self._reach.data_map, plan, done, self._confirmed_by)
