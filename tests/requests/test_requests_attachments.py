"""§9: files of a request are bounded, closed, known by their hash, never a page, and gone with the rest."""

from hashlib import sha256

import httpx
import pytest
from tests.requests.desk import SECRET, Desk
from tests.ways import Way, check_rights

from chassis.rights import Right

pytestmark = pytest.mark.servers
HOSTILE = f"<script>alert('{SECRET}')</script>".encode()
HASH = sha256(HOSTILE).hexdigest()
PATH = "/requests/dsar-1/attachments"
SEEING = frozenset({Right.SEE_REQUESTS, Right.SEE_ALL_CLIENTS, Right.HANDLE_REQUESTS})


async def _keep(desk: Desk, content: bytes = HOSTILE, who: str = "operator") -> httpx.Response:
    return await desk.http.post(PATH, content=content, headers=desk.headers(who))


async def test_a_file_is_kept_closed_and_given_back_as_bytes(desk: Desk) -> None:
    """Nothing of it lies open; a browser that opens it gets a download, whatever it pretends to be."""
    await desk.ask()
    for _ in range(2):
        kept = await _keep(desk)
        assert (kept.status_code, kept.json()) == (201, {"sha256": HASH, "bytes": len(HOSTILE)})
    assert HOSTILE not in await desk.value("SELECT closed FROM attachment")
    assert (await desk.get("operator", f"{PATH}/{HASH}")).status_code == 403, "take the request first"
    await desk.post("operator", "/requests/dsar-1/handler")
    for who, path in (("operator", PATH), ("acme", f"/clients/acme{PATH}")):
        answer = await desk.get(who, f"{path}/{HASH}")
        assert (answer.status_code, answer.content) == (200, HOSTILE)
        assert answer.headers["content-type"] == "application/octet-stream"
        assert answer.headers["content-disposition"].startswith("attachment")
        assert answer.headers["x-content-type-options"] == "nosniff"
    assert (await desk.get("dpo", f"{PATH}/{HASH}")).status_code == 403
    assert (await desk.get("borealis", f"/clients/borealis{PATH}/{HASH}")).status_code == 404
    assert (await desk.get("acme", f"/clients/acme{PATH}/{'0' * 64}")).status_code == 404


async def test_it_goes_with_what_is_personal(desk: Desk) -> None:
    """After the period of the agreement nothing is left of it; and nothing is added to what is over."""
    await desk.ask()
    await _keep(desk)
    await desk.post("operator", "/requests/dsar-1/closure", {"reason": "The client answers."})
    await desk.settle()
    assert (await _keep(desk, b"more")).status_code == 409
    await desk.pass_days(120)
    assert await desk.value("SELECT count(*) FROM attachment") == 0


async def test_files_are_bounded(desk: Desk) -> None:
    """Neither empty nor large, and no more than the setting says; the same again is no other."""
    await desk.ask()
    desk.app.settings = desk.app.settings.model_copy(update={"attachments_per_request": 1})
    assert (await _keep(desk, b"")).status_code == 422
    assert (await _keep(desk, b"x" * 3_000_000)).status_code == 413
    assert (await _keep(desk)).status_code == 201
    assert (await _keep(desk)).status_code == 201
    refused = await _keep(desk, b"another")
    assert refused.status_code == 409
    assert "1 files are kept" in refused.json()["detail"]
    assert (
        await desk.http.post("/requests/none/attachments", content=b"x", headers=desk.headers("dpo"))
    ).status_code == 404


WAYS = [
    Way("POST", PATH, SEEING),
    Way("GET", f"/clients/acme{PATH}/{HASH}", frozenset({Right.SEE_REQUESTS})),
]


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.operation)
async def test_every_role_may_what_its_rights_say(desk: Desk, way: Way) -> None:
    """SSO-1: whoever lacks the right is told so."""
    await desk.ask()
    await _keep(desk)
    await check_rights(desk, way, {})
