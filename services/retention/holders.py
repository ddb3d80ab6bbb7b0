"""Who holds clients' data, and what holders report of it (§8.3, Appendix B)."""

from collections.abc import Sequence

from chassis.errors import Rejected
from chassis.message import Message
from chassis.transaction import Transaction
from contracts.change import ChangeAnnounced, ChangeCorrected, ChangeKind, ChangeWithdrawn
from contracts.holder import HolderDeclared, HolderReported, HolderRestored, HolderRetired
from contracts.permission import PermissionSet, Standing
from retention import announced_store, course, flags, holder_store, restoring, termination_store
from retention.finding import Finder, refuse_unknown
from retention.processing import weigh_processing, weigh_report


async def on_holder_declared(finder: Finder, declared: HolderDeclared, tx: Transaction) -> None:
    """A system answers orders from now on; ends that run concern it too."""
    known = {each.code for agreement in finder.book.versions.values() for each in agreement.data_categories}
    refuse_unknown(known, declared.categories, "categories")
    await holder_store.declare(tx, declared)
    for client_id in await termination_store.load_running(tx):
        for termination, agreement in await finder.open(client_id, tx):
            if termination.is_running:
                await course.admit_holder(agreement, termination, declared.holder_id, tx)


async def on_holder_retired(_: Finder, retired: HolderRetired, tx: Transaction) -> None:
    """A system holds nothing any more."""
    if not await holder_store.retire(tx, retired.holder_id):
        raise Rejected(f"holder {retired.holder_id!r} was never declared", "holder_id")


async def on_holder_restored(finder: Finder, restored: HolderRestored, tx: Transaction) -> None:
    """A backup brought back what was erased since it was taken: it is ordered away again."""
    await restoring.order_again(finder.book, restored, tx)


async def on_holder_reported(finder: Finder, reported: HolderReported, tx: Transaction) -> None:
    """Data of a category that is never stored, or processing after the end: it is flagged (TER-1, RET-1)."""
    client = await finder.client(reported.client_id, tx)
    current = await termination_store.load_current(tx, reported.client_id)
    flagged = weigh_report(finder.book[client.signed], current[0] if current else None, reported)
    if flagged is not None:
        await flags.raise_flag(tx, flagged)


async def on_change_announced(_: Finder, announced: ChangeAnnounced, tx: Transaction) -> None:
    """A sub-processor, and the categories that it will process."""
    facts = announced.facts
    await holder_store.note_subprocessor(tx, announced.subprocessor_id, facts.name, facts.data_categories)
    if announced.kind is ChangeKind.ADDITION:
        await announced_store.note(tx, announced)


async def on_change_withdrawn(_: Finder, withdrawn: ChangeWithdrawn, tx: Transaction) -> None:
    """A planned sub-processor doesn't come after all, or not on that day."""
    await announced_store.forget(tx, withdrawn.change_id)


async def on_change_corrected(_: Finder, corrected: ChangeCorrected, tx: Transaction) -> None:
    """The list says something else of a sub-processor."""
    facts = corrected.facts
    await holder_store.note_subprocessor(tx, corrected.subprocessor_id, facts.name, facts.data_categories)


async def on_permissions_set(finder: Finder, said: Sequence[Message[PermissionSet]], tx: Transaction) -> None:
    """Who was ever permitted may hold data; a permission after the end is flagged (TER-1, SUB-7)."""
    permitted = [each for each in said if each.event.standing is Standing.PERMITTED]
    client_ids = [each.event.client_id for each in permitted]
    await holder_store.note_permitted(tx, client_ids, [each.event.subprocessor_id for each in permitted])
    ended = await termination_store.load_ended(tx, client_ids)
    for each in permitted:
        termination = ended.get(each.event.client_id)
        flagged = weigh_processing(finder.book.latest, termination, each.event, tx.now) if termination else None
        if flagged is not None:
            tx.cause = each.cause
            await flags.raise_flag(tx, flagged)
