"""What an SRE asks any service: which events followed from one, what is to come of it, and what was handled when."""

from datetime import datetime
from typing import Annotated, Final, Literal

from fastapi import APIRouter, FastAPI, Query
from pydantic import BaseModel, Field

from chassis import trail
from chassis.database import Pool
from chassis.http import Authenticated
from chassis.rights import Right
from chassis.trail import Step

_ASKED: Final = 5000
AnyId = Annotated[str, Query(min_length=1, max_length=500, pattern=r"^[^\x00]*$")]
_LAST: Final = 2**63 - 1


class StepView(BaseModel):
    """An event that this service said, or will say; a `dead-letter` is a message that it set aside."""

    event_id: str
    type: str
    key: str
    cause_source: str
    cause_id: str = Field(description="of the event, or of the request, that it followed from")
    stands: Literal["published", "waiting", "to come"]
    at: datetime = Field(description="published then, waits for the bus since then, or is to come then")


class FlowsAnswer(BaseModel):
    """The flows that an id belongs to, as far as this service had a part in them."""

    service: str
    flows: list[str]


class TrailAnswer(BaseModel):
    """A part of a flow in the order in which it was said; `next` is where the following part begins."""

    service: str
    steps: list[StepView]
    next: int | None


class MessageId(BaseModel):
    """What CloudEvents makes unique."""

    source: str = Field(max_length=1000)
    id: str = Field(max_length=500)


class HeardView(MessageId):
    """A message that this service handled."""

    at: datetime


class HeardAnswer(BaseModel):
    """Those of the messages that this service handled, and has not forgotten."""

    service: str
    heard: list[HeardView]


def add_trail(api: FastAPI, service: str, pool: Pool) -> None:
    """Add `/trail/...`; the processor's staff alone may ask, for a flow may concern many clients."""
    router = APIRouter(prefix="/trail", tags=["trail"])

    @router.get("/flows", summary="The flows that an id belongs to")
    async def flows(caller: Authenticated, any_id: Annotated[AnyId, Query(alias="id")]) -> FlowsAnswer:
        """Of an event, of what caused one, or of a flow."""
        caller.require(Right.SEE_ALL_CLIENTS)
        return FlowsAnswer(service=service, flows=await trail.flows_of(pool, any_id))

    @router.get("/steps", summary="What was said in a flow, and what is to come")
    async def steps(
        caller: Authenticated, flow: AnyId, after: Annotated[int, Query(ge=0, le=_LAST)] = 0
    ) -> TrailAnswer:
        """What the bus has, part by part; with the first part, what waits for it and what waits for its day."""
        caller.require(Right.SEE_ALL_CLIENTS)
        part = await trail.published(pool, flow, after)
        ahead = [] if after else await trail.unpublished(pool, flow)
        return TrailAnswer(
            service=service,
            steps=[_view(step) for step in (*part.steps, *ahead)],
            next=part.block,
        )

    @router.post("/heard", summary="When messages were handled")
    async def heard(
        caller: Authenticated, messages: Annotated[list[MessageId], Field(max_length=_ASKED)]
    ) -> HeardAnswer:
        """Changes nothing; a message that isn't in the answer was not handled here, or is forgotten."""
        caller.require(Right.SEE_ALL_CLIENTS)
        found = await trail.heard(pool, [(message.source, message.id) for message in messages])
        views = [HeardView(source=source, id=message_id, at=at) for (source, message_id), at in found.items()]
        return HeardAnswer(service=service, heard=views)

    api.include_router(router)


def _view(step: Step) -> StepView:
    said = step.said
    return StepView(
        event_id=said.event_id,
        type=said.type,
        key=said.key,
        cause_source=said.cause_source,
        cause_id=said.cause_id,
        stands=step.stands,
        at=step.at,
    )
