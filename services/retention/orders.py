"""What is ordered from holders, and by when: words and dates, and the reminder that follows (§8.3, SUB-7)."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime

from agreement import deadlines
from agreement.duties import Retention, Rule
from agreement.periods import Period
from agreement.schema import Agreement
from chassis.message import Cause
from chassis.transaction import Transaction
from contracts.cease import CeaseOrdered
from contracts.erasure import ErasureCheckOrdered, ErasureHalted, ErasureOrdered
from contracts.ordering import Counted, HolderOrder, Purpose, Scope
from contracts.retention import OrderKind, RetentionOrderOverdue
from contracts.returning import ReturnOrdered
from contracts.schedule import ScheduleReminderDue
from retention import order_store
from retention.order_store import Placed
from retention.planning import Keeper
from retention.task_store import Task
from retention.terminations import Order, Termination


async def cease(agreement: Agreement, termination: Termination, keepers: Sequence[Keeper], tx: Transaction) -> None:
    """TER-1: at once, to every holder of the client's data."""
    due_at = _due(agreement, agreement.periods.cease_answer, tx)
    placed = []
    for keeper in keepers:
        event = CeaseOrdered(
            client_id=termination.client_id,
            holder_id=keeper.holder_id,
            order_id=_id(tx, OrderKind.CEASE, termination, keeper.holder_id),
            categories=tuple(sorted(keeper.categories)),
            ceased_from=deadlines.start_of_day(agreement, termination.terminated_on),
            due_at=due_at,
            clause=agreement.termination.clause,
        )
        placed.append(_of_termination(event, OrderKind.CEASE, termination))
    await place(tx, placed)


async def give_back(
    agreement: Agreement, termination: Termination, returners: dict[str, tuple[str, ...]], tx: Transaction
) -> None:
    """TER-5: a package of each holder, with what it alone can give back."""
    due_at = _due(agreement, agreement.periods.return_answer, tx)
    placed = []
    for holder_id, categories in returners.items():
        event = ReturnOrdered(
            client_id=termination.client_id,
            order_id=_id(tx, OrderKind.RETURN, termination, holder_id),
            holder_id=holder_id,
            categories=categories,
            recipient=termination.recipient,
            due_at=due_at,
            available_until=_available_until(agreement, agreement.periods.return_answer, tx),
            clause=agreement.termination.clause,
        )
        placed.append(_of_termination(event, OrderKind.RETURN, termination))
    await place(tx, placed)


async def erase(
    agreement: Agreement,
    termination: Termination,
    tasks: Sequence[Task],
    tx: Transaction,
    purpose: Purpose = Purpose.TERMINATION,
) -> list[str]:
    """TER-3: these lines of the plan are to be carried out; returns the orders, one per line."""
    due_at = _due(agreement, agreement.periods.erasure_answer, tx)
    placed = []
    for task in tasks:
        rule = rule_of(agreement, task.category)
        event = ErasureOrdered(
            order_id=_id(tx, OrderKind.ERASURE, termination, f"{purpose}/{task.name}"),
            holder_id=task.holder_id,
            category=task.category,
            scopes=(scope_of(agreement, rule, termination),),
            counted=_counted(rule),
            purpose=purpose,
            due_at=due_at,
            clause=rule.clause,
        )
        placed.append(_of_termination(event, OrderKind.ERASURE, termination, purpose))
    await place(tx, placed)
    return [order.order_id for order in placed]


async def look_again(agreement: Agreement, termination: Termination, order: Order, tx: Transaction) -> None:
    """TER-6: the holder counts what is left of what it has deleted; the look is an order of its own."""
    category = order.category or ""
    rule = rule_of(agreement, category)
    event = ErasureCheckOrdered(
        order_id=check_of(order.order_id),
        holder_id=order.holder_id,
        category=category,
        scopes=(scope_of(agreement, rule, termination),),
        counted=_counted(rule),
        due_at=_due(agreement, agreement.periods.erasure_answer, tx),
        clause=agreement.termination.clause,
    )
    await place(tx, [_of_termination(event, OrderKind.CHECK, termination)])


async def place(tx: Transaction, orders: Sequence[Placed], *, cause: Cause | None = None) -> None:
    """Keep orders, say them, and look again when their answers are due."""
    if not orders:
        return
    await order_store.insert_orders(tx, orders)
    for order in orders:
        tx.emit(order.event, cause=cause)
        look = ScheduleReminderDue(order_id=order.order_id, nth=1)
        tx.emit_at(look, order.event.due_at, reminder_name(order.order_id), cause=cause)


async def remind(agreement: Agreement, order: Order, nth: int, tx: Transaction) -> HolderOrder | None:
    """SUB-7: the order is said again, and returned as it was; from a certain reminder on people must act.

    After so many it is reminded of no more; of a return the dates go on, since what is ready waits for it.
    """
    said = await order_store.load_said(tx, order.order_id)
    if said is None:
        return None
    most = agreement.termination.reminders_at_most
    again = said.model_copy(update={"reminder": nth} | _moved(agreement, said, tx))
    if nth <= most:
        await _say_again(agreement, order, again, nth, tx)
    if nth < most or isinstance(said, ReturnOrdered):
        at = _due(agreement, agreement.periods.order_reminder, tx)
        tx.emit_at(ScheduleReminderDue(order_id=order.order_id, nth=nth + 1), at, reminder_name(order.order_id))
    return again


async def _say_again(agreement: Agreement, order: Order, again: HolderOrder, nth: int, tx: Transaction) -> None:
    escalated = nth >= agreement.termination.escalate_at_reminder
    await order_store.note_reminder(tx, order.order_id, nth, escalated=escalated)
    tx.emit(again)
    tx.emit(
        RetentionOrderOverdue(
            order_id=order.order_id,
            kind=order.kind,
            holder_id=order.holder_id,
            category=order.category,
            client_ids=order.client_ids,
            due_at=order.due_at,
            reminders=nth,
            escalated=escalated,
        )
    )


async def halt(orders: Iterable[Order], client_id: str, reason: str, tx: Transaction) -> list[str]:
    """A hold: the holder stops with this client's data, and goes on with others'; returns the orders that are over."""
    over = []
    for order in orders:
        said = await order_store.load_said(tx, order.order_id)
        if not isinstance(said, ErasureOrdered | ErasureCheckOrdered):
            continue
        tx.emit(
            ErasureHalted(order_id=order.order_id, holder_id=order.holder_id, client_ids=(client_id,), reason=reason)
        )
        rest = tuple(scope for scope in said.scopes if scope.client_id != client_id)
        if rest:
            await order_store.narrow(tx, said.model_copy(update={"scopes": rest}))
        else:
            over.append(order.order_id)
            tx.cancel(reminder_name(order.order_id))
    await order_store.halt(tx, over)
    return over


def _moved(agreement: Agreement, said: HolderOrder, tx: Transaction) -> dict[str, datetime]:
    """A package that comes late can be fetched as long as one that came in time."""
    if not isinstance(said, ReturnOrdered):
        return {}
    return {"available_until": _available_until(agreement, agreement.periods.order_reminder, tx)}


def _available_until(agreement: Agreement, period: Period, tx: Transaction) -> datetime:
    """The end of the time to fetch a package that is ready on the last day of a period that begins today."""
    ready_on = deadlines.days_after(agreement, period, deadlines.local_date(agreement, tx.now))
    return deadlines.end_of_day(agreement, deadlines.fetch_window(agreement, ready_on).day)


def scope_of(agreement: Agreement, rule: Retention, termination: Termination) -> Scope:
    """All of a client's data of a category; or what had no exchange since the end, or what no new contract made."""
    until: datetime | None = termination.signed_again_at
    if rule.rule is Rule.SINCE_LAST_EXCHANGE:
        ended_at = deadlines.end_of_day(agreement, termination.terminated_on)
        until = min(ended_at, until or ended_at)
    return Scope(client_id=termination.client_id, cutoff_at=until)


def rule_of(agreement: Agreement, category: str) -> Retention:
    """The rule of a category; LookupError if the agreement has none."""
    for rule in agreement.retention:
        if rule.category == category:
            return rule
    raise LookupError(category)


def due_on(agreement: Agreement, today: date, period: Period) -> datetime:
    """The end of the last day of a period that begins today."""
    return deadlines.end_of_day(agreement, deadlines.days_after(agreement, period, today))


def reminder_name(order_id: str) -> str:
    """The name of the next look at an order in the agenda."""
    return f"reminder/{order_id}"


def check_of(order_id: str) -> str:
    """The id of the second look at what an order deleted."""
    return f"{order_id}.check"


def checked_order(check_id: str) -> str:
    """The order that a second look is about."""
    return check_id.removesuffix(".check")


def _counted(rule: Retention) -> Counted:
    return Counted.LAST_EXCHANGE if rule.rule is Rule.SINCE_LAST_EXCHANGE else Counted.CREATED


def _due(agreement: Agreement, period: Period, tx: Transaction) -> datetime:
    return due_on(agreement, deadlines.local_date(agreement, tx.now), period)


def _id(tx: Transaction, kind: OrderKind, termination: Termination, what: str) -> str:
    return tx.cause.derive(f"{kind}/{termination.termination_id}/{what}")


def _of_termination(
    event: HolderOrder, kind: OrderKind, termination: Termination, purpose: Purpose = Purpose.TERMINATION
) -> Placed:
    return Placed(event.order_id, kind, purpose, event, (termination.client_id,), termination.termination_id)
