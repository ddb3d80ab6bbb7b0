"""A browser reads a page with a token that it was given once; nothing else is done with it."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import httpx
import pytest
from fastapi import Depends, Request, Response

from chassis.access import Access, Role, make_key, mint
from chassis.http import Authenticated, create_api
from chassis.pages import form, table

BROWSER: Final = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}


@pytest.fixture
def token(tmp_path: Path) -> str:
    """Of a DPO, for an hour."""
    make_key(tmp_path / "key.pem")
    now = datetime.now(UTC)
    return mint(tmp_path / "key.pem", subject="ada", role=Role.DPO, client_id=None, ttl=timedelta(hours=1), now=now)


@pytest.fixture
async def browser(token: str, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    """A browser on this machine, which keeps cookies and says that it wants pages."""
    api = create_api("Lists & more", "1", Access(issuer=None, key=tmp_path / "key.pem"))

    @api.get("/list", dependencies=[Depends(form)])
    async def read_list(request: Request, caller: Authenticated) -> Response:
        return table(request, "Who", ("who",), ((caller.subject,),))

    @api.post("/list")
    async def write_list(caller: Authenticated) -> str:
        return caller.subject

    transport = httpx.ASGITransport(api)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1", headers=BROWSER) as client:
        yield client


async def test_a_browser_is_led_to_the_page_and_back(browser: httpx.AsyncClient, token: str) -> None:
    """Without a token the list leads to a page; the page takes one and leads to the list."""
    led = await browser.get("/list?format=html")
    assert (led.status_code, led.headers["location"]) == (303, "/sign-in?next=%2Flist%3Fformat%3Dhtml")
    page = await browser.get(led.headers["location"])
    assert 'name="next" value="/list?format=html"' in page.text
    assert "form-action 'self'" in page.headers["content-security-policy"]
    signed_in = await browser.post("/sign-in", data={"token": f" {token}\n", "next": "/list?format=html"})
    assert (signed_in.status_code, signed_in.headers["location"]) == (303, "/list?format=html")
    answer = await browser.get(signed_in.headers["location"])
    assert answer.status_code == 200
    assert "ada" in answer.text


async def test_the_cookie_is_for_reading_pages_alone(browser: httpx.AsyncClient, token: str) -> None:
    """What changes something, or a program reads, needs the header: the cookie of a browser doesn't count there."""
    await browser.post("/sign-in", data={"token": token})
    assert (await browser.get("/list")).status_code == 200
    assert (await browser.post("/list")).status_code == 401
    assert (await browser.get("/list", headers={"Accept": "application/json"})).status_code == 401
    assert (await browser.post("/list", headers={"Authorization": f"Bearer {token}"})).status_code == 200


async def test_no_script_and_no_other_site_gets_the_cookie(browser: httpx.AsyncClient, token: str) -> None:
    """HttpOnly, SameSite=Strict, an hour; Secure wherever the API is not asked on this machine itself."""
    kept = (await browser.post("/sign-in", data={"token": token})).headers["set-cookie"]
    assert {"HttpOnly", "SameSite=strict", "Max-Age=3600", "Path=/"} <= set(kept.split("; "))
    assert "Secure" not in kept
    elsewhere = await browser.post("https://lists.example/sign-in", data={"token": token})
    assert "Secure" in elsewhere.headers["set-cookie"].split("; ")


@pytest.mark.parametrize("wrong", ["", "nonsense", "a.b.c"])
async def test_a_token_that_does_not_count_is_told(browser: httpx.AsyncClient, wrong: str) -> None:
    """The page says what is wrong with it, repeats nothing of it and sets no cookie."""
    answer = await browser.post("/sign-in", data={"token": wrong, "next": "/list"})
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert not wrong or wrong not in answer.text
    assert "set-cookie" not in answer.headers


async def test_a_cookie_that_has_expired_leads_to_the_page(browser: httpx.AsyncClient) -> None:
    """A browser is asked again, and not told 401."""
    answer = await browser.get("/list", headers={"Cookie": "dutiful_token=a.b.c"})
    assert answer.headers["location"].startswith("/sign-in")


@pytest.mark.parametrize("there", ["//evil.example", "https://evil.example", "/\\evil.example", "/a\r\nb", ""])
async def test_the_page_leads_nowhere_else(browser: httpx.AsyncClient, token: str, there: str) -> None:
    """`next` is a path of this API, or else the API's own page."""
    answer = await browser.post("/sign-in", data={"token": token, "next": there})
    assert answer.headers["location"] == "/docs"


async def test_another_site_signs_nobody_in(browser: httpx.AsyncClient, token: str) -> None:
    """A form elsewhere can't make a browser read with somebody else's token."""
    answer = await browser.post("/sign-in", data={"token": token}, headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers


async def test_markup_in_an_address_is_text(browser: httpx.AsyncClient) -> None:
    """The page repeats where it leads to, and runs nothing of it."""
    page = await browser.get("/sign-in", params={"next": '/"><script>alert(1)</script>'})
    assert "<script" not in page.text
