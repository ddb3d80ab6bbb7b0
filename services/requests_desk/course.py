"""The help that was begun, act by act: what holders are ordered, until it is done or halted (DSR-3)."""

from datetime import datetime

from agreement import deadlines
from agreement.periods import Period
from agreement.schema import Agreement
from chassis.transaction import Transaction
from contracts.dsar import Act
from contracts.request import AssistanceStanding, RequestAssistanceMoved, RequestTaskOverdue
from contracts.task import TaskHalted, TaskOrdered, TaskScope
from contracts.term import TermTaskDue
from requests_desk import alerts, finding, instruction_store, journal, keeper_store, notices, task_store, tasks
from requests_desk.bound import Bound
from requests_desk.interlock import why_not
from requests_desk.records import Request
from requests_desk.task_store import Task, Work
from requests_desk.tasks import Course, State


async def advance(app: Bound, request: Request, assistance_id: str, tx: Transaction) -> None:
    """§9: the next act is ordered once the one before it is confirmed, while the instruction still stands.

    Help with a request that names nobody as systems know her is for people: no holder is asked.
    """
    agreement = await finding.agreement_of(app, request.client_id, tx)
    while (work := await task_store.load_work(tx, assistance_id)) is not None:
        if work.standing is not AssistanceStanding.STARTED or not await task_store.has_subject(tx, assistance_id):
            return
        states = [task.state for task in await task_store.load_of(tx, assistance_id)]
        match tasks.next_step(work.acts, work.begun, states):
            case Course.WAIT:
                return
            case Course.FINISH:
                await _finish(agreement, work, tx)
                return
            case act:
                instruction = await instruction_store.lock_instruction(tx, work.instruction_id)
                reason = why_not(request, instruction, work.instruction_id, tx.now)
                if reason is not None:
                    await halt(work, reason, tx)
                    return
                await _order(agreement, work, act, tx)


async def halt(work: Work, reason: str, tx: Transaction) -> None:
    """Nothing rests on the instruction any more, or what it is about is erased: holders stop, and forget whom."""
    for task in await task_store.load_of(tx, work.assistance_id):
        if task.state in {State.OPEN, State.FAILED}:
            said = task.said
            halted = TaskHalted(
                order_id=task.order_id, holder_id=said.holder_id, client_id=said.client_id, reason=reason
            )
            tx.emit(halted)
            tx.cancel(_reminder(task.order_id))
            await task_store.halt(tx, task.order_id)
    await _end(work, AssistanceStanding.HALTED, reason, tx)


async def remind(app: Bound, request: Request, task: Task, nth: int, tx: Transaction) -> None:
    """The order is said again; from a certain reminder on people must act, and in the end it is reminded of no more."""
    agreement = await finding.agreement_of(app, request.client_id, tx)
    figures = agreement.termination
    again = task.said.model_copy(update={"reminder": nth})
    if again.available_until is not None:
        until = _available_until(agreement, agreement.periods.order_reminder, tx)
        again = again.model_copy(update={"available_until": until})
    escalated = nth >= figures.escalate_at_reminder
    await task_store.note_reminder(tx, again, escalated=escalated)
    tx.emit(again)
    overdue = RequestTaskOverdue(
        request_id=task.request_id,
        order_id=task.order_id,
        holder_id=again.holder_id,
        act=again.act,
        due_at=again.due_at,
        reminders=nth,
        escalated=escalated,
    )
    await journal.say(tx, task.request_id, overdue)
    if escalated:
        alerts.unanswered(agreement, task, nth, tx)
    if nth < figures.reminders_at_most:
        due = TermTaskDue(request_id=task.request_id, order_id=task.order_id, nth=nth + 1)
        at = _due(agreement, agreement.periods.order_reminder, tx)
        tx.emit_at(due, at, _reminder(task.order_id))


def settle(order_id: str, tx: Transaction) -> None:
    """There is an answer: nobody is reminded of it."""
    tx.cancel(_reminder(order_id))


async def _order(agreement: Agreement, work: Work, act: Act, tx: Transaction) -> None:
    wanted = tasks.orders(
        agreement,
        act,
        await task_store.load_categories(tx, work.instruction_id),
        await keeper_store.load_keepers(tx, work.client_id),
        await keeper_store.load_holds(tx, work.client_id),
        deadlines.local_date(agreement, tx.now),
    )
    for holder_id, scopes in wanted.orders:
        order = _task(agreement, work, act, holder_id, scopes, tx)
        await task_store.insert(tx, work, order)
        tx.emit(order)
        due = TermTaskDue(request_id=work.request_id, order_id=order.order_id, nth=1)
        tx.emit_at(due, order.due_at, _reminder(order.order_id))
    await task_store.note_begun(tx, work.assistance_id, act, wanted.gaps)


def _task(
    agreement: Agreement, work: Work, act: Act, holder_id: str, scopes: tuple[TaskScope, ...], tx: Transaction
) -> TaskOrdered:
    looks = act in {Act.FIND, Act.EXPORT}
    period = agreement.periods.return_answer if looks else agreement.periods.erasure_answer
    export = act is Act.EXPORT
    return TaskOrdered(
        order_id=tx.cause.derive(f"task/{work.assistance_id}/{act}/{holder_id}"),
        holder_id=holder_id,
        client_id=work.client_id,
        act=act,
        instruction_id=work.instruction_id,
        scopes=scopes,
        due_at=_due(agreement, period, tx),
        recipient=work.recipient if export else None,
        available_until=_available_until(agreement, period, tx) if export else None,
        clause=agreement.requests.clause,
    )


async def _finish(agreement: Agreement, work: Work, tx: Transaction) -> None:
    """§9: the client reads what was done, and fetches what was exported; who it was is not needed any more."""
    await _end(work, AssistanceStanding.DONE, None, tx)
    notices.tell_of_help(agreement, work.client_id, work.request_id, work.assistance_id, tx)


async def _end(work: Work, standing: AssistanceStanding, reason: str | None, tx: Transaction) -> None:
    await task_store.end(tx, work.assistance_id, standing, reason)
    await task_store.erase_subject(tx, work.assistance_id)
    moved = RequestAssistanceMoved(
        request_id=work.request_id,
        client_id=work.client_id,
        assistance_id=work.assistance_id,
        standing=standing,
        acts=work.acts,
        instruction_id=work.instruction_id,
        by="requests",
        reason=reason,
    )
    await journal.say(tx, work.request_id, moved)


def _available_until(agreement: Agreement, period: Period, tx: Transaction) -> datetime:
    """The end of the time to fetch a package that is ready on the last day of a period that begins today."""
    ready_on = deadlines.days_after(agreement, period, deadlines.local_date(agreement, tx.now))
    return deadlines.end_of_day(agreement, deadlines.fetch_window(agreement, ready_on).day)


def _due(agreement: Agreement, period: Period, tx: Transaction) -> datetime:
    today = deadlines.local_date(agreement, tx.now)
    return deadlines.end_of_day(agreement, deadlines.days_after(agreement, period, today))


def _reminder(order_id: str) -> str:
    return f"task/{order_id}"
