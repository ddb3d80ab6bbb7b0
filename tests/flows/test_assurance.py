"""§7, §5 and §3.2 on the real servers: from a request to the client's endpoint; staff who are bound everywhere."""

import asyncio
from functools import partial
from http import HTTPStatus
from pathlib import Path

import pytest
from pydantic_core import from_json, to_json
from tests.flows.street import Street
from typer.testing import CliRunner, Result

from dutiful.cli import app

pytestmark = pytest.mark.servers
ACME = "as-acme"


async def command(street: Street, who: str, *arguments: str) -> Result:
    """`dutiful …` as somebody runs it."""
    env = {"DUTIFUL_TOKEN": street.authorized(who)["Authorization"].removeprefix("Bearer "), "COLUMNS": "200"}
    env["DUTIFUL_ASSURANCE"] = street.house.url("assurance")
    return await asyncio.to_thread(CliRunner().invoke, app, list(arguments), env=env)


async def done(street: Street, who: str, *arguments: str) -> str:
    """The same, which must count."""
    result = await command(street, who, *arguments)
    assert result.exit_code == 0, result.output
    return result.stdout


async def refused(street: Street, who: str, *arguments: str) -> str:
    """The same, which must not count: why."""
    result = await command(street, who, *arguments)
    assert result.exit_code == 1, result.output
    return result.stderr


async def test_an_audit_is_prepared_from_the_shell(street: Street, tmp_path: Path) -> None:
    """AUD-1, AUD-2: question, request, refusals with their dates, every gate; the client hears by webhook."""
    await street.sign(ACME)
    await street.register(ACME)
    client = f"{ACME}/super_administrator"
    await done(street, client, "question", "ask", ACME, "q1", "--item", "Who has access?")
    early = ("audit", "request", ACME, "a1", "--question", "q1", "--proposed-on", "2026-06-01", "--text", "See.")
    why = await refused(street, client, *early)
    assert "the gate need is closed (§7)" in why
    assert "not before 2026-06-0" in why
    await done(street, "operator", "question", "answer", ACME, "q1", "--answer", "1=Six people.")
    await done(street, client, "question", "insufficient", ACME, "q1", "--reason", "No names.")
    shown = await done(street, client, *early)
    assert "not before 2026-06-29" in shown  # 30 April + 60 days
    await street.until(partial(street.of, "notice.received", client_id=ACME, kind="audit_opened"))
    hook = next(body for body in map(from_json, _bodies(street)) if body["type"] == "notice.audit_opened")
    assert (hook["data"]["earliest_on"], hook["data"]["asked"]) == ("2026-06-29", "too_early")

    session = "2026-06-29T09:00:00+02:00/2026-06-29T17:00:00+02:00"
    terms = ("audit", "terms", ACME, "a1", "--scope", "All", "--amount", "900.00", "--session")
    assert "gate business_hours" in await refused(street, "operator", *terms, session.replace("T17", "T19"))
    assert "gate written_request" in await refused(street, "operator", *terms, session.replace("06-29", "06-26"))
    await done(street, "operator", *terms, session)
    await done(street, client, "audit", "answer", ACME, "a1", "scope_and_costs", "--accept", "--reason", "Fine.")
    assert "gate certificate" in await refused(street, "operator", "audit", "begin", ACME, "a1")
    paper = tmp_path / "plan.pdf"
    paper.write_bytes(b"%PDF-1.7 a plan")
    await done(street, client, "audit", "plan", ACME, "a1", "--document", str(paper), "--text", "All.")
    assert "plan" in await done(street, "auditor", "audit", "show", ACME, "a1")
    assert ACME in await done(street, "operator", "audit", "list", "--open")
    await street.terminate(ACME)


async def test_help_and_a_dispute_from_the_shell(street: Street, tmp_path: Path) -> None:
    """COO-1, DIS-1: a quote waits for the client alone; the days of a dispute are reckoned from its meeting."""
    delta = "as-delta"
    await street.sign(delta)
    client = f"{delta}/super_administrator"
    asked = ("--kind", "dpia", "--text", "Of transcription.", "--needed-on", "2026-05-29")
    assert "due on 2026-05-29" in await done(street, client, "assistance", "request", delta, "h1", *asked)
    await done(street, "operator", "assistance", "quote", delta, "h1", "x1", "--amount", "900.00", "--text", "A day.")
    assert "has not answered" in await refused(street, "operator", "assistance", "work", delta, "h1")
    accept = ("assistance", "accept", delta, "h1", "x1", "--accept")
    assert "may not accept a quote" in await refused(street, "operator", *accept)
    await done(street, client, *accept)
    await done(street, "operator", "assistance", "work", delta, "h1")
    paper = tmp_path / "dpia.pdf"
    paper.write_bytes(b"%PDF-1.7 a result")
    result = ("assistance", "give", delta, "h1", "--text", "Here.", "--document", str(paper))
    assert "given (over)" in await done(street, "operator", *result)
    await street.until(partial(street.of, "notice.received", client_id=delta, kind="assistance_given"))

    letter = ("--side", "client", "--text", "Costs.", "--registered-mail", "1A 1", "--received-on", "2026-04-20")
    await done(street, "operator", "dispute", "notify", delta, "d1", *letter)
    met = ("dispute", "meet", delta, "d1", "--met-on", "2026-04-28", "--text", "In Montrouge.")
    assert "due on 2026-06-27" in await done(street, "operator", *met)
    signed = ("dispute", "settle", delta, "d1", "--signed-on", "2026-04-29", "--document", str(paper))
    assert "settled (over)" in await done(street, "operator", *signed)
    mark = ("competitor", delta, "--yes", "--reason", "It sells telephony.")
    assert "It sells telephony." in await done(street, "operator", *mark)
    assert "gate competitor" in await refused(street, client, "question", "ask", delta, "q9", "--item", "Who?")
    await street.terminate(delta)


async def test_a_weakened_measure_waits_for_a_name(street: Street, tmp_path: Path) -> None:
    """SEC-1: without a justification the measures of before stay in force."""
    await street.sign("as-borealis")
    path = "/agreements/quicktalk/measures"
    before = await street.get("as-borealis/super_administrator", "assurance", path)
    proposed = before["proposed"]
    assert isinstance(proposed, dict)
    measures = [each for each in proposed["measures"] if each["measure_id"] != "antivirus"]
    file = tmp_path / "measures.json"
    file.write_bytes(to_json({"measures": measures, "reason": "EDR replaces it."}))
    held = await done(street, "operator", "measures", "propose", "quicktalk", "as-2", "--file", str(file))
    assert "held until somebody answers for antivirus" in held
    assert await street.get("as-borealis/super_administrator", "assurance", path) == before
    why = ("--by", "C. Martin, head of security", "--reason", "EDR replaces it.")
    await done(street, "operator", "measures", "justify", "quicktalk", "as-2", "antivirus", *why)
    shown = await done(street, "as-borealis/super_administrator", "measures", "history", "quicktalk")
    assert "as-2: in_force" in shown
    assert "antivirus: C. Martin, head of security: EDR replaces it." in shown
    await street.terminate("as-borealis")


async def test_staff_who_are_not_bound_are_refused_by_every_service(bound: Street) -> None:
    """STA-1: one register, one word on the bus, and each service's own check; what ends is heard as well."""
    reads = {
        "assurance": "/matters/audits",
        "breach": "/incidents",
        "console": "/record/check",
        "notifier": "/clients",
        "requests": "/requests",
        "retention": "/terminations",
        "subprocessor_registry": "/changes",
    }
    for service, path in reads.items():
        assert await _status(bound, service, path) == HTTPStatus.FORBIDDEN
    await done(bound, "dpo", "undertaking", "give", "operator", "--given-on", "2026-04-01")
    for service, path in reads.items():
        await _until_status(bound, service, path, HTTPStatus.OK)
    await done(bound, "dpo", "undertaking", "end", "operator", "--ended-on", "2026-04-02", "--reason", "She left.")
    for service, path in reads.items():
        await _until_status(bound, service, path, HTTPStatus.FORBIDDEN)
    assert "operator: not bound now" in await done(bound, "auditor", "undertaking", "list")


async def _status(street: Street, service: str, path: str) -> int:
    async with street.http.get(street.house.url(service) + path, headers=street.authorized("operator")) as answer:
        return answer.status


async def _until_status(street: Street, service: str, path: str, status: HTTPStatus) -> None:
    async with asyncio.timeout(60):
        while await _status(street, service, path) != status:  # noqa: ASYNC110 - another process's table changes
            await asyncio.sleep(0.05)


def _bodies(street: Street) -> list[bytes]:
    return [each.body for each in street.receiver.requests]
