"""An incident from its detection to its end: suspected, established, closed, dismissed, opened again (§6)."""

from collections.abc import Sequence
from datetime import datetime

from breach.affected import affected_store, scoping
from breach.affected.scope import Scope
from breach.authority import dossier
from breach.bound import Bound
from breach.course import incident_store, journal, phase_store
from breach.course.decisions import Detection, Status, fold, refuse, weigh_awareness, weigh_closing
from breach.course.finding import locked
from breach.course.incident_store import Incident
from breach.timing import ticking
from breach.told import alerting, telling
from chassis.errors import Rejected
from chassis.message import Message
from chassis.router import Router
from chassis.transaction import Transaction
from contracts.breach import (
    BreachAwarenessRecorded,
    BreachClosed,
    BreachDetected,
    BreachReopened,
    Needed,
)
from contracts.clock import ClockReminderDue
from contracts.incident import (
    IncidentAware,
    IncidentClosed,
    IncidentOpened,
    IncidentReminded,
    IncidentReopened,
    NoticeKind,
)

router = Router()


@router.on_batch(BreachDetected)
async def on_detected(app: Bound, said: Sequence[Message[BreachDetected]], tx: Transaction) -> None:
    """Each incident once, however often a detector says it."""
    floods: dict[str, list[Message[BreachDetected]]] = {}
    for each in said:
        if each.event.detected_at > tx.now + app.settings.ahead_within:
            raise Rejected(f"it lies ahead: it is {tx.now.isoformat()}", "detected_at")
        floods.setdefault(each.event.incident_id, []).append(each)
    for flood in floods.values():
        tx.cause = flood[0].cause
        await _detect(app, fold([each.event for each in flood]), tx)


async def _detect(app: Bound, detection: Detection, tx: Transaction) -> None:
    first = detection.first
    fresh = await incident_store.open_incident(tx, detection)
    if not fresh:
        await incident_store.count_detections(tx, detection)
    incident = await locked(tx, first.incident_id)
    scope = Scope(detection.client_ids, detection.subprocessor_ids, detection.systems, detection.data_categories)
    aware = _awareness(detection)
    if fresh:
        await journal.note(tx, first)
        established = aware is not None and not weigh_awareness(
            app.book.latest, incident.known, aware, tx.now, app.settings.ahead_within
        )
        tx.emit(
            IncidentOpened(
                incident_id=first.incident_id,
                origin=first.origin,
                detected_at=detection.detected_at,
                suspected=not established,
            )
        )
        _remind(app, first.incident_id, 1, tx)
    if scope != Scope() and (fresh or not incident.covers(scope)):
        await scoping.widen(app, incident, scope, first.origin.value, first.description, tx, asked=fresh)
    if aware is not None and incident.known.aware_at is None:
        await on_awareness_recorded(app, aware, tx)


def _awareness(detection: Detection) -> BreachAwarenessRecorded | None:
    if detection.aware_at is None:
        return None
    return BreachAwarenessRecorded(
        incident_id=detection.first.incident_id,
        aware_at=detection.aware_at,
        decided_by=detection.first.origin.value,
        reason="whoever detected it says so",
    )


@router.on(BreachAwarenessRecorded)
async def on_awareness_recorded(app: Bound, said: BreachAwarenessRecorded, tx: Transaction) -> None:
    """BRE-1: it is a breach, known since then: the clocks run, everybody affected is told; or the clocks are moved."""
    incident = await locked(tx, said.incident_id)
    refused = weigh_awareness(app.book.latest, incident.known, said, tx.now, app.settings.ahead_within)
    if refused is not None:
        await journal.note_refusal(tx, refused)
        return
    await journal.note(tx, said)
    await incident_store.set_aware(tx, said.incident_id, said.aware_at)
    clocks = await ticking.start(app, said.incident_id, said.aware_at, tx)
    previous_at = incident.known.aware_at
    tx.emit(
        IncidentAware(
            incident_id=said.incident_id,
            aware_at=said.aware_at,
            decided_by=said.decided_by,
            reason=said.reason,
            previous_at=previous_at,
            because=() if previous_at is None else _moved(previous_at, said),
            clocks=tuple(clock.event() for clock in clocks),
        )
    )
    if previous_at is not None:
        return
    await telling.tell(app, said.incident_id, NoticeKind.BREACH_NOTICE, tx)
    if not await affected_store.count_affected(tx, said.incident_id):
        await alerting.reached_nobody(app, said.incident_id, tx)


def _moved(previous_at: datetime, said: BreachAwarenessRecorded) -> tuple[str, ...]:
    how = "earlier" if said.aware_at < previous_at else "later"
    return (
        f"the clocks ran from {previous_at.isoformat()}",
        f"{said.decided_by} decided that it was known {how}, at {said.aware_at.isoformat()}: {said.reason}",
        "what was stopped before stays stopped, and is late or not by its new end",
    )


@router.on(BreachClosed)
async def on_closed(app: Bound, said: BreachClosed, tx: Transaction) -> None:
    """It is over: with cause, measures and a last update, or a reason for each; a suspicion is dismissed."""
    incident = await locked(tx, said.incident_id)
    verdict = weigh_closing(app.book.latest, incident.known, await _there(app, incident, tx), said)
    if not isinstance(verdict, IncidentClosed):
        await journal.note_refusal(tx, verdict)
        return
    await journal.note(tx, said)
    status = Status.DISMISSED if verdict.dismissed else Status.CLOSED
    await incident_store.set_status(tx, said.incident_id, status)
    tx.cancel(_reminder(said.incident_id))
    tx.emit(verdict)


async def _there(app: Bound, incident: Incident, tx: Transaction) -> set[Needed]:
    """What closing needs and is there: logged as a step or entered in the dossier."""
    done = await phase_store.load_done(tx, incident.incident_id)
    entries = dossier.filled(app.book.latest, incident.entries, done)
    found = {
        Needed.CAUSE: dossier.is_known(entries, "cause"),
        Needed.MEASURES: dossier.is_known(entries, "measures"),
        Needed.LAST_UPDATE: incident.has_last_update,
    }
    return {each for each, there in found.items() if there}


@router.on(BreachReopened)
async def on_reopened(app: Bound, said: BreachReopened, tx: Transaction) -> None:
    """It goes on; what was told and what ran is as it was."""
    incident = await locked(tx, said.incident_id)
    if not incident.known.status.is_over:
        await journal.note_refusal(tx, refuse(app.book.latest, said, f"it is {incident.known.status}"))
        return
    await journal.note(tx, said)
    status = Status.SUSPECTED if incident.known.aware_at is None else Status.ESTABLISHED
    await incident_store.set_status(tx, said.incident_id, status)
    _remind(app, said.incident_id, 1, tx)
    tx.emit(IncidentReopened(incident_id=said.incident_id, reopened_by=said.reopened_by, reason=said.reason))


@router.on(ClockReminderDue)
async def on_reminder_due(app: Bound, due: ClockReminderDue, tx: Transaction) -> None:
    """What nobody has decided is brought back until somebody does."""
    incident = await locked(tx, due.incident_id)
    affected = await affected_store.count_affected(tx, due.incident_id)
    question = _question(incident.known.status, affected)
    if question is None:
        return
    since = incident.known.aware_at or incident.opened_at
    tx.emit(IncidentReminded(incident_id=due.incident_id, nth=due.nth, open_question=question, since=since))
    alerting.reminded(app, incident, tx)
    _remind(app, due.incident_id, due.nth + 1, tx)


def _question(status: Status, affected: int) -> str | None:
    match status:
        case Status.SUSPECTED:
            return "is it a breach of personal data?"
        case Status.ESTABLISHED if not affected:
            return "who is affected?"
        case _:
            return None


def _remind(app: Bound, incident_id: str, nth: int, tx: Transaction) -> None:
    at = tx.now + app.book.latest.breach.remind_every
    tx.emit_at(ClockReminderDue(incident_id=incident_id, nth=nth), at, _reminder(incident_id))


def _reminder(incident_id: str) -> str:
    return f"reminder/{incident_id}"
