"""Who is told what: at once after awareness, in numbered phases, on request, and why it came late (BRE-1, BRE-2)."""

from collections.abc import Sequence
from typing import Final

from agreement.schema import Agreement
from breach.affected import directory_store
from breach.bound import Bound
from breach.course import phase_store
from breach.course.finding import locked
from breach.course.incident_store import Incident
from breach.timing import clock_store
from breach.timing.clocks import CLIENTS, clients_clock, notice_times
from breach.told import telling_store
from breach.told.notices import LAST, Facts, Late, Picture, facts_of, facts_of_update
from breach.told.telling_store import PAGE, Group, Telling
from chassis.message import Message
from chassis.router import Router
from chassis.transaction import Transaction
from contracts.clock import ClockPageDue
from contracts.incident import IncidentAllTold, IncidentNoticeOrdered, NoticeKind
from contracts.notice import NoticeReceived

router = Router()

_MOST_PAGES: Final = 8
"""A transaction of more would keep others waiting, receipts among them."""


async def tell(
    app: Bound,
    incident_id: str,
    kind: NoticeKind,
    tx: Transaction,
    *,
    number: int | None = None,
    client_id: str | None = None,
) -> None:
    """Tell everybody whom it concerns, or one client; the first page goes out with this very transaction."""
    told = f"{kind}/{incident_id}/{number or ''}/{client_id or ''}"
    telling = Telling(tx.cause.derive(f"telling/{told}"), incident_id, kind, number, client_id)
    await telling_store.insert_telling(tx, telling)
    await _tell_pages(app, telling, "", 1, tx)


@router.on(ClockPageDue)
async def on_page_due(app: Bound, due: ClockPageDue, tx: Transaction) -> None:
    """The next clients; a message and a transaction for each so many, so that the first are told while others wait."""
    telling = await telling_store.load_telling(tx, due.telling_id)
    if telling is not None:
        await _tell_pages(app, telling, due.after, due.pages, tx)


async def _tell_pages(app: Bound, telling: Telling, after: str, pages: int, tx: Transaction) -> None:
    """So many pages of clients, and twice as many the next time: who delivers must not wait for the next order."""
    limit = pages * PAGE
    incident = await locked(tx, telling.incident_id)
    if telling.kind is NoticeKind.BREACH_NOTICE:
        client_ids = await telling_store.take_untold(tx, telling.incident_id, after, limit)
    else:
        client_ids = await telling_store.load_told(tx, telling, after, limit)
    if not client_ids or incident.known.aware_at is None:
        return
    said, picture = await _said(incident, telling, tx), await _picture(incident, telling, tx)
    for group, those in (await telling_store.load_groups(tx, telling.incident_id, client_ids)).items():
        agreement = app.book[group.signed]
        late = Late(group.due_at, incident.delays.get(CLIENTS)) if group.missed else None
        facts = facts_of(agreement, picture, late) | said
        for first in range(0, len(those), PAGE):
            tx.emit(_order(agreement, telling, group, those[first : first + PAGE], facts, tx))
    if len(client_ids) == limit:
        tx.emit(
            ClockPageDue(
                incident_id=telling.incident_id,
                telling_id=telling.telling_id,
                after=client_ids[-1],
                pages=min(2 * pages, _MOST_PAGES),
            )
        )


async def _said(incident: Incident, telling: Telling, tx: Transaction) -> Facts:
    """What an update says beside the picture; of anything else whether the last word was said."""
    if telling.number is None:
        return LAST if incident.has_last_update else {}
    phase = await phase_store.load_phase(tx, telling.incident_id, telling.number)
    corrects = (phase.corrects, phase.corrected) if phase.corrects and phase.corrected else None
    return facts_of_update(phase.number, phase.said.text, corrects, phase.overtaken_by, last=phase.said.last)


async def _picture(incident: Incident, telling: Telling, tx: Transaction) -> Picture:
    """An update tells the steps since the one before; everything else all of them, and every update so far."""
    known, update = incident.known, telling.number is not None
    return Picture(
        incident_id=incident.incident_id,
        description=incident.description,
        detected_at=known.detected_at,
        aware_at=known.aware_at or known.detected_at,
        subprocessors=tuple(await directory_store.load_names(tx, incident.subprocessor_ids)),
        data_categories=incident.data_categories,
        entries=incident.entries,
        advice=incident.advice,
        next_at=incident.next_at if incident.next_at and incident.next_at > tx.now else None,
        steps=await phase_store.load_steps(tx, incident.incident_id, telling.number),
        updates=[] if update else await phase_store.load_last_words(tx, incident.incident_id),
    )


def _order(
    agreement: Agreement, telling: Telling, group: Group, client_ids: tuple[str, ...], facts: Facts, tx: Transaction
) -> IncidentNoticeOrdered:
    """The first notice is due with the clients' clock; what comes after it, as long after as that clock runs."""
    first = telling.kind is NoticeKind.BREACH_NOTICE
    times = notice_times(agreement, group.due_at if first else clients_clock(agreement, tx.now).due_at, tx.now)
    name = f"{telling.telling_id}/{' '.join(group.signed)}/{group.due_at.isoformat()}/{client_ids[0]}"
    return IncidentNoticeOrdered(
        order_id=tx.cause.derive(f"order/{name}"),
        about=telling.incident_id,
        kind=telling.kind,
        client_ids=client_ids,
        deadline_at=times.deadline_at,
        escalate_at=times.escalate_at,
        clause=agreement.breach.clause,
        facts=facts,
    )


@router.on_batch(NoticeReceived)
async def on_notices_received(app: Bound, said: Sequence[Message[NoticeReceived]], tx: Transaction) -> None:  # noqa: ARG001 - the form of every handler
    """Who has any notice of the incident is told: its clock stops at that receipt."""
    kinds = set(NoticeKind)
    ours = [each for each in said if each.event.kind in kinds]
    if not ours:
        return
    events = [each.event for each in ours]
    await telling_store.lock(tx, sorted({each.about for each in events}))
    fresh = await telling_store.save_receipts(
        tx,
        [each.about for each in events],
        [each.client_id for each in events],
        [each.received_at for each in events],
        [each.channel.value for each in events],
    )
    if not fresh:
        return
    await clock_store.stop_told(tx, fresh)
    causes = {each.event.about: each.cause for each in ours}
    for incident_id, clients, told_at in await telling_store.load_all_told(
        tx, sorted({each.incident_id for each in fresh})
    ):
        told = IncidentAllTold(incident_id=incident_id, clients=clients, told_at=told_at)
        tx.emit(told, cause=causes[incident_id])
