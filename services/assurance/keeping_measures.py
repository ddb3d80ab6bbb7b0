"""How a version of the measures comes into force: proposed, compared, justified, on its day (§5)."""

from agreement.deadlines import start_of_day
from agreement.schema import Agreement
from assurance import matter_store, measures_store
from assurance.bound import Bound
from assurance.measures import MeasuresRefusal, Status, Version, propose, weigh
from chassis.errors import Rejected
from chassis.locks import lock
from chassis.router import Router
from chassis.transaction import Transaction
from contracts.appointment import AppointmentMeasuresDue
from contracts.assurance import AssuranceMeasuresHeld, AssuranceMeasuresInForce, AssuranceMeasuresRefused
from contracts.measure import (
    Measure,
    MeasureEvent,
    MeasureJustified,
    MeasureVersionProposed,
    MeasureVersionWithdrawn,
)

router = Router()
KIND = "measures"


def _locks(said: MeasureEvent | AppointmentMeasuresDue) -> tuple[str]:
    return (f"measures/{said.agreement_id}",)


async def begin(app: Bound, tx: Transaction) -> None:
    """Appendix C of each agreement is the first version that is in force, from the day that the file states."""
    for agreement_id in sorted({signed.agreement_id for signed in app.book.versions}):
        await lock(tx.connection, f"measures/{agreement_id}")
        if await measures_store.load_in_force(tx, agreement_id) is None:
            await measures_store.save(tx, _first(_latest(app, agreement_id)))


def _latest(app: Bound, agreement_id: str) -> Agreement:
    versions = [each for each in app.book.versions.values() if each.id == agreement_id]
    return max(versions, key=lambda agreement: (agreement.version_on, agreement.version))


def _first(agreement: Agreement) -> Version:
    proposed = MeasureVersionProposed(
        agreement_id=agreement.id,
        version_id=f"agreement-{agreement.version}",
        said_by=agreement.processor.name,
        measures=tuple(
            Measure(measure_id=each.id, section=each.section, text=each.text) for each in agreement.measures
        ),
        reason=f"{agreement.security.clause}: as signed",
    )
    since = start_of_day(agreement, agreement.version_on)
    return Version(status=Status.IN_FORCE, proposed=proposed, proposed_at=since, in_force_from=since)


@router.on(MeasureVersionProposed, locks=_locks)
async def on_proposed(app: Bound, said: MeasureVersionProposed, tx: Transaction) -> None:
    """§5: compared with the version in force; held where it drops or weakens anything."""
    in_force = await _in_force(said, tx)
    known = await measures_store.load(tx, said.agreement_id, said.version_id) is not None
    to_come = await measures_store.load_to_come(tx, said.agreement_id)
    if said.in_force_on is not None:
        start_of_day(_latest(app, said.agreement_id), said.in_force_on)
    await _settle(app, said, propose(in_force, to_come, said, tx.now, known=known), tx)


@router.on(MeasureJustified, locks=_locks)
async def on_justified(app: Bound, said: MeasureJustified, tx: Transaction) -> None:
    """§5.1: somebody answers for it by name."""
    await _settle(app, said, weigh(await _version(said, tx), said), tx)


@router.on(MeasureVersionWithdrawn, locks=_locks)
async def on_withdrawn(app: Bound, said: MeasureVersionWithdrawn, tx: Transaction) -> None:
    """It is taken back."""
    await _settle(app, said, weigh(await _version(said, tx), said), tx)


@router.on(AppointmentMeasuresDue, locks=_locks)
async def on_due(app: Bound, due: AppointmentMeasuresDue, tx: Transaction) -> None:  # noqa: ARG001 - the form of every handler
    """Its day has come: it is in force, unless somebody has still to answer for it."""
    version = await measures_store.load(tx, due.agreement_id, due.version_id)
    if version is not None and version.status is Status.SCHEDULED:
        await _come_into_force(version, tx)


async def _settle(app: Bound, said: MeasureEvent, outcome: Version | MeasuresRefusal | None, tx: Transaction) -> None:
    match outcome:
        case MeasuresRefusal():
            refused = AssuranceMeasuresRefused(
                agreement_id=said.agreement_id,
                version_id=said.version_id,
                what=said.TYPE,
                reason=outcome.reason,
                clause=_latest(app, said.agreement_id).security.clause,
                field=outcome.field,
            )
            tx.emit(refused)
            await matter_store.note(tx, said.agreement_id, KIND, said.version_id, refused)
        case Version():
            await measures_store.save(tx, outcome)
            await matter_store.note(tx, said.agreement_id, KIND, said.version_id, said)
            await _go_on(app, outcome, tx)


async def _go_on(app: Bound, version: Version, tx: Transaction) -> None:
    said = version.proposed
    name = f"measures/{said.agreement_id}/{said.version_id}"
    match version.status:
        case Status.HELD:
            comparison = version.comparison
            tx.emit(
                AssuranceMeasuresHeld(
                    agreement_id=said.agreement_id,
                    version_id=said.version_id,
                    dropped=comparison.dropped,
                    weakened=comparison.weakened,
                    unjustified=version.unjustified,
                )
            )
        case Status.SCHEDULED:
            agreement = _latest(app, said.agreement_id)
            at = None if said.in_force_on is None else start_of_day(agreement, said.in_force_on)
            if at is None or at <= tx.now:
                await _come_into_force(version, tx)
            else:
                due = AppointmentMeasuresDue(agreement_id=said.agreement_id, version_id=said.version_id)
                tx.emit_at(due, at, name)
        case _:
            tx.cancel(name)


async def _come_into_force(version: Version, tx: Transaction) -> None:
    said, comparison = version.proposed, version.comparison
    before = await _in_force(said, tx)
    await measures_store.save(tx, before.model_copy(update={"status": Status.SUPERSEDED}))
    await measures_store.save(tx, version.model_copy(update={"status": Status.IN_FORCE, "in_force_from": tx.now}))
    tx.emit(
        AssuranceMeasuresInForce(
            agreement_id=said.agreement_id,
            version_id=said.version_id,
            in_force_from=tx.now,
            before=version.before,
            added=comparison.added,
            dropped=comparison.dropped,
            weakened=comparison.weakened,
            changed=comparison.changed,
        )
    )


async def _in_force(said: MeasureEvent, tx: Transaction) -> Version:
    version = await measures_store.load_in_force(tx, said.agreement_id)
    if version is None:
        raise Rejected(f"there is no agreement {said.agreement_id!r} here", "agreement_id")
    return version


async def _version(said: MeasureEvent, tx: Transaction) -> Version:
    version = await measures_store.load(tx, said.agreement_id, said.version_id)
    if version is None:
        raise Rejected(f"there is no version {said.version_id!r} of these measures", "version_id")
    return version
