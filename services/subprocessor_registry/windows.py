"""When a client's days to object begin and end: what is said of it, and what is on the agenda (§4.4). No statement."""

from datetime import datetime

from chassis.message import Cause
from chassis.transaction import Transaction
from contracts.deadline import DeadlineWindowClosed
from subprocessor_registry.decisions import Receipt, Status


def open_window(receipt: Receipt, tx: Transaction, cause: Cause) -> None:
    """The days that run from a receipt are said, and their end is dated where it will decide something."""
    if receipt.window is None:
        return
    tx.emit(receipt.window, cause=cause)
    if receipt.status is Status.WINDOW_OPEN:
        date_window(receipt.change_id, receipt.client_id, receipt.window.closes_at, tx, cause)


def date_window(change_id: str, client_id: str, closes_at: datetime, tx: Transaction, cause: Cause) -> None:
    """The end of a window is on the agenda."""
    closed = DeadlineWindowClosed(change_id=change_id, client_id=client_id)
    tx.emit_at(closed, closes_at, window_name(change_id, client_id), cause=cause)


def window_name(change_id: str, client_id: str) -> str:
    """The name of a window's end in the agenda."""
    return f"window/{change_id}/{client_id}"
