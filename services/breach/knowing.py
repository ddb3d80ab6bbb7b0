"""What the service hears of clients, sub-processors and systems, so that it can tell who is affected (SUB-7)."""

from collections.abc import Sequence

from agreement.book import Signed
from breach import directory_store, scope_store, scoping
from breach.bound import Bound
from breach.finding import locked
from breach.scope_store import Scope
from chassis.errors import Rejected
from chassis.message import Message
from chassis.router import Router
from chassis.transaction import Transaction
from contracts.change import ChangeAnnounced, ChangeCorrected
from contracts.client import ClientAmended, ClientSigned
from contracts.holder import HolderDeclared, HolderKind
from contracts.permission import PermissionSet, Standing
from contracts.retention import RetentionCertified

router = Router()


@router.on(ClientSigned)
async def on_client_signed(app: Bound, signed: ClientSigned, tx: Transaction) -> None:
    """A client, and the version that binds it; incidents that named it before it was known affect it now."""
    version = Signed(signed.agreement_id, signed.agreement_version)
    app.book[version]  # of an unknown version `AgreementUnknown` tells the publisher
    await directory_store.save_client(tx, signed.client_id, signed.name, version)
    for incident_id in await scope_store.take_waiting(tx, signed.client_id):
        incident = await locked(tx, incident_id)
        scope = Scope(client_ids=(signed.client_id,))
        await scoping.widen(app, incident, scope, "breach", "it was named before it was known", tx)


@router.on(ClientAmended)
async def on_client_amended(app: Bound, amended: ClientAmended, tx: Transaction) -> None:
    """Another version binds the client (§15)."""
    agreement_id = await directory_store.load_agreement(tx, amended.client_id)
    if agreement_id is None:
        raise Rejected(f"client {amended.client_id!r} is unknown: publish client.signed first", "client_id")
    app.book.of(agreement_id, amended.agreement_version)
    await directory_store.bind(tx, amended.client_id, amended.agreement_version)


@router.on(RetentionCertified)
async def on_certified(app: Bound, certified: RetentionCertified, tx: Transaction) -> None:  # noqa: ARG001 - the form of every handler
    """What is certified to be deleted can't be breached any more (§8.3)."""
    if certified.complete:
        await directory_store.set_gone(tx, certified.client_id, tx.now)


@router.on(ChangeAnnounced)
async def on_change_announced(app: Bound, announced: ChangeAnnounced, tx: Transaction) -> None:  # noqa: ARG001 - as above
    """A sub-processor."""
    await directory_store.save_subprocessor(tx, announced.subprocessor_id, announced.facts.name)


@router.on(ChangeCorrected)
async def on_change_corrected(app: Bound, corrected: ChangeCorrected, tx: Transaction) -> None:  # noqa: ARG001 - as above
    """It may be called otherwise."""
    await directory_store.save_subprocessor(tx, corrected.subprocessor_id, corrected.facts.name)


@router.on_batch(PermissionSet)
async def on_permissions_set(app: Bound, said: Sequence[Message[PermissionSet]], tx: Transaction) -> None:
    """Who was ever permitted may hold data of the client; what held before an open incident counts for it."""
    permitted = [each.event for each in said if each.event.standing is Standing.PERMITTED]
    client_ids = [each.client_id for each in permitted]
    subprocessor_ids = [each.subprocessor_id for each in permitted]
    await directory_store.note_permitted(tx, client_ids, subprocessor_ids)
    since = [each.permitted_from for each in permitted]
    missed = await scope_store.load_missed(tx, client_ids, subprocessor_ids, since)
    for incident_id, those in missed.items():
        tx.cause = said[0].cause
        incident = await locked(tx, incident_id)
        await scoping.widen(
            app, incident, Scope(client_ids=those), "breach", "it let the sub-processor work before", tx
        )


@router.on(HolderDeclared)
async def on_holder_declared(app: Bound, declared: HolderDeclared, tx: Transaction) -> None:  # noqa: ARG001 - as above
    """A system that holds data: the processor's own, or a sub-processor's."""
    own = declared.kind is HolderKind.INTERNAL
    subprocessor_id = None if own else declared.subprocessor_id or declared.holder_id
    await directory_store.save_system(tx, declared.holder_id, declared.name, subprocessor_id)
