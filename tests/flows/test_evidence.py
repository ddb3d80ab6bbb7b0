"""The record of evidence on real Kafka and PostgreSQL, beside all services that fill it (EVI-1: §3.2, §7)."""

import asyncio
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from tests.flows.street import Street
from typer.testing import CliRunner, Result

from chassis.signing import Signer
from dutiful.cli import app

pytestmark = [pytest.mark.servers, pytest.mark.slow]
SECRET = "Jane Doe-Dupont"
WITHIN_S = 60


async def command(street: Street, who: str, *arguments: str) -> Result:
    """`dutiful evidence …` as somebody runs it."""
    env = {"DUTIFUL_TOKEN": street.authorized(who)["Authorization"].removeprefix("Bearer "), "COLUMNS": "200"}
    env["DUTIFUL_CONSOLE"] = street.house.url("console")
    return await asyncio.to_thread(CliRunner().invoke, app, ("evidence", *arguments), env=env)


async def done(street: Street, who: str, *arguments: str) -> str:
    """The same, which must count."""
    result = await command(street, who, *arguments)
    assert result.exit_code == 0, result.output
    return result.stdout


async def record(street: Street, client_id: str) -> list[Any]:
    """All that is in a client's record."""
    url = f"{street.house.url('console')}/clients/{client_id}/record"
    async with street.http.get(url, params={"limit": 500}, headers=street.authorized("auditor")) as answer:
        return (await answer.json())["items"] if answer.ok else []


async def until_recorded(street: Street, client_id: str, event_type: str) -> list[Any]:
    """Wait until a client's record holds such an event; all that it holds then."""
    async with asyncio.timeout(WITHIN_S):
        while True:
            found = await record(street, client_id)
            if event_type in [each["type"] for each in found]:
                return found
            await asyncio.sleep(0.1)


async def test_a_change_and_a_request_are_exported_and_proven(street: Street, tmp_path: Path) -> None:
    """What all services said of a client is in its record, and nothing of who asked; two exports verify."""
    await street.sign("ev-acme")
    await street.sign("ev-blue")
    client = "ev-acme/super_administrator"
    older, newer, key = (tmp_path / name for name in ("older", "newer", "key.pub"))
    key.write_text(Signer(street.house.evidence_key).public_pem)
    await until_recorded(street, "ev-acme", "permission.set")
    await done(street, client, "export", "--client", "ev-acme", "--out", str(older))
    asked = {
        "request_id": "ev-dsar",
        "right": "access",
        "received_at": street.clock.now().isoformat(),
        "text": f"I am {SECRET}.",
        "client_id": "ev-acme",
    }
    await street.publish("dsar.received", "ev-dsar", asked)
    found = await until_recorded(street, "ev-acme", "request.told")
    types = [each["type"] for each in found]
    assert {"client.signed", "permission.set", "request.opened", "request.matched", "notice.received"} <= set(types)
    assert SECRET not in str(found)
    assert "ev-blue" not in str(found)
    [told] = [each for each in found if each["type"] == "request.notice_ordered"]
    assert told["clause"].startswith("9")
    assert "request.told" in await done(street, client, "show", "--client", "ev-acme", "--about", "ev-dsar")
    assert "DSR-1" in await done(street, client, "promises", "--client", "ev-acme")
    assert (await command(street, client, "show", "--client", "ev-blue")).exit_code == 1
    await done(street, client, "export", "--client", "ev-acme", "--out", str(newer))
    said = await done(street, client, "verify", str(newer), "--key", str(key), "--since", str(older))
    assert "nothing in there was rewritten" in said
    newer.write_bytes(newer.read_bytes().replace(b'"access"', b'"erasure"', 1))
    refused = await command(street, client, "verify", str(newer), "--key", str(key))
    assert refused.exit_code == 1
    assert "of client/ev-acme (request." in refused.output
    await street.terminate("ev-acme", "ev-blue")


async def test_what_is_sealed_is_in_no_record_until_its_ban_ends(street: Street) -> None:
    """§9: said on the bus itself, an authority's request shows in the record when the ban is over, and not before."""
    await street.sign("ev-calm")
    now = street.clock.now()
    sealed = {
        "request_id": "ev-auth",
        "authority": "A court",
        "kind": "law_enforcement",
        "legal_basis": "A law",
        "received_at": now.isoformat(),
        "client_id": "ev-calm",
        "text": "All calls",
        "ban": {"text": "Its order", "until": (now + timedelta(days=7)).date().isoformat()},
    }
    await street.publish("authority.requested", "ev-auth", sealed)
    open_ = {name: value for name, value in sealed.items() if name != "ban"} | {"request_id": "ev-open"}
    await street.publish("authority.requested", "ev-open", open_)
    found = await until_recorded(street, "ev-calm", "request.told")
    assert "ev-auth" not in str(found)
    street.clock.jump_to(now + timedelta(days=9))
    await street.until(partial(street.of, "request.told", request_id="ev-auth", client_id="ev-calm"))
    async with asyncio.timeout(WITHIN_S):
        while "ev-auth" not in str(await record(street, "ev-calm")):  # noqa: ASYNC110 - another process writes
            await asyncio.sleep(0.1)
    assert "All calls" not in str(await record(street, "ev-calm"))
    assert "holds every head" in await done(street, "dpo", "check")
    await street.terminate("ev-calm")
