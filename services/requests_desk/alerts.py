"""What people on call are told of requests, so that they act (§9); the notifier knows who they are."""

from collections.abc import Sequence
from datetime import datetime

from agreement.schema import Agreement
from chassis.transaction import Transaction
from contracts.request import AlertKind, RequestAlertOrdered
from contracts.task import TaskOrdered
from contracts.telling import Facts
from requests_desk.records import Request
from requests_desk.task_store import Task, Work


def untold(agreement: Agreement, request: Request, *, missed: bool, tx: Transaction) -> None:
    """DSR-1: the client does not know, and the time is nearly over, or is."""
    facts = _moment(agreement, request.tell_by) | {
        "missed": "yes" if missed else "no",
        "lacks": "client" if request.client_id is None else "receipt",
    }
    _order(agreement, AlertKind.REQUEST_UNTOLD, request.request_id, facts, tx)


def failed(agreement: Agreement, task: Task, reason: str, tx: Transaction) -> None:
    """DSR-3: a holder says that it can't do what it was asked."""
    _order(agreement, AlertKind.TASK_STUCK, task.request_id, _task(agreement, task.said) | {"reason": reason}, tx)


def unanswered(agreement: Agreement, task: Task, reminders: int, tx: Transaction) -> None:
    """DSR-3: a holder does not answer."""
    facts = _task(agreement, task.said) | {"reminders": str(reminders)}
    _order(agreement, AlertKind.TASK_STUCK, task.request_id, facts, tx)


def by_hand(agreement: Agreement, work: Work, names: Sequence[str], tx: Transaction) -> None:
    """DSR-3: sub-processors that may hold something, and whose systems take no orders."""
    facts: Facts = {
        "client_id": work.client_id,
        "assistance_id": work.assistance_id,
        "sub_processors": tuple(names),
    }
    _order(agreement, AlertKind.ASK_BY_HAND, work.request_id, facts, tx)


def _task(agreement: Agreement, order: TaskOrdered) -> Facts:
    return _moment(agreement, order.due_at) | {
        "holder_id": order.holder_id,
        "order_id": order.order_id,
        "act": order.act.value,
    }


def _moment(agreement: Agreement, at: datetime) -> Facts:
    local = at.astimezone(agreement.zone)
    return {"due_on": local.date().isoformat(), "due_time": f"{local:%H:%M}"}


def _order(agreement: Agreement, kind: AlertKind, request_id: str, facts: Facts, tx: Transaction) -> None:
    about = facts.get("order_id") or facts.get("assistance_id") or request_id
    tx.emit(
        RequestAlertOrdered(
            order_id=tx.cause.derive(f"alert/{kind}/{about}"),
            about=request_id,
            kind=kind,
            clause=agreement.requests.clause,
            facts={"request_id": request_id, **facts},
        )
    )
