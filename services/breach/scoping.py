"""Who is affected: named, widened, and exempt where a client caused it itself (BRE-5, SUB-7)."""

from agreement.book import Book, Signed
from breach import clock_store, directory_store, incident_store, journal, scope_store, telling, ticking
from breach.bound import Bound
from breach.clocks import CLIENTS
from breach.decisions import Status, refuse, weigh_exemption
from breach.finding import locked
from breach.incident_store import Incident
from breach.scope_store import Scope
from chassis.router import Router
from chassis.transaction import Transaction
from contracts.breach import BreachExempted, BreachExemptionLifted, BreachScoped
from contracts.incident import IncidentExemptionSet, IncidentReopened, IncidentScopeWidened, NoticeKind

router = Router()


async def widen(app: Bound, incident: Incident, scope: Scope, decided_by: str, reason: str, tx: Transaction) -> None:
    """Add whoever is named; once it is known to be a breach, the new ones have their clock and are told, they alone."""
    incident_id = incident.incident_id
    strangers = await directory_store.load_strangers(tx, scope.client_ids, scope.subprocessor_ids, scope.systems)
    versions, categories = _versions(app.book, scope)
    unresolved = (*strangers.named, *(f"category/{each}" for each in categories))
    added = await scope_store.widen(tx, incident_id, scope, versions)
    await scope_store.note_scope(tx, incident_id, scope, unresolved)
    await scope_store.wait_for(tx, incident_id, strangers.clients)
    tx.emit(
        IncidentScopeWidened(
            incident_id=incident_id,
            added=added,
            affected=await scope_store.count_affected(tx, incident_id),
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
        await ticking.start_clients(app, incident_id, incident.known.aware_at, tx)
        await telling.tell(app, incident_id, NoticeKind.BREACH_NOTICE, tx)


def _versions(book: Book, scope: Scope) -> tuple[list[Signed], list[str]]:
    """The versions whose clients have data of the categories, where these say who is affected; and unknown ones."""
    if not scope.by_category:
        return [], []
    wanted = set(scope.data_categories)
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
    await widen(app, incident, scope, said.decided_by, said.reason, tx)


@router.on(BreachExempted)
async def on_exempted(app: Bound, said: BreachExempted, tx: Transaction) -> None:
    """BRE-5: this client caused it: its clock stops and it is told nothing more; all others as before."""
    await locked(tx, said.incident_id)
    version = await scope_store.load_version(tx, said.incident_id, said.client_id)
    agreement = app.book[version] if version else app.book.latest
    refused = weigh_exemption(agreement, said, affected=version is not None)
    if refused is None and not await scope_store.set_exempt(tx, said.incident_id, said.client_id, exempt=True):
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
    if not await scope_store.set_exempt(tx, said.incident_id, said.client_id, exempt=False):
        await journal.note_refusal(tx, refuse(app.book.latest, said, "it is not exempt", "client_id"))
        return
    await journal.note(tx, said)
    _say(said, app.book.latest.breach.clause, tx, exempt=False)
    version = await scope_store.load_version(tx, said.incident_id, said.client_id)
    dues = await clock_store.go_on(tx, said.incident_id, CLIENTS, said.client_id, "exempt")
    if incident.known.aware_at is not None and version is not None:
        ticking.schedule(app.book[version], said.incident_id, incident.known.aware_at, dues, tx)
        # Whoever had the notice before hears all that was told to the others meanwhile.
        told = await scope_store.is_told(tx, said.incident_id, said.client_id)
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
