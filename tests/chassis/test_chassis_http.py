"""What every API of ours does, asked over a real socket: problems, bounds, keys, pages, and its own description."""

import asyncio
import re
import socket
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Final

import asyncpg
import httpx
import pytest
from fastapi import APIRouter, FastAPI, Query
from pydantic import BaseModel, ConfigDict, Field
from structlog.testing import capture_logs

from chassis import guard
from chassis.access import Access, Role, make_key, mint
from chassis.errors import Rejected
from chassis.http import Authenticated, IdempotencyKey, Limit, Server, create_api, serve
from chassis.problems import ProblemDetails
from chassis.rates import MOST_BYTES

PROBLEM: Final = "application/problem+json"
WRONG: Final = {
    "rejected": Rejected("it names no ground", "ground"),
    "rejected-whole": Rejected("it can't be"),
    "ours": KeyError("whsec_inside"),
    "down": ConnectionRefusedError("db.internal:5432"),
    "database-down": asyncpg.CannotConnectNowError("starting up"),
    "data": asyncpg.DataError("invalid input for query argument $1: 'whsec_inside'"),
}


class Facts(BaseModel):
    """A body with a field within a field."""

    model_config = ConfigDict(extra="forbid")

    name: str
    seats: int = Field(gt=0)
    parent: "Facts | None" = None


def clerk_api(key: Path) -> FastAPI:
    """An API as a service makes one."""
    api = create_api("Clerk", "1.0", Access(issuer=None, key=key), "Notes & forms <for> clerks")
    running = asyncio.Event()
    api.state.running = running

    @api.get("/who", summary="Who calls")
    async def who(caller: Authenticated) -> str:
        return caller.subject

    @api.post("/facts", summary="Enter facts")
    async def enter(
        body: Facts, caller: Authenticated, key: IdempotencyKey, limit: Limit = 100
    ) -> dict[str, str | int]:
        return {"name": body.name, "by": caller.subject, "key": key, "limit": limit}

    items = APIRouter()

    @items.get("/items", summary="List items")
    async def listed(
        caller: Authenticated, limit: Limit = 100, of_kind: Annotated[str | None, Query(alias="kind")] = None
    ) -> int:
        return limit

    api.include_router(items)

    @api.get("/wrong/{what}", include_in_schema=False)
    async def wrong(what: str) -> None:
        raise WRONG[what]

    @api.get("/slow", include_in_schema=False)
    async def slow(seconds: float) -> str:
        running.set()
        await asyncio.sleep(seconds)
        return "done"

    @api.get("/stuck", include_in_schema=False)
    async def stuck() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            await asyncio.sleep(1)

    return api


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The local key of the API."""
    path = tmp_path_factory.mktemp("key") / "key.pem"
    make_key(path)
    return path


@pytest.fixture(scope="module")
def api(key: Path) -> FastAPI:
    """The API."""
    return clerk_api(key)


@pytest.fixture(scope="module")
async def server(api: FastAPI) -> AsyncIterator[Server]:
    """The API on a port."""
    server = await serve(api, "127.0.0.1", 0)
    yield server
    await server.stop()


@pytest.fixture
async def anybody(server: Server) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody without a token."""
    async with httpx.AsyncClient(base_url=server.url) as client:
        yield client


@pytest.fixture
async def ada(server: Server, key: Path) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody with a token."""
    token = mint(key, subject="ada", role=Role.DPO, client_id=None, ttl=timedelta(hours=1), now=datetime.now(UTC))
    async with httpx.AsyncClient(base_url=server.url, headers={"Authorization": f"Bearer {token}"}) as client:
        yield client


def problem(answer: httpx.Response, status: int) -> ProblemDetails:
    """The problem that an answer is, checked against RFC 9457."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == PROBLEM
    details = ProblemDetails.model_validate_json(answer.content)
    assert details.status == status
    assert details.type == "about:blank"
    assert details.title
    return details


async def test_an_unknown_address_is_a_problem(anybody: httpx.AsyncClient) -> None:
    """404 and 405 of the routing itself have the same shape as all others."""
    assert "/nowhere" in problem(await anybody.get("/nowhere"), 404).detail
    answer = await anybody.delete("/who")
    assert "DELETE" in problem(answer, 405).detail
    assert answer.headers["allow"] == "GET"


async def test_without_a_token_the_challenge_says_how(anybody: httpx.AsyncClient) -> None:
    """RFC 6750: 401 names the scheme."""
    answer = await anybody.get("/who")
    assert "bearer token" in problem(answer, 401).detail
    assert answer.headers["www-authenticate"].startswith("Bearer")


async def test_a_token_names_the_caller(ada: httpx.AsyncClient) -> None:
    """The dependency gives the caller."""
    assert (await ada.get("/who")).json() == "ada"


async def test_wrong_fields_are_named_and_their_values_are_not_repeated(ada: httpx.AsyncClient) -> None:
    """422 says field by field what is wrong, as deep as it lies; what was sent stays with the sender."""
    body = {"name": 5, "seats": 1, "parent": {"name": "x", "seats": "ada@example.com"}}
    answer = await ada.post("/facts", json=body, headers={"Idempotency-Key": "k"}, params={"limit": 501})
    errors = problem(answer, 422).errors or []
    assert {each.field for each in errors} == {"name", "parent.seats", "limit"}
    assert {each.message for each in errors} == {"must be text", "must be a whole number", "must be at most 500"}
    assert "ada@example.com" not in answer.text


async def test_an_unknown_field_is_told_the_nearest_one(ada: httpx.AsyncClient) -> None:
    """In the body and within a field of it, in the words of `dutiful emit`."""
    body = {"name": "n", "seats": 1, "parnet": 2, "parent": {"name": "x", "seats": 1, "colour": "red"}}
    errors = problem(await ada.post("/facts", json=body, headers={"Idempotency-Key": "k"}), 422).errors or []
    assert {(each.field, each.message) for each in errors} == {
        ("parnet", "is not known here; did you mean 'parent'?"),
        ("parent.colour", "is not known here; known are name, parent, seats"),
    }


async def test_an_unknown_query_parameter_is_refused(ada: httpx.AsyncClient) -> None:
    """A slip in a name would be answered as if nothing had been asked: 422 names it, and those that there are."""
    details = problem(await ada.get("/items", params={"as_of": "banana", "limit": 2}), 422)
    assert details.detail == "as_of: is not known here; known are kind, limit"
    assert [each.field for each in details.errors or []] == ["as_of"]
    assert "takes no query" in problem(await ada.get("/who", params={"limit": 2}), 422).detail
    assert (await ada.get("/items", params={"kind": "a", "limit": 2})).json() == 2


async def test_a_body_that_is_no_json_is_a_bad_request(ada: httpx.AsyncClient) -> None:
    """400: there is nothing in it to judge by field."""
    headers = {"Idempotency-Key": "k", "Content-Type": "application/json"}
    details = problem(await ada.post("/facts", content=b'{"name": ', headers=headers), 400)
    assert details.detail == "the body is no JSON"
    assert [each.field for each in details.errors or []] == ["body"]


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded"])
async def test_a_body_of_another_kind_is_not_supported(ada: httpx.AsyncClient, kind: str) -> None:
    """415 names the header to send: `curl --data` alone says that a form comes."""
    headers = {"Idempotency-Key": "k", "Content-Type": kind}
    details = problem(await ada.post("/facts", content=b'{"name": "n", "seats": 1}', headers=headers), 415)
    assert details.detail == f"the body must be JSON, sent with Content-Type: application/json; this is {kind}"


@pytest.mark.parametrize("wrong", [None, "", "a b", "x" * 129, 'a"b', "../etc", "é"])
async def test_a_post_without_a_good_idempotency_key_is_a_bad_request(
    ada: httpx.AsyncClient, wrong: str | None
) -> None:
    """400 names the header: the caller must choose one that can be logged, and repeat it in a retry."""
    headers = [] if wrong is None else [(b"Idempotency-Key", wrong.encode("latin-1"))]
    details = problem(await ada.post("/facts", json={"name": "n", "seats": 1}, headers=headers), 400)
    assert details.detail.startswith("the header Idempotency-Key")
    assert [each.field for each in details.errors or []] == ["Idempotency-Key"]
    assert "^" not in details.detail


@pytest.mark.parametrize("sent", ["a-1.b:2_c", '"a-1.b:2_c"'])
async def test_an_idempotency_key_may_be_quoted(ada: httpx.AsyncClient, sent: str) -> None:
    """The draft's form is a quoted string; both forms are the same key."""
    answer = await ada.post("/facts", json={"name": "n", "seats": 1}, headers={"Idempotency-Key": sent})
    assert answer.json() == {"name": "n", "by": "ada", "key": "a-1.b:2_c", "limit": 100}


async def test_a_rejected_event_is_told_with_its_field(anybody: httpx.AsyncClient) -> None:
    """What a publisher would read in the dead letters, a person reads in the answer."""
    details = problem(await anybody.get("/wrong/rejected"), 422)
    assert details.detail == "it names no ground"
    assert [(each.field, each.message) for each in details.errors or []] == [("ground", "it names no ground")]
    assert problem(await anybody.get("/wrong/rejected-whole"), 422).errors is None


@pytest.mark.parametrize("what", ["down", "database-down"])
async def test_while_the_world_is_down_the_caller_is_told_when_to_come_again(
    anybody: httpx.AsyncClient, what: str
) -> None:
    """503 with Retry-After, and no word of the inside."""
    answer = await anybody.get(f"/wrong/{what}")
    assert "db.internal" not in problem(answer, 503).model_dump_json()
    assert int(answer.headers["retry-after"]) > 0


async def test_nobody_waits_for_a_silent_database(
    anybody: httpx.AsyncClient, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """503 within the bound where nothing answers, even to a cancelled question; 408 where the caller is slow."""
    monkeypatch.setattr(guard, "_ANSWERED_WITHIN_S", 0.2)
    for path in ("/slow?seconds=60", "/stuck"):
        answer = await anybody.get(path)
        assert "is away" in problem(answer, 503).detail
        assert int(answer.headers["retry-after"]) > 0
    reader, writer = await asyncio.open_connection("127.0.0.1", int(server.url.rpartition(":")[2]))
    writer.write(b"POST /sign-in HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nhalf")
    assert b" 408 " in await reader.readline()
    writer.close()


async def test_an_error_of_ours_is_logged_and_not_shown(anybody: httpx.AsyncClient) -> None:
    """500 says that it is ours; what happened stands in the log."""
    with capture_logs() as logged:
        answer = await anybody.get("/wrong/ours")
    assert "inside" not in problem(answer, 500).model_dump_json()
    assert [(line["event"], line["path"]) for line in logged] == [("request failed", "/wrong/ours")]
    assert isinstance(logged[0]["exc_info"], KeyError)


async def test_a_value_that_postgresql_refuses_is_the_callers(anybody: httpx.AsyncClient) -> None:
    """A NUL in a text passes every check of ours and none of the database's."""
    assert "inside" not in problem(await anybody.get("/wrong/data"), 422).model_dump_json()


async def test_a_request_that_is_too_large_is_refused(ada: httpx.AsyncClient) -> None:
    """413 above a mebibyte, whether its length is announced or only found; the connection goes on."""
    headers = {"Idempotency-Key": "k", "Content-Type": "application/json"}
    too_large = b'{"name": "' + b"x" * MOST_BYTES + b'", "seats": 1}'

    async def pieces() -> AsyncIterator[bytes]:
        for start in range(0, len(too_large), 100_000):
            yield too_large[start : start + 100_000]

    problem(await ada.post("/facts", content=too_large, headers=headers), 413)
    problem(await ada.post("/facts", content=pieces(), headers=headers), 413)
    just_right = b'{"name": "' + b"x" * (MOST_BYTES - 24) + b'", "seats": 1}'
    assert len(just_right) == MOST_BYTES
    assert (await ada.post("/facts", content=just_right, headers=headers)).status_code == 200


async def test_every_answer_carries_the_headers_that_browsers_heed(ada: httpx.AsyncClient) -> None:
    """Good or bad, no answer is cached, sniffed, framed or allowed a script."""
    for path in ("/who", "/nowhere", "/wrong/ours", "/openapi.json"):
        with capture_logs():
            headers = (await ada.get(path)).headers
        assert "default-src 'none'" in headers["content-security-policy"]
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cache-control"] == "no-store"
        assert headers["referrer-policy"] == "no-referrer"
        assert "server" not in headers


async def test_the_docs_load_nothing_from_elsewhere(anybody: httpx.AsyncClient) -> None:
    """The page, and all that it loads, is served here; its policy allows no other source and no inline script."""
    page = await anybody.get("/docs")
    assert page.status_code == 200
    assert "//" not in page.text
    policy = page.headers["content-security-policy"]
    assert "unsafe" not in policy
    assert "http" not in policy
    assert "*" not in policy
    assert not re.search(r"<script(?![^>]*\ssrc=)|<style|\sstyle=|\son\w+=", page.text)
    loaded = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assert {"docs/swagger-ui.css", "docs/swagger-ui-bundle.js", "docs/start.js"} <= set(loaded)
    for path in (*loaded, "docs/openapi.json"):
        assert (await anybody.get(f"/{path}")).status_code == 200, path
    start = (await anybody.get("/docs/start.js")).text
    assert "//" not in start
    assert "validatorUrl: null" in start


@pytest.mark.parametrize("path", ["/docs/index.html", "/docs/swagger-initializer.js", "/docs/..%2f..%2fetc%2fpasswd"])
async def test_the_docs_serve_three_files_and_no_other(anybody: httpx.AsyncClient, path: str) -> None:
    """The bundle's own page points at a foreign host; it is not served, and neither is any other file."""
    problem(await anybody.get(path), 404)


async def test_the_description_tells_of_tokens_keys_and_problems(anybody: httpx.AsyncClient) -> None:
    """OpenAPI 3.1: a bearer scheme, the key that a POST requires, and problems as RFC 9457 has them."""
    described = (await anybody.get("/openapi.json")).json()
    assert described["openapi"].startswith("3.1")
    assert described["components"]["securitySchemes"]["HTTPBearer"]["scheme"] == "bearer"
    post = described["paths"]["/facts"]["post"]
    assert post["security"] == [{"HTTPBearer": []}]
    (key,) = [each for each in post["parameters"] if each["name"] == "Idempotency-Key"]
    assert key["required"] is True
    schema = post["responses"]["default"]["content"][PROBLEM]["schema"]
    assert schema == {"$ref": "#/components/schemas/ProblemDetails"}
    assert "422" not in post["responses"]
    for name in re.findall(r'"#/components/schemas/(\w+)"', str(described).replace("'", '"')):
        assert name in described["components"]["schemas"]


async def test_the_page_gets_the_description_in_words_that_it_knows(anybody: httpx.AsyncClient) -> None:
    """The bundled page reads OpenAPI 3.0: no type null, no exclusive bound as a number."""
    older = (await anybody.get("/docs/openapi.json")).json()
    assert older["openapi"] == "3.0.3"
    facts = older["components"]["schemas"]["Facts"]["properties"]
    assert facts["parent"] == {"anyOf": [{"$ref": "#/components/schemas/Facts"}], "nullable": True}
    assert facts["seats"]["minimum"] == 0
    assert facts["seats"]["exclusiveMinimum"] is True
    assert "'null'" not in str(older)


async def test_it_listens_where_it_says_and_stops_where_it_is_told(api: FastAPI) -> None:
    """A port of its own when asked for 0; the URL is one that can be opened; nothing listens after the stop."""
    server = await serve(api, "0.0.0.0", 0)  # noqa: S104 - what a container does
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+", server.url)
    async with httpx.AsyncClient(base_url=server.url) as client:
        assert (await client.get("/openapi.json")).status_code == 200
    await server.stop()
    await server.stop()
    port = int(server.url.rpartition(":")[2])
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection("127.0.0.1", port)


async def test_a_port_that_is_taken_is_an_error_at_once(api: FastAPI) -> None:
    """OSError from `serve` itself, not an exit of the process."""
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(OSError, match="in use"):
        await serve(api, "127.0.0.1", taken.getsockname()[1])


async def test_a_stop_lets_a_request_finish_and_waits_for_none_for_ever(api: FastAPI) -> None:
    """What is under way is answered; what hangs is given up within the bound, and the process goes on."""
    for seconds, finishes in ((0.2, True), (60, False)):
        server = await serve(api, "127.0.0.1", 0)
        api.state.running.clear()
        async with httpx.AsyncClient(base_url=server.url, timeout=60) as client:
            asked = asyncio.create_task(client.get("/slow", params={"seconds": seconds}))
            await api.state.running.wait()
            async with asyncio.timeout(8):
                await server.stop()
            (answer,) = await asyncio.gather(asked, return_exceptions=True)
        assert (isinstance(answer, httpx.Response) and answer.status_code == 200) is finishes


@pytest.mark.parametrize(
    ("body", "query", "field"),
    [
        (b'{"name": "a\\u0000", "seats": 1}', "", "name"),
        (b'{"name": "a", "seats": 1, "parent": {"name": "\\u0000", "seats": 1}}', "", "parent.name"),
        (b'{"name": "a", "seats": 1}', "?limit=%00", "limit"),
    ],
)
async def test_what_the_database_can_not_store_is_refused_by_its_field(
    ada: httpx.AsyncClient, body: bytes, query: str, field: str
) -> None:
    """A NUL in a body, however deep, or in a query is a 422 that names where it stands."""
    headers = {"Content-Type": "application/json", "Idempotency-Key": "nul"}
    details = problem(await ada.post(f"/facts{query}", content=body, headers=headers), 422)
    assert details.errors is not None
    assert [each.field for each in details.errors] == [field]
