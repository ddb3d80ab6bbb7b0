"""Tables in the form that the caller reads, and cursors that nobody can misuse."""

import base64
import csv
import io
import json
import re
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from typing import Final

import httpx
import pytest
from fastapi import Depends, FastAPI, Request, Response
from hypothesis import given
from hypothesis import strategies as st

from chassis.access import Access
from chassis.http import create_api
from chassis.pages import Page, decode_cursor, encode_cursor, form, table
from chassis.problems import Problem

COLUMNS: Final = ("id", "name", "actions", "seats", "listed_from", "until", "confirmed")
ROWS: Final = (
    ("acme", "Acme & <b>Sons</b>", ["calls", "texts"], 3, date(2026, 11, 24), None, True),
    ("evil", '=HYPERLINK("http://x")', ["+1", "b"], -4, date(2026, 1, 1), datetime(2026, 1, 1, tzinfo=UTC), False),
)
BROWSER: Final = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"


@pytest.fixture
async def reader() -> AsyncIterator[httpx.AsyncClient]:
    """Somebody who reads the table, and a list in pages of up to three."""
    api: FastAPI = create_api("Lists", "1", Access(issuer=None, key=None))

    @api.get("/list", dependencies=[Depends(form)])
    async def read_list(request: Request) -> Response:
        return table(request, "Who & <what>", COLUMNS, ROWS)

    @api.get("/numbers", dependencies=[Depends(form)])
    async def read_numbers(cursor: str | None = None) -> Page[int]:
        after = decode_cursor(cursor, int)
        start = int(after[0]) + 1 if after else 0
        return Page(items=list(range(start, start + 3)), next=encode_cursor(start + 2) if start < 6 else None)

    transport = httpx.ASGITransport(api)
    async with httpx.AsyncClient(transport=transport, base_url="http://lists") as client:
        yield client


@pytest.mark.parametrize(
    ("accept", "media"),
    [
        (None, "application/json"),
        ("*/*", "application/json"),
        ("application/json", "application/json"),
        ("text/csv", "text/csv"),
        ("TEXT/CSV; charset=utf-8", "text/csv"),
        (BROWSER, "text/html"),
        ("text/html;q=0.2, text/csv;q=0.7", "text/csv"),
        ("text/csv;q=0, application/json", "application/json"),
        ("text/csv;q=0", "application/json"),
        ("text/html;q=nonsense", "application/json"),
        ("text/html;q=0.5, */*", "application/json"),
        ("image/png", "application/json"),
    ],
)
async def test_the_caller_gets_the_form_that_it_likes_best(
    reader: httpx.AsyncClient, accept: str | None, media: str
) -> None:
    """RFC 9110: the qualities decide; a browser gets a page, a program JSON."""
    answer = await reader.get("/list", headers={} if accept is None else {"Accept": accept})
    assert answer.headers["content-type"].partition(";")[0] == media
    assert answer.headers["vary"] == "Accept"


@pytest.mark.parametrize(("form", "media"), [("json", "application/json"), ("csv", "text/csv"), ("html", "text/html")])
async def test_the_address_may_name_the_form(reader: httpx.AsyncClient, form: str, media: str) -> None:
    """`?format=` is for whoever can't set headers; it goes before them."""
    answer = await reader.get("/list", params={"format": form}, headers={"Accept": "image/png"})
    assert answer.headers["content-type"].partition(";")[0] == media


async def test_an_unknown_form_is_refused(reader: httpx.AsyncClient) -> None:
    """422, and the ones there are."""
    answer = await reader.get("/list", params={"format": "xml"})
    assert answer.status_code == 422
    assert answer.json()["detail"] == "format: must be 'json', 'csv' or 'html'"


async def test_json_keeps_the_kinds_of_values(reader: httpx.AsyncClient) -> None:
    """Numbers are numbers, dates are ISO 8601, nothing is null."""
    items = (await reader.get("/list")).json()["items"]
    assert items[0] == {
        "id": "acme",
        "name": "Acme & <b>Sons</b>",
        "actions": ["calls", "texts"],
        "seats": 3,
        "listed_from": "2026-11-24",
        "until": None,
        "confirmed": True,
    }


@pytest.mark.parametrize(("form", "words"), [("csv", ("true", "false")), ("html", ("<td>yes</td>", "<td>no</td>"))])
async def test_what_is_true(reader: httpx.AsyncClient, form: str, words: tuple[str, str]) -> None:
    """Programs read true or false, people yes or no, and nobody the words of the language that this is written in."""
    text = (await reader.get("/list", params={"format": form})).text
    assert all(word in text for word in words)
    assert ("True" in text, "False" in text) == (False, False)


async def test_csv_holds_no_formula(reader: httpx.AsyncClient) -> None:
    """What a spreadsheet would run is marked as text, in whatever a person wrote; numbers stay numbers."""
    text = (await reader.get("/list", params={"format": "csv"})).text
    header, _, evil = csv.reader(io.StringIO(text))
    assert tuple(header) == COLUMNS
    assert evil[:5] == ["evil", '\'=HYPERLINK("http://x")', "'+1; b", "-4", "2026-01-01"]
    assert evil[5:] == ["2026-01-01T00:00:00+00:00", "false"]


@pytest.mark.parametrize("start", [*"=+-@\t\r\n\uff1d\uff0b\uff0d\uff20", " =", "  @"])
def test_every_start_of_a_formula_is_made_inert(start: str) -> None:
    """OWASP's list, in full width and behind spaces too; a newline stays within its cell."""
    request = Request({"type": "http", "query_string": b"format=csv", "headers": []})
    body = bytes(table(request, "t", ("a",), ((f"{start}SUM(1)",),)).body).decode()
    _, (cell,) = csv.reader(io.StringIO(body, newline=""))
    assert cell == f"'{start}SUM(1)"


async def test_the_page_shows_markup_as_text_and_runs_nothing(reader: httpx.AsyncClient) -> None:
    """What was written as markup is text; the policy allows the one style that the page has, by its hash."""
    answer = await reader.get("/list", headers={"Accept": BROWSER})
    assert "Acme &amp; &lt;b&gt;Sons&lt;/b&gt;" in answer.text
    assert "<b>" not in answer.text
    assert "<what>" not in answer.text
    assert "<script" not in answer.text
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policy


async def test_the_page_can_be_read_aloud(reader: httpx.AsyncClient) -> None:
    """WCAG: a language, a title, a caption, and headings for columns and rows."""
    page = (await reader.get("/list", params={"format": "html"})).text
    assert '<html lang="en">' in page
    assert "<title>Who &amp; &lt;what&gt;</title>" in page
    assert "<caption>Who &amp; &lt;what&gt;</caption>" in page
    assert re.findall(r'<th scope="col">([^<]*)</th>', page) == [column.replace("_", " ") for column in COLUMNS]
    assert re.findall(r'<th scope="row">([^<]*)</th>', page) == ["acme", "evil"]


async def test_pages_follow_each_other_to_the_end(reader: httpx.AsyncClient) -> None:
    """`next` leads from page to page, and is null on the last."""
    seen: list[int] = []
    cursor: dict[str, str] = {}
    while True:
        page = Page[int].model_validate_json((await reader.get("/numbers", params=cursor)).content)
        seen += page.items
        if page.next is None:
            break
        cursor = {"cursor": page.next}
    assert seen == list(range(9))


@given(
    st.lists(
        st.one_of(
            st.integers(-(2**63) + 1, 2**63 - 1), st.text(st.characters(codec="utf-8", categories=("L", "N", "P")))
        )
    )
)
def test_a_cursor_comes_back_as_it_went(values: list[str | int]) -> None:
    """What was encoded is decoded; the cursor needs no escaping in an address."""
    cursor = encode_cursor(*values)
    assert re.fullmatch(r"[A-Za-z0-9_-]*", cursor)
    assert decode_cursor(cursor, *[type(value) for value in values]) == tuple(values)


@pytest.mark.parametrize(
    "garbage",
    [
        "",
        "%",
        "é",
        "AAAA",
        encode_cursor("a"),
        encode_cursor(1, 2),
        *(
            base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")
            for text in ("1", "null", "{}", "[1.5]", "[true]", "[null]", "[[1]]", f"[{2**63}]", "[1", "[" * 100_000)
        ),
    ],
)
def test_garbage_is_no_cursor(garbage: str) -> None:
    """Whatever is sent as a cursor, the answer is a 400 and never an error of ours."""
    with pytest.raises(Problem) as raised:
        decode_cursor(garbage, int)
    assert raised.value.status == 400


@pytest.mark.parametrize("text", ["a\0b", "\ud800", "a\nb"])
def test_a_cursor_holds_no_text_that_the_database_could_not(text: str) -> None:
    """A NUL or half a character would be PostgreSQL's error; it is refused before."""
    cursor = base64.urlsafe_b64encode(json.dumps([text]).encode()).decode()
    with pytest.raises(Problem) as raised:
        decode_cursor(cursor, str)
    assert raised.value.status == 400


def test_no_cursor_is_the_beginning() -> None:
    """Without a cursor a list begins at its first item."""
    assert decode_cursor(None, int) is None
