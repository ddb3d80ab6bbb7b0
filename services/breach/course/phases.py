"""What is done about a breach and told in phases: steps, updates, requests, reasons for delay (BRE-2, BRE-3)."""

from datetime import datetime

from breach.affected import affected_store
from breach.authority import dossier
from breach.bound import Bound
from breach.course import incident_store, journal, phase_store
from breach.course.decisions import refuse, weigh_delay, weigh_update
from breach.course.finding import locked
from breach.timing import clock_store
from breach.timing.clocks import CLIENTS
from breach.told import telling
from chassis.router import Router
from chassis.transaction import Transaction
from contracts.breach import BreachDelayExplained, BreachStateRequested, BreachStepLogged, BreachUpdated, Entry
from contracts.incident import IncidentRefused, NoticeKind

router = Router()


@router.on(BreachStepLogged)
async def on_step_logged(app: Bound, said: BreachStepLogged, tx: Transaction) -> None:
    """BRE-3: containment, investigation, cause, remedy, with time and person; the next update tells of it."""
    incident = await locked(tx, said.incident_id)
    if incident.known.status.is_over:
        reason = f"the incident is {incident.known.status}: reopen it first"
        await journal.note_refusal(tx, refuse(app.book.latest, said, reason))
    elif said.taken_at > tx.now + app.settings.ahead_within:
        reason = f"it lies ahead: it is {tx.now.isoformat()}"
        await journal.note_refusal(tx, refuse(app.book.latest, said, reason, "taken_at"))
    elif not await phase_store.insert_step(tx, said):
        await journal.note_refusal(tx, refuse(app.book.latest, said, "it is there already", "step_id"))
    else:
        await journal.note(tx, said)


@router.on(BreachUpdated)
async def on_updated(app: Bound, said: BreachUpdated, tx: Transaction) -> None:
    """BRE-2: numbered, and told to every client that is affected; who isn't told yet hears all of it at once."""
    incident = await locked(tx, said.incident_id)
    updates = await phase_store.load_said(tx, said.incident_id)
    verdict = weigh_update(app.book.latest, incident.known, updates, said)
    wrong = _misdated(said, tx.now + app.settings.ahead_within) or dossier.why_not(app.book.latest, said.entries)
    if wrong is not None and not isinstance(verdict, IncidentRefused):
        verdict = refuse(app.book.latest, said, wrong[1], wrong[0])
    if isinstance(verdict, IncidentRefused):
        await journal.note_refusal(tx, verdict)
        return
    await journal.note(tx, said)
    if verdict.overtaken_by is None:
        entries = dossier.merge(incident.entries, said.entries)
        await incident_store.set_entries(tx, said.incident_id, entries)
    await phase_store.insert_update(tx, said, verdict)
    tx.emit(verdict)
    await telling.tell(app, said.incident_id, NoticeKind.BREACH_UPDATE, tx, number=verdict.number)


def _misdated(said: BreachUpdated, ahead_at: datetime) -> tuple[str, str] | None:
    """The field and why: what is to come is known of nobody, and would make every true update one of earlier days."""
    if said.as_of > ahead_at:
        return "as_of", "it lies ahead: an update says how it is, or was"
    if said.next_at is not None and said.next_at <= said.as_of:
        return "next_at", "clients can't hear again before what they hear now"
    return None


@router.on(BreachStateRequested)
async def on_state_requested(app: Bound, said: BreachStateRequested, tx: Transaction) -> None:
    """BRE-2: on a client's request, the current state at once."""
    incident = await locked(tx, said.incident_id)
    affected = await affected_store.is_affected(tx, said.incident_id, said.client_id)
    if incident.known.aware_at is None or not affected:
        reason = f"client {said.client_id!r} is not among those whom it affects"
        await journal.note_refusal(tx, refuse(app.book.latest, said, reason, "client_id"))
        return
    await journal.note(tx, said)
    await telling.tell(app, said.incident_id, NoticeKind.BREACH_STATE, tx, client_id=said.client_id)


@router.on(BreachDelayExplained)
async def on_delay_explained(app: Bound, said: BreachDelayExplained, tx: Transaction) -> None:
    """BRE-1: the reason for a delay goes into the notices, or, of an authority's clock, into the dossier."""
    incident = await locked(tx, said.incident_id)
    codes = [CLIENTS, *(each.code for each in app.book.latest.breach.authority_clocks)]
    late = await clock_store.is_late(tx, said.incident_id, said.clock)
    refused = weigh_delay(app.book.latest, codes, said, late=late)
    if refused is not None:
        await journal.note_refusal(tx, refused)
        return
    await journal.note(tx, said)
    await incident_store.put(tx, said.incident_id, "delays", said.clock, said.reason)
    if said.clock == CLIENTS:
        await telling.tell(app, said.incident_id, NoticeKind.BREACH_DELAY, tx)
        return
    entries = [Entry(code=each.code, text=said.reason) for each in app.book.latest.breach.dossier if each.only_if_late]
    await incident_store.set_entries(tx, said.incident_id, dossier.merge(incident.entries, entries))
