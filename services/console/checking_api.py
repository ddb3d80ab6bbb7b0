"""The key that verifies, and whether the record still holds all that was ever signed of it."""

from datetime import datetime
from typing import TYPE_CHECKING

from fastapi import APIRouter, Request
from fastapi.responses import PlainTextResponse
from pydantic import BaseModel

from chassis.asking import Reading
from chassis.http import Authenticated, Limit
from chassis.rights import Right
from console import queries, seal_store
from console.seal_store import Contradiction

if TYPE_CHECKING:
    from console.app import Console

router = APIRouter(tags=["checking"])


class CheckAnswer(BaseModel):
    """Since when the record is complete, and every signed head that it does not hold."""

    complete_from: datetime
    contradicted: list[Contradiction]


@router.get("/record/key", summary="The public key that verifies heads and exports", response_class=PlainTextResponse)
async def read_key(caller: Authenticated, request: Request) -> PlainTextResponse:
    """In PEM. Take it once, by another way than the exports that it is to verify."""
    caller.require(Right.SEE_EVIDENCE)
    app: Console = request.app.state.app
    return PlainTextResponse(app.signer.public_pem, media_type="application/x-pem-file")


@router.get("/record/check", summary="Signed heads that the record does not hold")
async def check(caller: Authenticated, pool: Reading, limit: Limit = 100) -> CheckAnswer:
    """Of all clients; none, unless a backup was restored or something was rewritten."""
    caller.require(Right.SEE_EVIDENCE)
    caller.require(Right.SEE_ALL_CLIENTS)
    return CheckAnswer(
        complete_from=await queries.begun_at(pool), contradicted=await seal_store.contradictions(pool, limit)
    )
