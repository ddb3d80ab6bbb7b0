"""Webhook endpoints: where a client takes its notices, and the secrets by which it knows them (§15)."""

from datetime import timedelta
from http import HTTPStatus
from typing import Final

from fastapi import APIRouter, Response

from chassis.asking import PathId, Reading, Running, found
from chassis.http import Authenticated
from chassis.problems import FieldProblem, Problem
from chassis.rights import Caller, Right
from chassis.transaction import Transaction
from notifier import clients, endpoints, outcomes, store
from notifier.addresses import AddressRefused, check_url
from notifier.asking import App, Once
from notifier.signatures import new_secret
from notifier.views import EndpointBody, EndpointSecret, EndpointView, RotationBody
from notifier.webhooks import WebhookSettings

router = APIRouter(tags=["endpoints"])
_SECRETS: Final = 4  # in force at once: each is one more signature in every webhook's header
_ONCE: Final = "keep the secret: it is shown this once"
_NOT_YET: Final = "this client is not known yet: nothing is sent here until its client.signed is heard"
_SHOWN: Final = "the secret was shown in the first answer to this Idempotency-Key; rotate it if it is lost"


@router.get("/clients/{client_id}/endpoints", summary="A client's endpoints")
async def read_endpoints(
    client_id: PathId, caller: Authenticated, pool: Reading, running: Running
) -> list[EndpointView]:
    """The disabled ones too, the oldest first."""
    caller.require(Right.SEE_DELIVERIES)
    caller.require_client(client_id)
    return await endpoints.of_client(pool, client_id, running.clock.now())


@router.post("/clients/{client_id}/endpoints", status_code=HTTPStatus.CREATED, summary="Register an endpoint")
async def register(
    client_id: PathId, body: EndpointBody, caller: Authenticated, app: App, running: Running, cause: Once
) -> EndpointSecret:
    """The next notices go there; it may be registered before the client's signature is heard, which the note says then.

    422 for an address that leads inside, with the reason.
    """
    caller.require(Right.MANAGE_ENDPOINTS)
    caller.require_client(client_id)
    _check(body.url, app.settings.webhooks)
    endpoint_id, secret = f"ep_{cause.derive('endpoint')}", new_secret()
    async with running.processor.transaction(cause, [cause.inbox_key]) as tx:
        fresh = bool(tx.new) and await endpoints.register(tx, endpoint_id, client_id, body.url, body.description)
        if fresh:
            await endpoints.add_secret(tx, endpoint_id, secret, app.secrets.close(endpoint_id, secret))
        endpoint = found(await endpoints.one(tx.connection, endpoint_id, tx.now))
        known = await clients.client(tx.connection, client_id, app.today(tx.now)) is not None
    if (endpoint.url, endpoint.description) != (body.url, body.description):
        raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, "this Idempotency-Key was used for another endpoint")
    answer = _answer(endpoint, secret if fresh else None)
    return answer if known else answer.model_copy(update={"note": f"{answer.note}; {_NOT_YET}"})


@router.get("/endpoints/{endpoint_id}", summary="One endpoint")
async def read_endpoint(endpoint_id: PathId, caller: Authenticated, pool: Reading, running: Running) -> EndpointView:
    """Without its secrets: no answer repeats one."""
    caller.require(Right.SEE_DELIVERIES)
    endpoint = found(await endpoints.one(pool, endpoint_id, running.clock.now()))
    caller.require_client(endpoint.client_id)
    return endpoint


@router.delete("/endpoints/{endpoint_id}", status_code=HTTPStatus.NO_CONTENT, summary="Disable an endpoint")
async def disable(endpoint_id: PathId, caller: Authenticated, app: App, running: Running) -> Response:
    """Nothing goes there any more; its history stays. A notice under way there alone goes to the next stage."""
    caller.require(Right.MANAGE_ENDPOINTS)
    async with running.processor.transaction() as tx:
        endpoint = await _lock(tx, caller, endpoint_id)
        if endpoint.disabled_at is None:
            ended = await endpoints.disable(tx, endpoint_id, f"disabled by {caller.subject}")
            await outcomes.escalate(
                tx, app.book, await store.unreceived_and_idle(tx, ended), "the endpoint was disabled"
            )
            await app.call_deliverer(tx)
    return Response(status_code=HTTPStatus.NO_CONTENT)


@router.post("/endpoints/{endpoint_id}/enable", summary="Enable a disabled endpoint")
async def enable(endpoint_id: PathId, caller: Authenticated, app: App, running: Running, cause: Once) -> EndpointView:
    """The next notices go there again; what failed meanwhile can be resent."""
    caller.require(Right.MANAGE_ENDPOINTS)
    async with running.processor.transaction(cause, [cause.inbox_key]) as tx:
        endpoint = await _lock(tx, caller, endpoint_id)
        _check(endpoint.url, app.settings.webhooks)
        if tx.new:
            await endpoints.enable(tx, endpoint_id)
        return found(await endpoints.one(tx.connection, endpoint_id, tx.now))


@router.post("/endpoints/{endpoint_id}/secret/rotation", status_code=HTTPStatus.CREATED, summary="Rotate the secret")
async def rotate(
    endpoint_id: PathId, body: RotationBody, caller: Authenticated, app: App, running: Running, cause: Once
) -> EndpointSecret:
    """A new secret signs from now on, the old one too for `overlap` hours: webhooks then carry both signatures."""
    caller.require(Right.MANAGE_ENDPOINTS)
    secret = new_secret()
    async with running.processor.transaction(cause, [cause.inbox_key]) as tx:
        await _lock(tx, caller, endpoint_id)
        fresh = bool(tx.new)
        if fresh:
            await endpoints.expire_secrets(tx, endpoint_id, tx.now + timedelta(hours=body.overlap))
            await _leave_room(tx, endpoint_id)
            await endpoints.add_secret(tx, endpoint_id, secret, app.secrets.close(endpoint_id, secret))
        endpoint = found(await endpoints.one(tx.connection, endpoint_id, tx.now))
    return _answer(endpoint, secret if fresh else None)


async def _lock(tx: Transaction, caller: Caller, endpoint_id: str) -> EndpointView:
    endpoint = found(await endpoints.locked(tx, endpoint_id))
    caller.require_client(endpoint.client_id)
    return endpoint


async def _leave_room(tx: Transaction, endpoint_id: str) -> None:
    if await endpoints.secrets_in_force(tx, endpoint_id) >= _SECRETS:
        raise Problem(HTTPStatus.CONFLICT, f"{_SECRETS} secrets sign already: wait for one to end, or take overlap 0")


def _check(url: str, settings: WebhookSettings) -> None:
    try:
        check_url(url, allow_loopback=settings.allow_loopback, allow_http=settings.allow_http)
    except AddressRefused as refused:
        wrong = [FieldProblem(field="url", message=refused.reason)]
        raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, f"url: {refused.reason}", errors=wrong) from None


def _answer(endpoint: EndpointView, secret: str | None) -> EndpointSecret:
    return EndpointSecret(endpoint=endpoint, secret=secret, note=_ONCE if secret else _SHOWN)
