"""Who is affected: named, widened, and exempt where a client caused it itself (BRE-5, SUB-7)."""

from collections.abc import Collection

from agreement.book import Book, Signed
from agreement.deadlines import local_date
from breach.affected import affected_store, directory_store, late_store, scope_store
from breach.affected.scope import Scope
from breach.bound import Bound
from breach.course import incident_store, journal
from breach.course.decisions import Status, refuse, weigh_correction, weigh_exemption
from breach.course.finding import locked
from breach.course.incident_store import Incident
from breach.timing import clock_store, ticking
from breach.timing.clocks import CLIENTS
from breach.told import alerting, telling
from chassis.router import Router
from chassis.transaction import Transaction
from contracts.breach import BreachExempted, BreachExemptionLifted, BreachScopeCorrected, BreachScoped
from contracts.incident import (
    IncidentExemptionSet,
    IncidentReopened,
    IncidentScopeNarrowed,
    IncidentScopeWidened,
    NoticeKind,
)

router = Router()


async def widen(
    app: Bound, incident: Incident, scope: Scope, decided_by: str, reason: str, tx: Transaction, *, asked: bool = False
) -> None:
    """Add whoever is named; once it is known to be a breach, the new ones have their clock and are told, they alone.

    What changes nothing is said only to who `asked` for it.
    """
    incident_id = incident.incident_id
    await directory_store.rebind_due(tx, local_date(app.book.latest, tx.now))
    strangers = await directory_store.load_strangers(tx, scope.client_ids, scope.subprocessor_ids, scope.systems)
    versions, categories = _versions(app.book, scope.by_categories)
    unresolved = (*strangers.named, *(f"category/{each}" for each in categories))
    added = await scope_store.widen(tx, incident_id, scope, versions)
    await scope_store.note_scope(tx, incident_id, scope, unresolved)
    await late_store.wait_for(tx, incident_id, strangers.clients)
    if not (asked or added or set(unresolved) - set(incident.unresolved)):
        return
    tx.emit(
        IncidentScopeWidened(
            incident_id=incident_id,
            added=added,
            affected=await affected_store.count_affected(tx, incident_id),
            unresolved=unresolved,
            decided_by=decided_by,
            reason=reason,
        )
    )
    if added and incident.known.status.is_over:
        status = Status.SUSPECTED if incident.known.aware_at is None else Status.ESTABLISHED
        await incident_store.set_status(tx, incident_id, status)
        tx.emit(IncidentReopened(incident_id=incident_id, reopened_by=decided_by, reason="more clients are affected"))
    if added and incident.known.aware_at is not None:
        await ticking.join_clients(app, incident_id, incident.known.aware_at, tx)
        await telling.tell(app, incident_id, NoticeKind.BREACH_NOTICE, tx)


def _versions(book: Book, categories: Collection[str]) -> tuple[list[Signed], list[str]]:
    """The versions whose clients have data of these categories; and the categories that no version has."""
    wanted = set(categories)
    known = {signed: {each.code for each in version.data_categories} for signed, version in book.versions.items()}
    return [signed for signed, codes in known.items() if codes & wanted], sorted(wanted.difference(*known.values()))


@router.on(BreachScoped)
async def on_scoped(app: Bound, said: BreachScoped, tx: Transaction) -> None:
    """Somebody decided who else is affected."""
    incident = await locked(tx, said.incident_id)
    scope = Scope(said.client_ids, said.subprocessor_ids, said.systems, said.data_categories)
    if scope == Scope():
        await journal.note_refusal(tx, refuse(app.book.latest, said, "it names nobody", "client_ids"))
        return
    await journal.note(tx, said)
    await widen(app, incident, scope, said.decided_by, said.reason, tx, asked=True)


@router.on(BreachScopeCorrected)
async def on_scope_corrected(app: Bound, said: BreachScopeCorrected, tx: Transaction) -> None:
    """Somebody was named by mistake: whoever is affected by that alone, and wasn't told yet, is affected no more."""
    incident = await locked(tx, said.incident_id)
    named = Scope(
        tuple(await affected_store.load_named(tx, said.incident_id)),
        incident.subprocessor_ids,
        incident.systems,
        incident.data_categories,
    )
    mistaken = Scope(said.client_ids, said.subprocessor_ids, said.systems, said.data_categories)
    told = await affected_store.load_told(tx, said.incident_id, said.client_ids)
    refused = weigh_correction(app.book.latest, incident.known, named, mistaken, told, said)
    if refused is not None:
        await journal.note_refusal(tx, refused)
        return
    await journal.note(tx, said)
    left = named.without(mistaken)
    categories = set(incident.by_categories) & set(left.data_categories)
    versions, _ = _versions(app.book, categories)
    await late_store.wait_no_more(tx, said.incident_id, said.client_ids)
    removed = await scope_store.narrow(tx, said.incident_id, left, versions)
    await scope_store.set_scope(tx, said.incident_id, left, mistaken.names)
    affected = await affected_store.count_affected(tx, said.incident_id)
    tx.emit(
        IncidentScopeNarrowed(
            incident_id=said.incident_id,
            removed=removed,
            affected=affected,
            decided_by=said.decided_by,
            reason=said.reason,
        )
    )
    if not affected:
        await alerting.reached_nobody(app, said.incident_id, tx)


@router.on(BreachExempted)
async def on_exempted(app: Bound, said: BreachExempted, tx: Transaction) -> None:
    """BRE-5: this client caused it: its clock stops and it is told nothing more; all others as before."""
    await locked(tx, said.incident_id)
    version = await affected_store.load_version(tx, said.incident_id, said.client_id)
    agreement = app.book[version] if version else app.book.latest
    refused = weigh_exemption(agreement, said, affected=version is not None)
    if refused is None and not await affected_store.set_exempt(tx, said.incident_id, said.client_id, exempt=True):
        refused = refuse(agreement, said, "it is exempt already", "client_id")
    if refused is not None:
        await journal.note_refusal(tx, refused)
        return
    await journal.note(tx, said)
    await clock_store.stop(tx, said.incident_id, CLIENTS, said.client_id, tx.now, "exempt")
    _say(said, agreement.breach.clause, tx, exempt=True)


@router.on(BreachExemptionLifted)
async def on_exemption_lifted(app: Bound, said: BreachExemptionLifted, tx: Transaction) -> None:
    """BRE-5: it was not this client: its clock runs on to its end of before, which may be over; it is told at once."""
    incident = await locked(tx, said.incident_id)
    if not await affected_store.set_exempt(tx, said.incident_id, said.client_id, exempt=False):
        await journal.note_refusal(tx, refuse(app.book.latest, said, "it is not exempt", "client_id"))
        return
    await journal.note(tx, said)
    _say(said, app.book.latest.breach.clause, tx, exempt=False)
    version = await affected_store.load_version(tx, said.incident_id, said.client_id)
    dues = await clock_store.go_on(tx, said.incident_id, CLIENTS, said.client_id, "exempt")
    if incident.known.aware_at is not None and version is not None:
        ticking.schedule(app.book[version], said.incident_id, incident.known.aware_at, dues, tx)
        # Whoever had the notice before hears all that was told to the others meanwhile.
        told = await affected_store.is_told(tx, said.incident_id, said.client_id)
        kind = NoticeKind.BREACH_STATE if told else NoticeKind.BREACH_NOTICE
        await telling.tell(app, said.incident_id, kind, tx, client_id=said.client_id)


def _say(said: BreachExempted | BreachExemptionLifted, clause: str, tx: Transaction, *, exempt: bool) -> None:
    tx.emit(
        IncidentExemptionSet(
            incident_id=said.incident_id,
            client_id=said.client_id,
            exempt=exempt,
            decided_by=said.decided_by,
            reason=said.reason,
            clause=clause,
        )
    )
