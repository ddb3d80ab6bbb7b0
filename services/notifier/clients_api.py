"""The client directory: who is told, and where (§3.1, §15)."""

from fastapi import APIRouter

from chassis.asking import Cursor, PathId, Reading, Running, found, page_of
from chassis.http import Authenticated, Limit
from chassis.pages import Page
from chassis.rights import Right
from notifier import clients, directory
from notifier.asking import App, id_of
from notifier.views import ClientView, ContactBody, ContactPeriod, ContactView

router = APIRouter(tags=["clients"])


@router.get("/clients", summary="Every client")
async def read_clients(
    caller: Authenticated, app: App, pool: Reading, running: Running, cursor: Cursor = None, limit: Limit = 100
) -> Page[ClientView]:
    """For staff, in the order of their ids."""
    caller.require(Right.SEE_ALL_CLIENTS)
    items = await clients.clients(pool, on=app.today(running.clock.now()), after=id_of(cursor), limit=limit + 1)
    return page_of([(client, (client.client_id,)) for client in items], limit)


@router.get("/clients/{client_id}", summary="One client, with the contact in force")
async def read_client(
    client_id: PathId, caller: Authenticated, app: App, pool: Reading, running: Running
) -> ClientView:
    """A client sees itself."""
    caller.require(Right.SEE_DELIVERIES)
    caller.require_client(client_id)
    return found(await clients.client(pool, client_id, app.today(running.clock.now())))


@router.get("/clients/{client_id}/contacts", summary="Every contact that a client had")
async def read_contacts(client_id: PathId, caller: Authenticated, pool: Reading) -> list[ContactPeriod]:
    """The newest first, each with its time."""
    caller.require(Right.SEE_DELIVERIES)
    caller.require_client(client_id)
    return found(await clients.contacts(pool, client_id) or None)


@router.put("/clients/{client_id}/contact", summary="Change the contact")
async def change_contact(
    client_id: PathId, body: ContactBody, caller: Authenticated, app: App, running: Running
) -> ClientView:
    """From now on notices go there (§15); earlier ones keep the address that they were sent to."""
    caller.require(Right.MANAGE_CONTACTS)
    caller.require_client(client_id)
    async with running.processor.transaction() as tx:
        client = found(await clients.client(tx.connection, client_id, app.today(tx.now)))
        if client.contact != ContactView(**body.model_dump(mode="json")):
            await directory.change_contact(tx, client_id, body.contact())
            client = found(await clients.client(tx.connection, client_id, app.today(tx.now)))
    return client
