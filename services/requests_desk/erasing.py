"""What is personal of a request goes when its period is over; the record of what was done stays (§9)."""

from datetime import datetime

from chassis.router import Router
from chassis.transaction import Transaction
from contracts.request import RequestClosed, RequestErased
from contracts.term import TermErasureDue
from requests_desk import finding, journal, request_store, requester_store
from requests_desk.bound import Bound
from requests_desk.records import Status

router = Router()


def erase_after(request_id: str, at: datetime, tx: Transaction) -> None:
    """What is personal of a request goes then; said again, it is moved."""
    tx.emit_at(TermErasureDue(request_id=request_id), at, f"erasure/{request_id}")


@router.on(TermErasureDue)
async def on_erasure_due(app: Bound, due: TermErasureDue, tx: Transaction) -> None:  # noqa: ARG001 - the form of every handler
    """§9: nothing that says who asked, or what was answered, is left; hashes, times and names of staff are."""
    request = await finding.locked_request(tx, due.request_id)
    if request.erased_at is not None:
        return
    if not request.status.is_over:
        await request_store.set_status(tx, request.request_id, Status.CLOSED)
        closed = RequestClosed(
            request_id=request.request_id, answered=False, closed_by="requests", reason="nobody ended it in its time"
        )
        await journal.say(tx, request.request_id, closed)
    await requester_store.erase(tx, request.request_id)
    await journal.say(tx, request.request_id, RequestErased(request_id=request.request_id, erased_at=tx.now))
