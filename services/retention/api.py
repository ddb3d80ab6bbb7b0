"""What retention answers people, each what it may see: ends of contracts and their plans first of all (§8.3, §12)."""

from http import HTTPStatus
from typing import Annotated, Final

from fastapi import APIRouter, Depends, FastAPI, Query, Request, Response

from agreement.deadlines import local_date
from chassis.asking import Cursor, PathId, Reading, Running, found, page_of, whose
from chassis.http import Authenticated, Limit, create_api
from chassis.message import NOBODY
from chassis.pages import Page, decode_cursor, form, table
from chassis.problems import Problem
from chassis.rights import Right
from chassis.service import Runtime
from chassis.transaction import Transaction
from contracts.choice import ChoiceMade, Recipient
from contracts.event import Id
from retention import client_store, due, holds_api, orders_api, proof_api, queries, returns_api, termination_store
from retention.asking import Once, app_of
from retention.decisions import meant, unclear
from retention.finding import Finder
from retention.simulation import simulate
from retention.terminations import Stage
from retention.views import (
    ChoiceBody,
    LineView,
    PlanAnswer,
    SimulationAnswer,
    SimulationBody,
    TerminationView,
)

VERSION: Final = "1.0"
_DESCRIPTION: Final = """
What becomes of a client's data when its contract ends, and day by day. Plans with their dates and reasons, clients'
choices, packages to fetch, holds, orders to holders and their answers, certificates. A client's token reaches that
client's records; another's do not exist for it. Every post takes an `Idempotency-Key`.
"""
router = APIRouter(tags=["terminations"])


def build(app: Finder, runtime: Runtime) -> FastAPI:
    """Retention's HTTP API."""
    api = create_api("Retention", VERSION, runtime.access, _DESCRIPTION)
    api.state.app = app
    api.state.runtime = runtime
    for part in (router, returns_api.router, holds_api.router, orders_api.router, proof_api.router):
        api.include_router(part)
    due.deadlines(runtime).add(api)
    return api


@router.get("/terminations", summary="Ends of contracts, the newest first")
async def read_terminations(
    *,
    caller: Authenticated,
    pool: Reading,
    client_id: Annotated[Id | None, Query(description="for staff: one client; all where it is missing")] = None,
    stage: Stage | None = None,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> Page[TerminationView]:
    """§8.3: which are planned, asked about, returning, deleting, complete."""
    caller.require(Right.SEE_TERMINATIONS)
    before = decode_cursor(cursor, int)
    placed = await queries.terminations(
        pool,
        client_id=whose(caller, client_id),
        stage=stage,
        before=int(before[0]) if before else None,
        limit=limit + 1,
    )
    return page_of(placed, limit)


@router.get("/clients/{client_id}/termination", summary="The end of a client's contract, with its plan")
async def read_termination(client_id: PathId, caller: Authenticated, pool: Reading) -> PlanAnswer:
    """§8.3: what happens to each category at each holder, when and why, and how far it is."""
    caller.require(Right.SEE_TERMINATIONS)
    caller.require_client(client_id)
    return found(await queries.plan(pool, client_id))


@router.get(
    "/clients/{client_id}/plan",
    summary="The plan as a table",
    responses={200: {"model": list[LineView], "content": {"text/csv": {}, "text/html": {}}}},
    dependencies=[Depends(form)],
)
async def read_plan(request: Request, client_id: PathId, caller: Authenticated, pool: Reading) -> Response:
    """§8.3: as JSON, as CSV or, for a browser, as a page."""
    caller.require(Right.SEE_TERMINATIONS)
    caller.require_client(client_id)
    plan = found(await queries.plan(pool, client_id))
    lines = [line for each in (plan, *plan.earlier) for line in each.lines]
    rows = [list(line.model_dump(mode="json").values()) for line in lines]
    return table(request, f"Plan of {client_id}, ended on {plan.terminated_on}", list(LineView.model_fields), rows)


@router.post("/clients/{client_id}/choice", status_code=HTTPStatus.CREATED, summary="Choose return or deletion")
async def choose(
    client_id: PathId, body: ChoiceBody, caller: Authenticated, running: Running, cause: Once
) -> PlanAnswer:
    """§8.3: carried out at once, or on the contract's last day; the answer is the end that it is for.

    409 where it comes too late or about nothing, or where several ends wait for a choice and it names none of them.
    """
    caller.require(Right.CHOOSE)
    caller.require_client(client_id)
    found(await queries.knows(running.pool, client_id) or None)
    recipient = body.recipient
    made = ChoiceMade(
        client_id=client_id,
        choice=body.choice,
        made_by=caller.subject,
        received_at=running.clock.now(),
        recipient=Recipient(encryption=recipient.encryption, public_key=recipient.public_key) if recipient else None,
        termination_id=body.termination_id,
    )
    await running.processor.submit(made, cause)
    plan = await queries.plan(running.pool, client_id)
    termination_id = await queries.chosen(running.pool, client_id, cause.id) or await _meant(running, made)
    for end in (plan, *plan.earlier) if plan is not None else ():
        if end.termination_id == termination_id and end.choice is body.choice:
            return end
        if end.termination_id == termination_id and end.stage is not Stage.REINSTATED:
            raise Problem(HTTPStatus.CONFLICT, f"it is too late: {end.choice} is being carried out")
    raise Problem(HTTPStatus.CONFLICT, "the contract has not ended: there is nothing to choose")


async def _meant(running: Runtime, made: ChoiceMade) -> str:
    """The end that a choice is for, which was refused; 409 where that isn't clear."""
    async with running.pool.acquire() as connection, connection.transaction(readonly=True):
        tx = Transaction(connection, "choice", made.received_at, NOBODY)
        ends = meant([end for end, _ in await termination_store.load_all(tx, made.client_id)], made)
    if len(ends) != 1:
        raise Problem(HTTPStatus.CONFLICT, unclear(made, ends))
    return ends[0].termination_id


@router.post("/simulations", summary="What if a contract ended")
async def read_simulation(
    body: SimulationBody, request: Request, caller: Authenticated, running: Running
) -> SimulationAnswer:
    """§8.3: who would cease, what would be deleted, returned or held, and when; nothing is stored."""
    caller.require(Right.SIMULATE)
    async with running.pool.acquire() as connection, connection.transaction(isolation="repeatable_read", readonly=True):
        tx = Transaction(connection, "simulation", running.clock.now(), NOBODY)
        book = app_of(request).book
        client = found(await client_store.load_client(tx, body.client_id, local_date(book.latest, tx.now)))
        return await simulate(book[client.signed], body, tx)
