"""A flow's records, asked of every service that answers; one that doesn't is named, and its part is missing."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from pydantic import BaseModel

from dutiful.everyone import Everyone
from dutiful.flow_tree import Delivery, Node, Step, grow, ordered

_ASKED_AT_ONCE: Final = 2000


class _Flows(BaseModel):
    flows: list[str]


class _Part(BaseModel):
    service: str
    steps: list[Step]
    next: int | None


class _Deliveries(BaseModel):
    items: list[Delivery]
    next: str | None


class _Message(BaseModel):
    source: str
    id: str
    at: datetime


class _Heard(BaseModel):
    service: str
    heard: list[_Message]


async def flow_of(services: Everyone, any_id: str) -> list[Node]:
    """The roots of every flow that an id belongs to, whole."""
    answers = await services.ask_all(_Flows, "/trail/flows", id=any_id)
    flows = sorted({flow for answer in answers for flow in answer.flows})
    parts = await asyncio.gather(*[_steps(services, url, flow) for url in services.urls for flow in flows])
    steps = [step for part in parts for step in part]
    roots = grow(steps, await _deliveries(services, ordered(steps)))
    await _see_who_heard(services, roots)
    return roots


async def _steps(services: Everyone, url: str, flow: str) -> list[Step]:
    steps: list[Step] = []
    after: int | None = 0
    while after is not None:
        part = await services.ask(_Part, url, "/trail/steps", flow=flow, after=str(after))
        if part is None:
            break
        steps += [step.model_copy(update={"service": part.service}) for step in part.steps]
        after = part.next
    return steps


async def _deliveries(services: Everyone, orders: Sequence[str]) -> dict[str, Sequence[Delivery]]:
    """By the order that they carry out; the notifier alone has any."""
    found: dict[str, Sequence[Delivery]] = {}
    for url in services.urls:
        for order_id in orders if await services.ask(_Deliveries, url, "/deliveries", limit="1") else ():
            found[order_id] = await _deliveries_of(services, url, order_id)
    return found


async def _deliveries_of(services: Everyone, url: str, order_id: str) -> list[Delivery]:
    found: list[Delivery] = []
    query = {"order_id": order_id, "limit": "500"}
    while page := await services.ask(_Deliveries, url, "/deliveries", **query):
        found += page.items
        if page.next is None:
            break
        query["cursor"] = page.next
    return found


async def _see_who_heard(services: Everyone, roots: Sequence[Node]) -> None:
    """Which service handled what, and when."""
    messages = {(node.source, node.id): node for root in roots for _, node in root.walk() if node.source}
    asked = [{"source": source, "id": message_id} for source, message_id in messages]
    for first in range(0, len(asked), _ASKED_AT_ONCE):
        for answer in await services.ask_all(_Heard, "/trail/heard", asked[first : first + _ASKED_AT_ONCE]):
            for heard in answer.heard:
                messages[heard.source, heard.id].heard.append((answer.service, heard.at))
