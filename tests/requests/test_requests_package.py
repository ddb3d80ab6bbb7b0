"""DSR-3: all that help brought is one package for the client: a manifest, and what each holder hands out."""

import io
import json
import tarfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

import pytest
from aiohttp import web
from tests.requests.desk import Desk
from tests.requests.test_requests_tasks import confirm, declare, help_with, start

from contracts.dsar import Act
from contracts.task import TaskOrdered, TaskPackage
from requests_desk.fetching import Torn
from requests_desk.gathering import MANIFEST

pytestmark = pytest.mark.servers
PATH = "/clients/acme/requests/dsar-1/assistance/help-1/package.tar"
CONTENT = b"what the holder has of her " * 40_000


@dataclass
class Holder:
    """A holder that hands one package out, to whoever has its client's token and then its link."""

    content: bytes = CONTENT
    link: str | None = "https://public.example/packages/x.tar?signature=good"
    status: int = 200
    shown: list[str] = field(default_factory=list)

    async def page(self, request: web.Request) -> web.Response:
        """The package's page."""
        self.shown.append(request.headers["Authorization"])
        return web.json_response({"url": self.link}, status=self.status)

    async def tar(self, request: web.Request) -> web.Response:
        """The package."""
        assert request.query["signature"] == "good"
        return web.Response(body=self.content)


@asynccontextmanager
async def _serving(holder: Holder) -> AsyncIterator[str]:
    app = web.Application()
    app.router.add_get("/packages/{order}.tar", holder.tar)
    app.router.add_get("/packages/{order}", holder.page)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}/"
    await runner.cleanup()


def _knows(desk: Desk, **holders: str) -> None:
    desk.app.settings = desk.app.settings.model_copy(update={"holders": holders})


def _made(order: TaskOrdered) -> TaskPackage:
    return TaskPackage(
        manifest_sha256="a" * 64,
        package_sha256=sha256(CONTENT).hexdigest(),
        bytes=len(CONTENT),
        url=f"https://{order.holder_id}.example/packages/{order.order_id}",
        expires_at=order.available_until or order.due_at,
    )


async def _done(desk: Desk) -> list[TaskOrdered]:
    """Help with an export by two holders is done; the orders."""
    await declare(desk, "crm", "client_contacts_manual")
    await declare(desk, "fax", "faxes")
    await help_with(desk, Act.EXPORT)
    await start(desk)
    orders = desk.of(TaskOrdered)
    assert (await desk.get("acme", PATH)).status_code == 409, "it is gathered when it is done"
    for order in orders:
        await confirm(desk, order, package=_made(order), unreached=("the archive",))
    return orders


def _opened(content: bytes) -> tuple[dict[str, Any], dict[str, bytes]]:
    with tarfile.open(fileobj=io.BytesIO(content)) as opened:
        files = {each.name: opened.extractfile(each).read() for each in opened}  # type: ignore[union-attr]
    return json.loads(files.pop(MANIFEST)), files


async def test_one_package_holds_what_every_holder_hands_out(desk: Desk) -> None:
    """A manifest with checksums first, then each holder's bytes as they were confirmed."""
    orders = await _done(desk)
    holder = Holder()
    async with _serving(holder) as url:
        _knows(desk, crm=url, fax=url)
        answer = await desk.get("acme", PATH)
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
    assert int(answer.headers["content-length"]) == len(answer.content)
    manifest, files = _opened(answer.content)
    names = [f"{order.holder_id}/{order.order_id}.tar" for order in orders]
    assert files == dict.fromkeys(names, CONTENT)
    assert [(each["file"], each["sha256"], each["bytes"]) for each in manifest["files"]] == [
        (name, sha256(CONTENT).hexdigest(), len(CONTENT)) for name in names
    ]
    assert (manifest["complete"], manifest["request_id"], manifest["client_id"]) == (False, "dsar-1", "acme")
    assert [each["unreached"] for each in manifest["done"]] == [["the archive"]] * 2
    assert all(each.startswith("Bearer ") for each in holder.shown)


async def test_what_is_not_there_is_named_with_its_reason(desk: Desk) -> None:
    """A holder of whose address nobody told us, and a package whose time is over: the manifest says where and why."""
    await _done(desk)
    async with _serving(Holder(link=None)) as url:
        _knows(desk, crm=url)
        manifest, files = _opened((await desk.get("acme", PATH)).content)
    assert files == {}
    over, elsewhere = manifest["files"]
    assert (over["file"], over["why"]) == (None, "the time to fetch it is over, or it was acknowledged")
    assert elsewhere["why"] == "this holder hands it out itself"
    assert elsewhere["fetch_at"].startswith("https://fax.example/packages/")


async def test_a_holder_that_is_away_is_named_and_nothing_is_half_done(desk: Desk) -> None:
    """Nothing answers, or it errs: 503 before the first byte, so that the client asks again."""
    await _done(desk)
    _knows(desk, crm="http://127.0.0.1:9")
    answer = await desk.get("acme", PATH)
    assert answer.status_code == 503
    assert "the holder crm does not answer now" in answer.json()["detail"]
    async with _serving(Holder(status=500)) as url:
        _knows(desk, crm=url)
        assert (await desk.get("acme", PATH)).status_code == 503


@pytest.mark.parametrize("content", [CONTENT[:-1], CONTENT + b"!", CONTENT[:-1] + b"?", b""])
async def test_other_bytes_than_were_confirmed_break_it_off(desk: Desk, content: bytes) -> None:
    """Too short, too long, changed, nothing: the client never gets a whole package that isn't what was confirmed."""
    await _done(desk)
    async with _serving(Holder(content)) as url:
        _knows(desk, crm=url, fax=url)
        with pytest.raises(Torn):
            await desk.get("acme", PATH)


async def test_it_is_for_its_client_and_who_may_fetch_alone(desk: Desk) -> None:
    """CON-1: another client finds nothing; an administrator may see requests and fetches none; staff don't either."""
    await _done(desk)
    assert (await desk.get("borealis", PATH)).status_code == 404
    assert (await desk.get("borealis", PATH.replace("acme", "borealis"))).status_code == 404
    for who in ("acme/administrator", "acme/manager", "operator", "dpo"):
        assert (await desk.get(who, PATH)).status_code == 403
    assert (await desk.http.get(PATH)).status_code == 401
