"""The dossier for authorities, the severity, and what an authority is told (BRE-4)."""

from breach.authority import dossier, dossier_store, severity
from breach.bound import Bound
from breach.course import incident_store, journal, phase_store
from breach.course.decisions import refuse
from breach.course.finding import locked
from breach.timing import clock_store, ticking
from chassis.router import Router
from chassis.transaction import Transaction
from contracts.breach import (
    BreachAuthorityDecided,
    BreachAuthorityNotified,
    BreachDossierEntered,
    BreachSeverityAssessed,
)
from contracts.incident import IncidentAssessed, IncidentAuthorityDecided, IncidentDossierSubmitted

router = Router()

_NOT_NOTIFIED = "not_notified"


@router.on(BreachDossierEntered)
async def on_dossier_entered(app: Bound, said: BreachDossierEntered, tx: Transaction) -> None:
    """Elements, known, approximate or unknown; what is entered again replaces what was there."""
    incident = await locked(tx, said.incident_id)
    wrong = dossier.why_not(app.book.latest, said.entries)
    if wrong is not None:
        await journal.note_refusal(tx, refuse(app.book.latest, said, wrong[1], wrong[0]))
        return
    await journal.note(tx, said)
    await incident_store.set_entries(tx, said.incident_id, dossier.merge(incident.entries, said.entries))


@router.on(BreachSeverityAssessed)
async def on_severity_assessed(app: Bound, said: BreachSeverityAssessed, tx: Transaction) -> None:
    """Advice for the decision to notify; nothing waits for it."""
    await locked(tx, said.incident_id)
    wrong = severity.why_not(said)
    if wrong is not None:
        await journal.note_refusal(tx, refuse(app.book.latest, said, wrong, "circumstances"))
        return
    await journal.note(tx, said)
    found = severity.assess(said)
    assessed = IncidentAssessed(
        incident_id=said.incident_id, score=found.score, severity=found.severity, because=found.because
    )
    await incident_store.set_severity(tx, said.incident_id, assessed)
    tx.emit(assessed)


@router.on(BreachAuthorityDecided)
async def on_authority_decided(app: Bound, said: BreachAuthorityDecided, tx: Transaction) -> None:
    """Whether an authority is notified, by whom decided and why; a clock that nobody waits for stops."""
    incident = await locked(tx, said.incident_id)
    if not _knows(app, said.clock):
        await journal.note_refusal(tx, refuse(app.book.latest, said, _unknown(app, said.clock), "clock"))
        return
    await journal.note(tx, said)
    decided = IncidentAuthorityDecided(
        incident_id=said.incident_id,
        clock=said.clock,
        notify=said.notify,
        decided_by=said.decided_by,
        reason=said.reason,
    )
    await incident_store.put(tx, said.incident_id, "decisions", said.clock, decided)
    if said.notify:
        dues = await clock_store.go_on(tx, said.incident_id, said.clock, "", _NOT_NOTIFIED)
        if incident.known.aware_at is not None:
            ticking.schedule(app.book.latest, said.incident_id, incident.known.aware_at, dues, tx)
    else:
        await clock_store.stop(tx, said.incident_id, said.clock, "", tx.now, _NOT_NOTIFIED)
    tx.emit(decided)


@router.on(BreachAuthorityNotified)
async def on_authority_notified(app: Bound, said: BreachAuthorityNotified, tx: Transaction) -> None:
    """The dossier as it stands went out: initial, complementary or complete; the first one stops the clock."""
    incident = await locked(tx, said.incident_id)
    agreement, field = app.book.latest, None
    if not _knows(app, said.clock):
        field, reason = "clock", _unknown(app, said.clock)
    elif said.submitted_at > tx.now + app.settings.ahead_within:
        field, reason = "submitted_at", f"it lies ahead: it is {tx.now.isoformat()}"
    elif said.submitted_at < incident.known.detected_at:
        field, reason = "submitted_at", "nobody is notified before the detection"
    if field is not None:
        await journal.note_refusal(tx, refuse(agreement, said, reason, field))
        return
    await journal.note(tx, said)
    late = await dossier_store.is_late(tx, said)
    entries = dossier.filled(agreement, incident.entries, await phase_store.load_done(tx, said.incident_id))
    missing = dossier.missing(agreement, entries, late=late)
    before = await dossier_store.count_submissions(tx, said.incident_id, said.clock)
    submitted = IncidentDossierSubmitted(
        incident_id=said.incident_id,
        clock=said.clock,
        kind=dossier.submission(missing, before),
        submitted_at=said.submitted_at,
        late=late,
        missing=missing,
    )
    await dossier_store.insert_submission(tx, said, submitted, before + 1, entries)
    await clock_store.stop(tx, said.incident_id, said.clock, "", said.submitted_at, "notified")
    tx.emit(submitted)


def _knows(app: Bound, clock: str) -> bool:
    return any(each.code == clock for each in app.book.latest.breach.authority_clocks)


def _unknown(app: Bound, clock: str) -> str:
    known = ", ".join(each.code for each in app.book.latest.breach.authority_clocks)
    return f"there is no clock {clock!r} towards an authority; there are {known}"
