"""§9 whole, from what somebody asks to what leaves on an instruction, on the real servers and from a shell."""

import asyncio
import hashlib
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from pydantic_core import from_json
from tests.flows.street import Street
from typer.testing import CliRunner, Result

from dutiful.cli import app

pytestmark = pytest.mark.servers
SECRET = "Jane Roe of Main Street"


async def command(street: Street, who: str, *arguments: str) -> Result:
    """`dutiful …` as somebody runs it."""
    headers = street.authorized(who)
    env = {"DUTIFUL_TOKEN": headers["Authorization"].removeprefix("Bearer "), "COLUMNS": "250"}
    env["DUTIFUL_REQUESTS"] = street.house.url("requests")
    return await asyncio.to_thread(CliRunner().invoke, app, arguments, env=env)


async def done(street: Street, who: str, *arguments: str) -> str:
    """What the command prints; it must succeed."""
    result = await command(street, who, *arguments)
    assert result.exit_code == 0, result.output
    return result.stdout


async def test_from_a_request_to_its_instructed_answer(street: Street, tmp_path: Path) -> None:
    """DSR-1, DSR-2: found by its name, told by signed webhook and in French, refused, instructed, answered."""
    await street.sign("q-acme")
    await street.register("q-acme")
    asked = {
        "request_id": "q-dsar",
        "right": "access",
        "received_at": street.clock.now().isoformat(),
        "text": f"I am {SECRET}.",
        "reply_to": "jane@private.example",
        "hints": ["Q-Acme"],
    }
    await street.publish("dsar.received", "q-dsar", asked)
    await street.until(partial(street.of, "request.told", request_id="q-dsar", client_id="q-acme"))
    requests = await street.receiver.wait_for(lambda got: any(each.path == "/q-acme" for each in got))
    (webhook,) = [each for each in requests if each.path == "/q-acme"]
    assert webhook.verified
    body: Any = from_json(webhook.body)
    assert (body["type"], body["data"]["right"]) == ("notice.dsar_received", "access")
    assert body["data"]["answer_by_unrolled"] == "2026-05-30"
    mails = await street.house.smtp.wait_for(lambda got: any("dpo@q-acme.example" in each.recipients for each in got))
    mail = next(each for each in mails if "dpo@q-acme.example" in each.recipients)
    part = mail.message.get_body(("plain",))
    assert part
    assert "droit d'accès" in part.get_content()
    assert "30 mai 2026" in part.get_content()
    assert SECRET not in part.get_content() + webhook.body.decode()

    assert SECRET not in await done(street, "operator", "dsar", "show", "q-dsar")
    assert SECRET in await done(street, "operator", "dsar", "take", "q-dsar")
    words = tmp_path / "answer.txt"
    words.write_text(f"Dear {SECRET}, here it is.")
    drafted = await done(street, "operator", "dsar", "draft", "q-dsar", "--text", str(words))
    assert "nothing has left" in drafted
    seen: Any = await street.get("q-acme/super_administrator", "requests", "/clients/q-acme/requests/q-dsar")
    [answer] = seen["answers"]
    assert answer["said"]["text"] == words.read_text()
    refused = await command(street, "operator", "dsar", "send", "q-dsar", answer["answer_id"])
    assert (refused.exit_code, "names no instruction" in refused.output) == (1, True)
    given = await done(
        street, "q-acme/super_administrator", "instruction", "give", "q-acme", "--request", "q-dsar",
        "--text", "Send what you drafted.", "--purpose", "to answer the request",
    )  # fmt: skip
    assert "in force" in given
    instruction_id = given.partition(":")[0]
    sent = await done(
        street, "operator", "dsar", "send", "q-dsar", answer["answer_id"], "--instruction", instruction_id
    )
    assert f"on {instruction_id}" in sent
    content = await done(street, "operator", "dsar", "content", "q-dsar", answer["answer_id"])
    assert hashlib.sha256(content.rstrip("\n").encode()).hexdigest() == answer["sha256"]
    await street.until(partial(street.of, "request.answer_sent", request_id="q-dsar"))
    [event] = street.of("request.answer_sent", request_id="q-dsar")
    assert (event["instruction_id"], event["instruction_channel"]) == (instruction_id, "api")
    seen = await street.get("q-acme/super_administrator", "requests", "/clients/q-acme/requests/q-dsar")
    assert [each["tried_by"] for each in seen["refused"]] == ["operator"]
    assert not [each for each in street.said if SECRET in str(each.data)]
    await street.terminate("q-acme")


async def test_a_doubted_instruction(street: Street) -> None:
    """INS-2: suspended from a shell; the client is told in words, and confirms; its register shows each step."""
    await street.sign("d-acme")
    given = await done(
        street, "operator", "instruction", "give", "d-acme", "--text", "Call everybody.", "--purpose", "sales",
        "--channel", "letter", "--by", "A. Client", "--received-at", street.clock.now().isoformat(),
    )  # fmt: skip
    instruction_id = given.partition(":")[0]
    doubted = await done(
        street, "dpo", "instruction", "doubt", "d-acme", instruction_id, "--reason", "Nobody has consented."
    )
    assert "suspended" in doubted
    kind = "instruction_suspended"
    await street.until(partial(street.of, "notice.received", about=instruction_id, client_id="d-acme", kind=kind))
    confirmed = await done(street, "d-acme/super_administrator", "instruction", "confirm", "d-acme", instruction_id)
    assert "in force" in confirmed
    assert instruction_id in await done(street, "auditor", "instruction", "list", "d-acme")
    await street.until(lambda: len(street.of("register.entered", instruction_id=instruction_id)) == 3)
    standings = [each["standing"] for each in street.of("register.entered", instruction_id=instruction_id)]
    assert standings == ["in_force", "suspended", "in_force"]
    await street.terminate("d-acme")


async def test_a_request_under_a_ban_that_ends(street: Street) -> None:
    """DSR-4: sealed from a shell; nothing is said while the ban lasts; on its end the notice goes out by itself."""
    await street.sign("b-acme")
    await street.sign("b-other")
    now = street.clock.now()
    until = (now + timedelta(days=7)).date().isoformat()
    entered = await done(
        street, "operator", "authority", "receive", "b-auth", "--client", "b-acme", "--authority", "A court",
        "--kind", "law_enforcement", "--legal-basis", "A law", "--text", "All calls", "--ban", "Its order",
        "--until", until, "--received-at", now.isoformat(),
    )  # fmt: skip
    assert '"sealed": true' in entered
    # Another client's request, entered after it, is told; what is sealed would have been by then.
    await done(
        street, "operator", "authority", "receive", "b-open", "--client", "b-other", "--authority", "A court",
        "--kind", "law_enforcement", "--legal-basis", "A law", "--text", "All calls", "--received-at", now.isoformat(),
    )  # fmt: skip
    await street.until(partial(street.of, "request.told", request_id="b-open"))
    assert not [each for each in street.said if "b-auth" in str(each.data)]
    assert "b-auth" not in await done(street, "operator", "authority", "list")
    assert (await command(street, "operator", "authority", "open", "b-auth", "--reason", "Curious")).exit_code == 1
    assert "All calls" in await done(street, "dpo", "authority", "open", "b-auth", "--reason", "The court called.")
    street.clock.jump_to(now + timedelta(days=9))
    await street.until(partial(street.of, "request.told", request_id="b-auth", client_id="b-acme"))
    log = await done(street, "dpo", "authority", "log", "b-auth")
    assert all(what in log for what in ("sealed", "opened", "ended"))
    await street.terminate("b-acme", "b-other")
