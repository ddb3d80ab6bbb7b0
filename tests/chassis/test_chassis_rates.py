"""How much one caller may ask: counted per client, told with the seconds to wait, and nobody else's matter."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from pathlib import Path

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chassis import wire
from chassis.access import Access, make_key, mint
from chassis.http import Authenticated, Server, create_api, serve
from chassis.problems import Problem, ProblemDetails
from chassis.rates import Bounds
from chassis.rights import Caller, Role

ADA = Caller("ada", Role.MANAGER, "acme")
BEN = Caller("ben", Role.USER, "acme")
EVE = Caller("eve", Role.MANAGER, "other")
OPS = Caller("ops", Role.OPERATOR)


class Now:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.at = 1000.0

    def __call__(self) -> float:
        """The time."""
        return self.at


def refused(bounds: Bounds, caller: Caller) -> int:
    """The seconds to wait for; 0 where the request is taken."""
    try:
        bounds.take(caller)
    except Problem as problem:
        return int((problem.headers or {})["Retry-After"]) if problem.status == HTTPStatus.TOO_MANY_REQUESTS else -1
    return 0


def test_a_client_has_its_burst_and_then_its_rate_whoever_asks_for_it() -> None:
    """All tokens of a client are one caller; another client, and each of the staff, is not concerned."""
    now = Now()
    bounds = Bounds(rate=2, burst=3, now=now)
    assert [refused(bounds, caller) for caller in (ADA, BEN, ADA, BEN)] == [0, 0, 0, 1]
    assert [refused(bounds, caller) for caller in (EVE, OPS, Caller("other", Role.OPERATOR))] == [0, 0, 0]
    now.at += 0.5
    assert [refused(bounds, ADA), refused(bounds, BEN)] == [0, 1]
    now.at += 60
    assert [refused(bounds, ADA) for _ in range(4)] == [0, 0, 0, 1]


def test_no_rate_bounds_nobody() -> None:
    """The rate 0 is none."""
    assert not any(refused(Bounds(rate=0, burst=1), ADA) for _ in range(1000))


@settings(deadline=None)
@given(st.lists(st.floats(0, 3), max_size=60), st.floats(0.2, 20), st.integers(1, 10))
def test_in_no_time_is_more_taken_than_the_burst_and_the_rate(gaps: list[float], rate: float, burst: int) -> None:
    """Whenever one asks, what was taken in any span is at most the burst and the rate times the span; waiting helps."""
    now = Now()
    bounds, taken = Bounds(rate=rate, burst=burst, now=now), list[float]()
    for gap in gaps:
        now.at += gap
        wait_s = refused(bounds, ADA)
        if wait_s:
            now.at += wait_s
            assert refused(bounds, ADA) == 0
        taken.append(now.at)
    for first, begin in enumerate(taken):
        for last, end in enumerate(taken[first:], first):
            assert last - first + 1 <= burst + rate * (end - begin) + 1e-6


def test_what_is_kept_of_callers_is_bounded() -> None:
    """Who has asked nothing for long is forgotten, and has its burst again."""
    now = Now()
    bounds = Bounds(rate=1, burst=1, now=now)
    for _ in range(4):
        now.at += 10
        for nth in range(6000):
            bounds.take(Caller(f"{now.at}/{nth}", Role.OPERATOR))
    assert len(bounds._whole_at) <= 12_000


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Server]:
    """An API that takes two requests of one caller, a hundred bytes each."""
    key = tmp_path / "key.pem"
    make_key(key)
    api = create_api("Clerk", "1.0", Access(issuer=None, key=key))
    api.state.bounds = Bounds(body=100, rate=0.001, burst=2)

    @api.post("/notes")
    async def note(body: dict[str, str], caller: Authenticated) -> str:
        return body["text"] + caller.subject

    server = await serve(api, "127.0.0.1", 0)
    yield server
    await server.stop()


def token(tmp_path: Path, client_id: str) -> dict[str, str]:
    """The header of a client's manager."""
    said = mint(
        tmp_path / "key.pem",
        subject="ada",
        role=Role.MANAGER,
        client_id=client_id,
        ttl=timedelta(hours=1),
        now=datetime.now(UTC),
    )
    return {"Authorization": f"Bearer {said}"}


async def test_one_too_many_is_told_as_a_problem(server: Server, tmp_path: Path) -> None:
    """429 and 413 are problems; the first says when to come again, and what has no token that counts is not counted."""
    async with httpx.AsyncClient(base_url=server.url) as http:
        for _ in range(5):
            assert (await http.post("/notes", json={}, headers={"Authorization": "Bearer x.y.z"})).status_code == 401
        said = [await http.post("/notes", json={"text": "a"}, headers=token(tmp_path, "acme")) for _ in range(3)]
        assert [each.status_code for each in said] == [200, 200, 429]
        problem = ProblemDetails.model_validate_json(said[-1].content)
        assert (problem.status, said[-1].headers["content-type"]) == (429, "application/problem+json")
        assert int(said[-1].headers["retry-after"]) > 1
        large = await http.post("/notes", json={"text": "a" * 200}, headers=token(tmp_path, "other"))
        assert ProblemDetails.model_validate_json(large.content).status == 413
        assert "100 bytes" in large.text


async def spoken(server: Server, *pieces: bytes) -> bytes:
    """What comes back until the server hangs up."""
    host, port = server.url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    for piece in pieces:
        writer.write(piece)
        await writer.drain()
    answer = await reader.read()
    writer.close()
    return answer


_BEGUN = b"GET /docs HTTP/1.1\r\nHost: x\r\n"


@pytest.mark.parametrize(
    "head",
    [
        b"GET /" + b"a" * 40_000,
        b"GET /docs?" + b"a" * 40_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        _BEGUN + b"Cookie: " + b"a" * 40_000,
        _BEGUN + b"Cookie: " + b"a" * 40_000 + b"\r\n\r\n",
        _BEGUN + b"".join(b"X-%d: %s\r\n" % (nth, b"a" * 1000) for nth in range(40)) + b"\r\n",
        b"POST /notes HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nCookie: " + b"a" * 40_000 + b"\r\n\r\n{}",
    ],
)
async def test_a_head_that_is_too_large_is_refused(server: Server, head: bytes) -> None:
    """An address or headers of more than 32 KiB are a 431, whole or not, before a request is made of them."""
    answer = await spoken(server, head)
    assert answer.startswith(b"HTTP/1.1 431 ")
    assert ProblemDetails.model_validate_json(answer.partition(b"\r\n\r\n")[2]).status == 431


@pytest.mark.parametrize("begun", [b"", b"GET /docs HTTP/1.1\r\nHost: x\r\nX-"])
async def test_who_dribbles_is_hung_up_on(server: Server, begun: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection that asks nothing is closed, and one that doesn't end its headers is told so first."""
    monkeypatch.setattr(wire, "HEAD_WITHIN_S", 0.2)
    answer = await asyncio.wait_for(spoken(server, begun), 30)
    assert answer.startswith(b"HTTP/1.1 408 ") if begun else answer == b""


async def test_one_after_the_other_on_a_connection_is_not_counted_as_one(server: Server) -> None:
    """Each request of a connection has a head of its own, and a time of its own."""
    once = b"GET /docs HTTP/1.1\r\nHost: x\r\nX-Filler: " + b"a" * 20_000 + b"\r\n"
    answer = await spoken(server, once + b"\r\n", once + b"\r\n", once + b"Connection: close\r\n\r\n")
    assert answer.count(b"HTTP/1.1 200 OK") == 3
