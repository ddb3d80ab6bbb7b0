"""§12: whoever asks any operation of any service for what is another client's is told that there is nothing.

The operations are those that the running services describe: a new one is asked by itself, and one that names something
of a client which `victim` doesn't have fails here until it does.
"""

import json
import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

import pytest
from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute
from starlette.routing import Route
from tests.flows import victim
from tests.flows.street import Street
from tests.flows.victim import GONE, HERE, STRANGER, Ids

from chassis.rights import RIGHTS, Right, Role

pytestmark = [pytest.mark.servers, pytest.mark.slow]

Json = dict[str, Any]
CLIENTS: Final = [role for role in Role if not role.is_staff]
STAFF: Final = [role for role in Role if role.is_staff]
HIDDEN: Final = re.compile(r"/(docs(/.*)?|openapi\.json|sign-in|health/(live|ready)|metrics)")
"""What no description lists: pages and probes, none of which knows a client."""

INSIDE: Final = re.compile(r"/(health/.*|metrics)")
"""What no route leads people to (`test_deploy_kubernetes`)."""

READING: Final = "/trail/heard"
"""A question too long for an address."""

WITHOUT_TOKEN: Final = {("holder", "/packages/{order_id}.tar"), ("retention", "/certificate-key")}
"""A link with its own signature, and a public key."""

NO_RECORD: Final = 404, 403
THERE: Final = 200, 409
"""Read, or told that it is not to be read yet."""

NOT_TO_BE_READ: Final = {("requests", "/tasks/{order_id}/subject"), ("holder", "/packages/{order_id}.tar")}
"""By its holder alone, while the task is open (`test_requests_tasks`); by who has its link (`test_holder_packages`)."""


@dataclass(frozen=True)
class Operation:
    """One operation of a service, as its description has it."""

    service: str
    method: str
    path: str
    spec: Json
    schemas: Json

    def __str__(self) -> str:
        return f"{self.service} {self.method} {self.path}"

    @property
    def names(self) -> list[str]:
        """What its path names."""
        return re.findall(r"{(\w+)}", self.path)

    def url(self, ids: Ids) -> str:
        """Its path, for what is the victim's."""
        missing = [name for name in self.names if ids.of(self.service, self.path, name) is None]
        assert not missing, f"{self}: give the victim in `victim.py` a {', '.join(missing)}"
        return re.sub(r"{(\w+)}", lambda found: str(ids.of(self.service, self.path, found[1])), self.path)

    def is_owned(self, ids: Ids) -> bool:
        """Whether its path, or its query, names what is the victim's."""
        return any((self.service, name) in ids.owned for name in self.names) or bool(self.query)

    @property
    def is_writing(self) -> bool:
        """Whether it may change something."""
        return self.method != "GET" and self.path != READING

    @property
    def whose(self) -> str:
        """Which of the two has something there."""
        return GONE if self.service == "retention" else HERE

    @property
    def query(self) -> dict[str, str]:
        """The client that a query names; and what it needs beside."""
        wanted = {each["name"]: each for each in self.spec.get("parameters", []) if each["in"] == "query"}
        client = dict.fromkeys(("client_id", "client"), self.whose)
        return {name: value for name, value in client.items() if name in wanted}

    @property
    def needed(self) -> dict[str, str]:
        """The query without which it isn't asked."""
        wanted = [each for each in self.spec.get("parameters", []) if each["in"] == "query" and each.get("required")]
        return {each["name"]: str(sample(each["schema"], self.schemas)) for each in wanted}

    @property
    def body(self) -> bytes | None:
        """A body that it takes."""
        content = self.spec.get("requestBody", {}).get("content", {})
        if "application/json" not in content:
            return b"bytes" if content else None
        return json.dumps(sample(content["application/json"]["schema"], self.schemas)).encode()


def sample(schema: Json, schemas: Json) -> Any:  # noqa: ANN401, PLR0911 - JSON of any shape, one a kind of schema
    """The least that a schema takes."""
    if "$ref" in schema:
        return sample(schemas[schema["$ref"].rpartition("/")[2]], schemas)
    for choice in ("anyOf", "oneOf", "allOf"):
        if choice in schema:
            return sample(schema[choice][0], schemas)
    if "const" in schema or "enum" in schema:
        return schema["const"] if "const" in schema else schema["enum"][0]
    match schema.get("type"):
        case "object":
            needed = schema.get("required", [])
            return {
                name: sample(each, schemas) for name, each in schema.get("properties", {}).items() if name in needed
            }
        case "array":
            return [sample(schema["items"], schemas) for _ in range(schema.get("minItems", 0))]
        case "integer" | "number":
            return schema.get("minimum", schema.get("exclusiveMinimum", 0) + 1)
        case "boolean":
            return True
        case _:
            return text(schema)


def text(schema: Json) -> str:  # noqa: PLR0911 - one a format
    """A text of a format, or of a pattern that our contracts have."""
    match schema.get("format"), schema.get("pattern", ""):
        case "date-time", _:
            return "2026-05-04T09:00:00+02:00"
        case "date", _:
            return "2026-05-04"
        case "uri", _:
            return "https://example.com/hook"
        case _, pattern if "@" in pattern:
            return "somebody@example.com"
        case _, pattern if "{64}" in pattern:
            return "0" * 64
        case _, pattern if pattern.startswith(r"^\d"):
            return "1.00"
        case _, "^[A-Z]{3}$":
            return "EUR"
        case _, "^[A-Z]{2}$":
            return "FR"
    return "something"


@pytest.fixture(scope="module")
async def operations(inhabited: Street) -> list[Operation]:
    """Everything that can be asked of any service."""
    return [each async for each in _operations(inhabited)]


async def _operations(street: Street) -> AsyncIterator[Operation]:
    for service in street.house.services:
        async with street.http.get(f"{service.url}/openapi.json") as answer:
            described = await answer.json()
        schemas = described["components"]["schemas"]
        for path, methods in described["paths"].items():
            if INSIDE.fullmatch(path):
                continue
            for method, spec in methods.items():
                yield Operation(service.app.name, method.upper(), path, spec, schemas)


async def ask(street: Street, who: str, operation: Operation, ids: Ids) -> tuple[int, str]:
    """The status and all that is answered, headers too."""
    url = street.house.url(operation.service) + operation.url(ids)
    content = "application/json" if operation.body != b"bytes" else "application/octet-stream"
    headers = (street.authorized(who) if who else {}) | victim.key() | {"Content-Type": content}
    query = operation.query | operation.needed
    async with street.http.request(
        operation.method, url, params=query, data=operation.body, headers=headers, allow_redirects=False
    ) as answer:
        return answer.status, f"{await answer.read()!r} {dict(answer.headers)}"


def test_what_is_not_described_knows_no_client(inhabited: Street) -> None:
    """No route is left out of a description but pages and probes."""
    for service in inhabited.house.services:
        assert service.runtime is not None
        hidden = [each.path for each in routes_of(service.app.api(service.runtime)) if not each.include_in_schema]
        assert hidden
        assert not [path for path in hidden if not HIDDEN.fullmatch(path)]


def routes_of(api: FastAPI | APIRouter) -> Iterator[APIRoute]:
    """Every route, those of included routers too."""
    for route in api.routes:
        within = getattr(route, "original_router", None)
        if within is not None:
            yield from routes_of(within)
        else:
            assert isinstance(route, APIRoute | Route), route
            yield route  # type: ignore[misc]  # both have what is asked of them


async def test_what_is_asked_for_is_there(inhabited: Street, ids: Ids, operations: list[Operation]) -> None:
    """The victim's records are real: whoever may read them does, or the refusals below would prove nothing."""
    unread = []
    for operation in operations:
        if (
            operation.method == "GET"
            and operation.is_owned(ids)
            and (operation.service, operation.path) not in NOT_TO_BE_READ
        ):
            whose = operation.whose
            asked = [
                await ask(inhabited, who, operation, ids) for who in ("dpo", f"{whose}/super_administrator", "operator")
            ]
            if not any(status in THERE for status, _ in asked):
                unread.append(f"{operation}: {asked[0]}")
    assert not unread, "\n".join(unread)


@pytest.mark.parametrize("role", CLIENTS)
async def test_no_token_of_another_client_reaches_anything(
    inhabited: Street, ids: Ids, operations: list[Operation], role: Role
) -> None:
    """CON-1: 403 or 404 for every operation that names what is another's; and nothing of it in any answer whatever."""
    wrong = []
    for operation in operations:
        status, said = await ask(inhabited, f"{STRANGER}/{role}", operation, ids)
        leaks = [mark for mark in ids.marks if mark in said]
        if leaks or status >= 500 or (operation.is_owned(ids) and status not in NO_RECORD):
            wrong.append(f"{operation}: {status} {leaks or ''} {said[:300]}")
    assert not wrong, "\n".join(wrong)


async def test_without_a_token_nothing_is_answered(inhabited: Street, ids: Ids, operations: list[Operation]) -> None:
    """401 for every operation but two that need none, which give nothing away either."""
    wrong = []
    for operation in operations:
        status, said = await ask(inhabited, "", operation, ids)
        free = (operation.service, operation.path) in WITHOUT_TOKEN
        if any(mark in said for mark in ids.marks) or (status != 401 and not free):
            wrong.append(f"{operation}: {status} {said[:200]}")
    assert not wrong, "\n".join(wrong)


async def test_every_operation_keeps_to_the_table_of_rights(
    inhabited: Street, ids: Ids, operations: list[Operation]
) -> None:
    """SSO-1: who lacks the right that an operation asks for is refused by its name; an auditor changes nothing."""
    whos = {role: str(role) for role in STAFF} | {role: f"{{}}/{role}" for role in CLIENTS}
    wrong: list[str] = []
    for operation in operations:
        whose = operation.whose
        refused: dict[Role, Right] = {}
        taken: set[Role] = set()
        for role, who in whos.items():
            status, said = await ask(inhabited, who.format(whose), operation, ids)
            lacks = re.search(r"the role \w+ may not ([^\"]+)\"", said)
            if status == 403 and lacks:
                refused[role] = Right(lacks[1])
            elif status != 404:
                taken.add(role)
            if role in {Role.AUDITOR, Role.USER} and operation.is_writing and status < HTTPStatus.BAD_REQUEST:
                wrong.append(f"{operation}: {role} changed something ({status})")
        wrong += _against_the_table(operation, refused, taken)
    assert not wrong, "\n".join(wrong)


def _against_the_table(operation: Operation, refused: dict[Role, Right], taken: set[Role]) -> Iterator[str]:
    for role, right in refused.items():
        if right in RIGHTS[role]:
            yield f"{operation}: {role} has the right to {right}, and is refused"
    for role in taken:
        if refused and not RIGHTS[role] & set(refused.values()):
            yield f"{operation}: {role} has none of {', '.join(set(refused.values()))}, and is not refused"
