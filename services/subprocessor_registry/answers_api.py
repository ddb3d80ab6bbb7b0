"""What clients say about a change, and what is offered to them: asked for, and entered (§4.4)."""

from http import HTTPStatus

from fastapi import APIRouter

from chassis.asking import Cursor, PathId, Reading, Running, found, page_of, whose
from chassis.http import Authenticated, Limit
from chassis.pages import Page, decode_cursor
from chassis.problems import Problem
from chassis.rights import Right
from contracts.mitigation import MitigationAnswered, MitigationOffered
from contracts.objection import ObjectionRaised, ObjectionWithdrawn
from subprocessor_registry import answer_queries, change_queries
from subprocessor_registry.asking import Once, speaker
from subprocessor_registry.changes_api import see
from subprocessor_registry.views import (
    AnswerBody,
    MitigationView,
    ObjectionBody,
    ObjectionView,
    OfferBody,
    WithdrawalBody,
)

router = APIRouter(tags=["objections and mitigations"])


@router.get("/changes/{change_id}/objections", summary="The objections to a change")
async def read_objections(
    change_id: PathId, caller: Authenticated, pool: Reading, cursor: Cursor = None, limit: Limit = 100
) -> Page[ObjectionView]:
    """§4.4: accepted and refused ones in the order of their recording; a client sees its own."""
    caller.require(Right.SEE_CHANGES)
    await see(pool, caller, change_id)
    after = decode_cursor(cursor, int)
    placed = await answer_queries.objections(
        pool, change_id, whose(caller, None), int(after[0]) if after else 0, limit + 1
    )
    return page_of([(objection, (seq,)) for seq, objection in placed], limit)


@router.get("/changes/{change_id}/mitigations", summary="What was offered against objections to a change")
async def read_mitigations(
    change_id: PathId, caller: Authenticated, pool: Reading, cursor: Cursor = None, limit: Limit = 100
) -> Page[MitigationView]:
    """§4.4: the offers and their answers; a client sees its own."""
    caller.require(Right.SEE_CHANGES)
    await see(pool, caller, change_id)
    after = decode_cursor(cursor, int)
    placed = await answer_queries.mitigations(
        pool, change_id, whose(caller, None), int(after[0]) if after else 0, limit + 1
    )
    return page_of([(mitigation, (seq,)) for seq, mitigation in placed], limit)


@router.post("/changes/{change_id}/objections", status_code=HTTPStatus.CREATED, summary="Object to a change")
async def object_to(
    change_id: PathId, body: ObjectionBody, caller: Authenticated, running: Running, cause: Once
) -> ObjectionView:
    """§4.4: recorded whatever it says; the answer tells whether it was accepted, or why not."""
    caller.require(Right.OBJECT)
    client_id = speaker(caller, body.client_id)
    found(await change_queries.standing(running.pool, change_id, client_id))
    objection = ObjectionRaised(
        objection_id=cause.derive("objection"),
        change_id=change_id,
        client_id=client_id,
        received_at=running.clock.now(),
        ground=body.ground,
        statement=body.statement,
    )
    await running.processor.submit(objection, cause)
    return found(await answer_queries.objection(running.pool, objection))


@router.post(
    "/changes/{change_id}/objections/withdrawal", status_code=HTTPStatus.CREATED, summary="Take an objection back"
)
async def take_back(
    change_id: PathId, body: WithdrawalBody, caller: Authenticated, running: Running, cause: Once
) -> ObjectionView:
    """§4.4: the accepted objection is withdrawn; 409 where there is none that is open."""
    caller.require(Right.OBJECT)
    client_id = speaker(caller, body.client_id)
    found(await change_queries.standing(running.pool, change_id, client_id))
    withdrawn = ObjectionWithdrawn(change_id=change_id, client_id=client_id, received_at=running.clock.now())
    fresh = await running.processor.submit(withdrawn, cause)
    recorded = await answer_queries.last_withdrawn(running.pool, change_id, client_id)
    if recorded is None or (fresh and recorded.withdrawn_at != withdrawn.received_at):
        raise Problem(HTTPStatus.CONFLICT, "there is no open objection of this client to take back")
    return recorded


@router.post("/changes/{change_id}/mitigations", status_code=HTTPStatus.CREATED, summary="Offer a mitigation")
async def offer(
    change_id: PathId, body: OfferBody, caller: Authenticated, running: Running, cause: Once
) -> MitigationView:
    """§4.4: an alternative or another configuration for a client that objected; 409 where it answers no objection."""
    caller.require(Right.OFFER_MITIGATION)
    client_id = speaker(caller, body.client_id)
    found(await change_queries.standing(running.pool, change_id, client_id))
    offered = MitigationOffered(
        mitigation_id=cause.derive("mitigation"),
        change_id=change_id,
        client_id=client_id,
        kind=body.kind,
        description=body.description,
        offered_by=caller.subject,
    )
    await running.processor.submit(offered, cause)
    recorded = await answer_queries.mitigation(running.pool, offered.mitigation_id)
    if recorded is None:
        standing = found(await change_queries.standing(running.pool, change_id, client_id))
        reason = "an offer answers an accepted objection, one at a time: this client stands at"
        raise Problem(HTTPStatus.CONFLICT, f"{reason} {standing.status}")
    return recorded


@router.post("/mitigations/{mitigation_id}/answer", status_code=HTTPStatus.CREATED, summary="Answer an offer")
async def answer(
    mitigation_id: PathId, body: AnswerBody, caller: Authenticated, running: Running, cause: Once
) -> MitigationView:
    """§4.4: the client accepts the offer, or stays with its objection; 409 where the offer is not open any more."""
    caller.require(Right.ANSWER_MITIGATION)
    offered = found(await answer_queries.mitigation(running.pool, mitigation_id))
    caller.require_client(offered.client_id)
    answered = MitigationAnswered(
        mitigation_id=mitigation_id,
        change_id=offered.change_id,
        client_id=offered.client_id,
        accepted=body.accepted,
        received_at=running.clock.now(),
    )
    fresh = await running.processor.submit(answered, cause)
    recorded = found(await answer_queries.mitigation(running.pool, mitigation_id))
    if fresh and recorded.answered_at != answered.received_at:
        raise Problem(HTTPStatus.CONFLICT, f"the offer {mitigation_id} is not open")
    return recorded
