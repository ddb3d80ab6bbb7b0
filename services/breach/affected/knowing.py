"""What the service hears of clients, sub-processors and systems, so that it can tell who is affected (SUB-7)."""

from collections.abc import Sequence

from agreement.book import Signed
from agreement.deadlines import local_date
from breach.affected import directory_store, late_store, scoping
from breach.affected.scope import Scope
from breach.bound import Bound
from breach.course.finding import locked
from chassis.errors import Rejected
from chassis.message import Message
from chassis.router import Router
from chassis.transaction import Transaction
from contracts.change import ChangeAnnounced, ChangeCorrected
from contracts.client import ClientAmended, ClientContactChanged, ClientSigned
from contracts.holder import HolderDeclared, HolderKind
from contracts.permission import PermissionSet, Standing
from contracts.retention import RetentionCertified

router = Router()


@router.on(ClientSigned)
async def on_client_signed(app: Bound, signed: ClientSigned, tx: Transaction) -> None:
    """A client, and the version that binds it; incidents that named it, or have it in their scope, affect it now."""
    version = Signed(signed.agreement_id, signed.agreement_version)
    today = local_date(app.book[version], tx.now)  # of an unknown version `AgreementUnknown` tells the publisher
    language = signed.contact.language
    await directory_store.save_client(tx, signed.client_id, signed.name, language, version, signed.signed_on, today)
    await late_store.set_resolved(tx, f"client/{signed.client_id}")
    for incident_id in await late_store.take_waiting(tx, signed.client_id):
        scope = Scope(client_ids=(signed.client_id,))
        await _join(app, incident_id, scope, "it was named before it was known", tx)
    await _join_concerning(app, signed.client_id, tx)


@router.on(ClientContactChanged)
async def on_contact_changed(app: Bound, changed: ClientContactChanged, tx: Transaction) -> None:  # noqa: ARG001 - the form of every handler
    """What a client reads is in its contact's language (§15)."""
    if not await directory_store.set_language(tx, changed.client_id, changed.contact.language):
        raise _unknown(changed.client_id)


@router.on(ClientAmended)
async def on_client_amended(app: Bound, amended: ClientAmended, tx: Transaction) -> None:
    """Another version binds the client from its signature on (§15); data of a category may have come with it."""
    agreement_id = await directory_store.load_agreement(tx, amended.client_id)
    if agreement_id is None:
        raise _unknown(amended.client_id)
    agreement = app.book.of(agreement_id, amended.agreement_version)
    version = Signed(agreement.id, agreement.version)
    await directory_store.bind(tx, amended.client_id, version, amended.signed_on, local_date(agreement, tx.now))
    await _join_concerning(app, amended.client_id, tx)


def _unknown(client_id: str) -> Rejected:
    return Rejected(f"client {client_id!r} is unknown: publish client.signed first", "client_id")


async def _join_concerning(app: Bound, client_id: str, tx: Transaction) -> None:
    """Open incidents that were scoped by what the client has, before it was known that it has it."""
    version, since = await directory_store.load_version(tx, client_id)
    agreement = app.book[version]
    categories = [each.code for each in agreement.data_categories]
    for incident_id in await late_store.load_concerning(tx, client_id, categories, since, agreement.timezone):
        await _join(app, incident_id, Scope(found=(client_id,)), "it is in the scope, and is known only now", tx)


async def _join(app: Bound, incident_id: str, scope: Scope, reason: str, tx: Transaction) -> None:
    await scoping.widen(app, await locked(tx, incident_id), scope, "breach", reason, tx)


@router.on(RetentionCertified)
async def on_certified(app: Bound, certified: RetentionCertified, tx: Transaction) -> None:  # noqa: ARG001 - the form of every handler
    """What is certified to be deleted can't be breached any more (§8.3)."""
    if certified.complete:
        await directory_store.set_gone(tx, certified.client_id, tx.now)


@router.on(ChangeAnnounced)
async def on_change_announced(app: Bound, announced: ChangeAnnounced, tx: Transaction) -> None:  # noqa: ARG001 - as above
    """A sub-processor, which is no stranger any more; who let it process is heard of it by `permission.set`."""
    await directory_store.save_subprocessor(tx, announced.subprocessor_id, announced.facts.name)
    await late_store.set_resolved(tx, f"subprocessor/{announced.subprocessor_id}")


@router.on(ChangeCorrected)
async def on_change_corrected(app: Bound, corrected: ChangeCorrected, tx: Transaction) -> None:  # noqa: ARG001 - as above
    """It may be called otherwise."""
    await directory_store.save_subprocessor(tx, corrected.subprocessor_id, corrected.facts.name)


@router.on_batch(PermissionSet)
async def on_permissions_set(app: Bound, said: Sequence[Message[PermissionSet]], tx: Transaction) -> None:
    """Who was ever permitted may hold data of the client; what held before an open incident counts for it."""
    permitted = [each.event for each in said if each.event.standing is Standing.PERMITTED]
    columns = (
        [each.client_id for each in permitted],
        [each.subprocessor_id for each in permitted],
        [each.permitted_from for each in permitted],
    )
    await directory_store.note_permitted(tx, *columns)
    for incident_id, those in (await late_store.load_missed(tx, *columns)).items():
        tx.cause = said[0].cause
        await _join(app, incident_id, Scope(client_ids=those), "it let the sub-processor work before", tx)


@router.on(HolderDeclared)
async def on_holder_declared(app: Bound, declared: HolderDeclared, tx: Transaction) -> None:
    """A system that holds data, the processor's own or a sub-processor's; open incidents may have named it before."""
    own = declared.kind is HolderKind.INTERNAL
    subprocessor_id = None if own else declared.subprocessor_id or declared.holder_id
    await directory_store.save_system(tx, declared.holder_id, declared.name, subprocessor_id)
    await late_store.set_resolved(tx, f"system/{declared.holder_id}")
    for incident_id in await late_store.load_naming_system(tx, declared.holder_id):
        scope = Scope(systems=(declared.holder_id,))
        await _join(app, incident_id, scope, "the system was named before it was declared", tx)
