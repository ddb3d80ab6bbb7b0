"""Sub-processors that declare no holder are asked by people: they are named, reminded of, and what came of it kept."""

from agreement import deadlines
from agreement.schema import Agreement
from chassis.errors import Rejected
from chassis.router import Router
from chassis.transaction import Transaction
from contracts.handling import HandlingSubProcessorAsked
from contracts.request import AssistanceStanding
from contracts.term import TermByHandDue
from requests_desk import alerts, by_hand_store, finding, journal, task_store
from requests_desk.bound import Bound
from requests_desk.task_store import Work

router = Router()


async def begin(agreement: Agreement, work: Work, tx: Transaction) -> None:
    """DSR-3: help begins: whoever may hold something and takes no orders is named to the people on call."""
    await by_hand_store.enter(tx, work.assistance_id, work.client_id)
    await _remind(agreement, work, tx)


@router.on(TermByHandDue)
async def on_by_hand_due(app: Bound, due: TermByHandDue, tx: Transaction) -> None:
    """What nobody has entered is asked for again, unless the help was halted."""
    request = await finding.locked_request(tx, due.request_id)
    work = await task_store.load_work(tx, due.assistance_id)
    if work is not None and work.standing is not AssistanceStanding.HALTED and request.erased_at is None:
        await _remind(await finding.agreement_of(app, request.client_id, tx), work, tx)


@router.on(HandlingSubProcessorAsked)
async def on_sub_processor_asked(app: Bound, said: HandlingSubProcessorAsked, tx: Transaction) -> None:  # noqa: ARG001 - the form of every handler
    """DSR-3: what a sub-processor did, as people know it; who entered it stands beside it."""
    request = await finding.locked_request(tx, said.request_id)
    work = await task_store.load_work(tx, said.assistance_id)
    if work is None or work.request_id != request.request_id:
        raise Rejected(f"nobody asked for help {said.assistance_id!r} with this request", "assistance_id")
    if not await by_hand_store.settle(tx, said):
        raise Rejected(f"{said.subprocessor_id!r} is not to be asked by hand", "subprocessor_id")
    await journal.note(tx, request.request_id, said)
    if not await by_hand_store.load_open(tx, work.assistance_id):
        tx.cancel(_name(work))


async def _remind(agreement: Agreement, work: Work, tx: Transaction) -> None:
    names = await by_hand_store.load_open(tx, work.assistance_id)
    if not names:
        return
    alerts.by_hand(agreement, work, names, tx)
    today = deadlines.local_date(agreement, tx.now)
    again_on = deadlines.days_after(agreement, agreement.periods.order_reminder, today)
    due = TermByHandDue(request_id=work.request_id, assistance_id=work.assistance_id)
    tx.emit_at(due, deadlines.end_of_day(agreement, again_on), _name(work))


def _name(work: Work) -> str:
    return f"by-hand/{work.assistance_id}"
