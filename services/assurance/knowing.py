"""What the service hears of clients: what binds them, whether they compete, when they leave, what they were told of."""

from agreement.book import Signed
from agreement.deadlines import require_day
from assurance import client_store, matter_store
from assurance.bound import Bound
from chassis.errors import Rejected
from chassis.router import Router
from chassis.transaction import Transaction
from contracts.client import ClientAmended, ClientCompetitorMarked, ClientSigned
from contracts.contract import ContractTerminated
from contracts.incident import IncidentNoticeOrdered
from contracts.retention import RetentionReinstated

router = Router()


@router.on(ClientSigned)
async def on_client_signed(app: Bound, signed: ClientSigned, tx: Transaction) -> None:
    """A client, and the version that binds it from a day on (§15)."""
    version = Signed(signed.agreement_id, signed.agreement_version)
    require_day(app.book[version], signed.signed_on)
    await client_store.save_client(tx, signed.client_id, signed.name, version, signed.signed_on)
    if signed.contract_ends_on is None:
        await client_store.forget_ending(tx, signed.client_id)
    else:
        await client_store.set_ending(tx, signed.client_id, signed.contract_ends_on)


@router.on(ClientAmended)
async def on_client_amended(app: Bound, amended: ClientAmended, tx: Transaction) -> None:
    """Another version binds the client from its signature on (§15)."""
    client = await client_store.lock_client(tx, amended.client_id, amended.signed_on)
    if client is None:
        raise unknown(amended.client_id)
    agreement = app.book.of(client.signed.agreement_id, amended.agreement_version)
    require_day(agreement, amended.signed_on)
    await client_store.sign(tx, amended.client_id, Signed(agreement.id, agreement.version), amended.signed_on)


@router.on(ClientCompetitorMarked)
async def on_competitor_marked(app: Bound, marked: ClientCompetitorMarked, tx: Transaction) -> None:  # noqa: ARG001 - the form of every handler
    """§7: nothing of information and audits is for competitors; the mark can be lifted."""
    if not await client_store.mark_competitor(tx, marked.client_id, marked.reason if marked.competitor else None):
        raise unknown(marked.client_id)
    await matter_store.note(tx, marked.client_id, "competitor", marked.client_id, marked)


@router.on(ContractTerminated)
async def on_contract_terminated(app: Bound, terminated: ContractTerminated, tx: Transaction) -> None:  # noqa: ARG001 - as above
    """§7: audits are held during the term."""
    await client_store.set_ending(tx, terminated.client_id, terminated.terminated_on)


@router.on(RetentionReinstated)
async def on_reinstated(app: Bound, reinstated: RetentionReinstated, tx: Transaction) -> None:  # noqa: ARG001 - as above
    """The contract goes on after all (§8.3)."""
    await client_store.forget_ending(tx, reinstated.client_id)


@router.on(IncidentNoticeOrdered)
async def on_breach_told(app: Bound, order: IncidentNoticeOrdered, tx: Transaction) -> None:  # noqa: ARG001 - as above
    """§7: a breach of personal data that a client is told of opens the way to an audit."""
    await client_store.note_breach(tx, order.about, order.client_ids, tx.now)


def unknown(client_id: str) -> Rejected:
    """A client that nobody announced."""
    return Rejected(f"client {client_id!r} is unknown: publish client.signed first", "client_id")
