"""§8.3: how the plan goes on: made anew, ordered, looked at, ordered again: each step, with what follows."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from agreement import deadlines
from agreement.schema import Agreement
from chassis.transaction import Transaction
from contracts.erasure import ErasureChecked
from contracts.hold import HoldPlaced
from contracts.ordering import Purpose
from contracts.retention import MissedWhy, OrderKind, RetentionPlanned, RetentionReopened
from contracts.schedule import ScheduleCertificateDue, ScheduleDeletionDue
from retention import hold_store, holder_store, missed_store, order_store, orders, task_store, termination_store
from retention.dates import certificate_name, deletion_name
from retention.planning import NotReturned, Plan, plan
from retention.terminations import Missed, Order, Stage, State, Taken, Termination


async def replan(agreement: Agreement, termination: Termination, tx: Transaction) -> Plan:
    """The plan as things stand: kept, said, and on the agenda for the day on which the next line is due."""
    keepers = await holder_store.load_keepers(tx, termination.client_id)
    holds = (await hold_store.load_holds(tx, [termination.client_id])).get(termination.client_id, [])
    missed = await missed_store.load(tx.connection, termination.termination_id)
    ending = replace(
        termination.ending(agreement), not_returned=tuple(_not_returned(agreement, each) for each in missed)
    )
    planned = plan(agreement, ending, keepers, holds)
    await task_store.save_plan(tx, termination.termination_id, planned)
    tx.emit(
        RetentionPlanned(
            client_id=termination.client_id,
            terminated_on=termination.terminated_on,
            choice=termination.choice,
            entries=planned.entries,
            without_holder=planned.without_holder,
        )
    )
    return planned


async def settle(agreement: Agreement, termination: Termination, why: str, tx: Transaction) -> None:
    """From today on deletion may begin."""
    today = _today(agreement, tx)
    await termination_store.settle(tx, termination.termination_id, today, why)
    settled = replace(termination, stage=Stage.DELETING, settled_on=today)
    await replan(agreement, settled, tx)
    await advance(agreement, settled, tx)


async def advance(
    agreement: Agreement, termination: Termination, tx: Transaction, purpose: Purpose = Purpose.TERMINATION
) -> None:
    """TER-3, TER-4: what may be deleted today is ordered; the next day is on the agenda; what is done, certified."""
    if termination.stage is not Stage.DELETING:
        return
    today = _today(agreement, tx)
    tasks = await task_store.load_tasks(tx, termination.termination_id)
    due = [
        task
        for task in tasks
        if task.state in (State.WAITING, State.HALTED) and task.delete_on is not None and task.delete_on <= today
    ]
    order_ids = await orders.erase(agreement, termination, due, tx, purpose)
    await task_store.set_ordered(tx, termination.termination_id, due, order_ids)
    coming = [
        task.delete_on
        for task in tasks
        if task.state in (State.WAITING, State.HALTED) and task.delete_on is not None and task.delete_on > today
    ]
    if coming:
        at = deadlines.start_of_day(agreement, min(coming))
        tx.emit_at(ScheduleDeletionDue(client_id=termination.client_id), at, deletion_name(termination))
    if not due:
        tx.emit_at(ScheduleCertificateDue(client_id=termination.client_id), tx.now, certificate_name(termination))


async def after_look(
    agreement: Agreement, termination: Termination, order: Order, checked: ErasureChecked, tx: Transaction
) -> None:
    """TER-6: nothing is left: the line is done; something is: its deletion is ordered again."""
    if not checked.remaining:
        await task_store.set_checked(tx, order.order_id, checked.checked_at)
        await advance(agreement, termination, tx)
        return
    tx.emit(
        RetentionReopened(
            order_id=order.order_id,
            client_id=termination.client_id,
            holder_id=order.holder_id,
            category=order.category or "",
            remaining=checked.remaining,
        )
    )
    await order_again(agreement, termination, [order.order_id], Purpose.TERMINATION, tx)


async def order_again(
    agreement: Agreement, termination: Termination, order_ids: Sequence[str], purpose: Purpose, tx: Transaction
) -> None:
    """What is there still, or again, is ordered away, unless a hold has come that keeps it."""
    await task_store.reopen(tx, order_ids)
    again = replace(termination, stage=Stage.DELETING)
    await termination_store.set_stage(tx, termination.termination_id, Stage.DELETING)
    await replan(agreement, again, tx)
    await advance(agreement, again, tx, purpose)


async def apply_hold(placed: HoldPlaced, tx: Transaction) -> tuple[str, ...]:
    """TER-4: a hold stops what runs; returns what it came too late for, category/holder."""
    wanted = list(placed.categories) or None
    running = await order_store.load_open(tx, placed.client_id, [OrderKind.ERASURE], wanted)
    reason = f"{placed.legal_basis}: {placed.reason}"
    for order_id in await orders.halt(running, placed.client_id, reason, tx):
        await task_store.set_state(tx, order_id, State.HALTED)
    gone = await task_store.load_gone(tx, placed.client_id)
    return tuple(f"{category}/{holder_id}" for category, holder_id in gone if wanted is None or category in wanted)


def taken(tasks: Sequence[task_store.Task]) -> Taken:
    """What can't be counted on any more."""
    return Taken(
        gone=tuple(task.name for task in tasks if task.state in (State.CONFIRMED, State.DONE)),
        ordered=tuple(task.name for task in tasks if task.state in (State.ORDERED, State.HALTED)),
    )


def _not_returned(agreement: Agreement, missed: Missed) -> NotReturned:
    on = deadlines.local_date(agreement, missed.said_at)
    declared = missed.why is MissedWhy.UNREACHABLE
    return NotReturned(missed.holder_id, on, missed.said_by, (missed.reason or "") if declared else None)


def _today(agreement: Agreement, tx: Transaction) -> date:
    return deadlines.local_date(agreement, tx.now)
