"""What the service hears of clients, so that it can tell whose data a request is about."""

from agreement.book import Signed
from chassis.errors import Rejected
from chassis.router import Router
from chassis.transaction import Transaction
from contracts.client import ClientAmended, ClientContactChanged, ClientSigned
from requests_desk import client_store, finding, matching, request_store
from requests_desk.bound import Bound
from requests_desk.matching import Known
from requests_desk.telling import match

router = Router()


@router.on(ClientSigned)
async def on_client_signed(app: Bound, signed: ClientSigned, tx: Transaction) -> None:
    """A client, and the version that binds it; requests that named it before it was known are its own now."""
    version = Signed(signed.agreement_id, signed.agreement_version)
    app.book[version]  # of an unknown version `AgreementUnknown` tells the publisher
    known = Known(
        signed.client_id, matching.called(signed.name), matching.words(signed.name), _domain(signed.contact.email)
    )
    await client_store.save_client(tx, known, signed.name, version)
    for request_id in await request_store.load_named(tx, signed.client_id):
        request = await finding.locked_request(tx, request_id)
        if request.client_id is None and not request.status.is_over:
            await match(app, request, signed.client_id, "requests", "it was named before it was known", tx)


@router.on(ClientAmended)
async def on_client_amended(app: Bound, amended: ClientAmended, tx: Transaction) -> None:
    """Another version binds the client (§15)."""
    signed = await client_store.load_signed(tx, amended.client_id)
    if signed is None:
        raise _unknown(amended.client_id)
    app.book.of(signed.agreement_id, amended.agreement_version)
    await client_store.bind(tx, amended.client_id, amended.agreement_version)


@router.on(ClientContactChanged)
async def on_contact_changed(app: Bound, changed: ClientContactChanged, tx: Transaction) -> None:  # noqa: ARG001 - the form of every handler
    """Its contact writes from elsewhere."""
    if await client_store.load_signed(tx, changed.client_id) is None:
        raise _unknown(changed.client_id)
    await client_store.set_domain(tx, changed.client_id, _domain(changed.contact.email))


def _domain(email: str) -> str:
    return email.rpartition("@")[2].casefold()


def _unknown(client_id: str) -> Rejected:
    return Rejected(f"client {client_id!r} is unknown: publish client.signed first", "client_id")
