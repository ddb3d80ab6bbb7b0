"""A table of what people may say becomes the API's operations: each an event, checked as `dutiful emit` checks."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, JsonValue, TypeAdapter, ValidationError
from pydantic_core import from_json, to_json

from assurance import queries
from assurance.matter_store import cause_of
from chassis.asking import Running, word_of
from chassis.errors import Rejected
from chassis.http import IdempotencyKey, Identified
from chassis.message import Cause
from chassis.problems import FieldProblem, Problem, nothing_here
from chassis.rights import Caller, Right
from contracts.event import Event
from contracts.evidence import Side
from contracts.wording import in_plain_words


async def _word(request: Request, caller: Identified, key: IdempotencyKey) -> Cause:
    return await word_of(request, caller, key, "assurance")


Once = Annotated[Cause, Depends(_word)]
"""A person's word: it has one id however often it is sent under its key; one client's keys never meet another's."""

Json = dict[str, JsonValue]
Answering = Callable[[Request, Caller, Event], Awaitable[BaseModel]]
_OBJECT: Final = TypeAdapter(Json)
_CLOCK: Final = frozenset({"received_at", "begun_at"})
"""When something came: for a client it is now; who enters a letter may say when it came."""


@dataclass(frozen=True, slots=True)
class Act:
    """What one may say at a path: the event that it is, and the rights of which one is needed.

    The path's parameters, who speaks and (with `sided`) for which party are the event's fields; the body has the rest.
    """

    path: str
    said: type[Event]
    rights: tuple[Right, ...]
    summary: str
    sided: bool = False
    unbound: bool = False
    """Whether staff may say it before they are bound to confidentiality: it reaches no client's record."""

    @property
    def filled(self) -> set[str]:
        """The fields that no body has."""
        in_path = {part[1:-1] for part in self.path.split("/") if part.startswith("{")}
        return in_path | {"said_by"} | ({"side"} if self.sided else set())


def add_acts(router: APIRouter, acts: Sequence[Act], answering: Answering, shape: type[BaseModel]) -> None:
    """Give `router` an operation per act, which answers with what `answering` reads afterwards."""
    for act in acts:
        router.add_api_route(
            act.path,
            _operation(act, answering),
            methods=["POST"],
            status_code=HTTPStatus.CREATED,
            response_model=shape,
            summary=act.summary,
            name=act.said.__name__,
            openapi_extra={
                "requestBody": {"required": True, "content": {"application/json": {"schema": schema_of(act)}}},
                "parameters": [_parameter(name) for name in sorted(act.filled - {"said_by", "side"})],
            },
        )


def _operation(act: Act, answering: Answering) -> Callable[..., Awaitable[BaseModel]]:
    async def say(request: Request, caller: Identified, running: Running, cause: Once) -> BaseModel:
        if not act.unbound:
            await running.access.require_undertaking(caller)
        _allow(act, caller, request)
        event = event_of(
            act, await request.body(), _filled(act, caller, request), running, by_client=not caller.role.is_staff
        )
        await _submit(running, event, cause, request)
        return await answering(request, caller, event)

    say.__doc__ = act.said.__doc__
    return say


def _allow(act: Act, caller: Caller, request: Request) -> None:
    if not any(caller.may(right) for right in act.rights):
        caller.require(act.rights[0])
    client_id = request.path_params.get("client_id")
    if client_id is not None:
        caller.require_client(client_id)


def _filled(act: Act, caller: Caller, request: Request) -> Json:
    side = {"side": Side.PROCESSOR if caller.role.is_staff else Side.CLIENT} if act.sided else {}
    return {**request.path_params, "said_by": caller.subject, **side}


def event_of(act: Act, body: bytes, filled: Json, running: Running, *, by_client: bool = False) -> Event:
    """The event that a body is, with what the path, the token and the clock say; a problem names each wrong field."""
    try:
        said = _OBJECT.validate_python(from_json(body or b"{}"))
    except ValueError:
        raise Problem(HTTPStatus.BAD_REQUEST, "the body is no JSON object") from None
    clock = {name: running.clock.now().isoformat() for name in _CLOCK & act.said.model_fields.keys()}
    settled = filled | (clock if by_client else {})
    given = sorted(said.keys() & settled.keys())
    if given:
        fields = [FieldProblem(field=name, message="is said by the path, the token or the clock") for name in given]
        raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, f"{', '.join(given)}: not for the body", errors=fields)
    try:
        return act.said.model_validate_json(to_json({**clock, **said, **settled}), extra="forbid")
    except ValidationError as error:
        problems = in_plain_words(act.said, error)
        fields = [FieldProblem(field=each.field, message=each.text) for each in problems]
        detail = "; ".join(f"{each.field}: {each.text}" for each in problems)
        raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, detail, errors=fields) from None


async def _submit(running: Running, event: Event, cause: Cause, request: Request) -> None:
    """Have it handled, once; a problem tells why it changed nothing: 409, or 422 with its field."""
    try:
        await running.processor.submit(event, cause)
    except Rejected as rejected:
        if rejected.field in request.path_params:
            raise nothing_here() from rejected
        raise
    refused = await queries.refusal(running.pool, cause_of(cause))
    if refused is not None:
        reason, field = refused
        fields = [FieldProblem(field=field, message=reason)] if field else []
        status = HTTPStatus.UNPROCESSABLE_ENTITY if field else HTTPStatus.CONFLICT
        raise Problem(status, f"{field}: {reason}" if field else reason, errors=fields)


def schema_of(act: Act) -> Json:
    """The JSON Schema of an act's body."""
    whole = _OBJECT.validate_python(act.said.model_json_schema())
    parts = _OBJECT.validate_python(whole.pop("$defs", {}))
    schema = _OBJECT.validate_python(_inlined(whole, parts))
    properties = _OBJECT.validate_python(schema["properties"])
    kept = {name: each for name, each in properties.items() if name not in act.filled}
    required = [name for name in kept if act.said.model_fields[name].is_required() and name not in _CLOCK]
    return {"type": "object", "properties": kept, "required": list(required), "additionalProperties": False}


def _inlined(node: JsonValue, parts: Json) -> JsonValue:
    match node:
        case {"$ref": str() as ref}:
            return _inlined(parts[ref.removeprefix("#/$defs/")], parts)
        case dict():
            return {name: _inlined(each, parts) for name, each in node.items()}
        case list():
            return [_inlined(each, parts) for each in node]
        case _:
            return node


def _parameter(name: str) -> Json:
    return {"name": name, "in": "path", "required": True, "schema": {"type": "string", "maxLength": 128}}
