"""DSR-3, the request's side: help at the client's express request, and a quote before what is costly begins."""

import pytest
from tests.requests.desk import Desk

from contracts.request import AssistanceStanding, NoticeKind, RequestAssistanceMoved

pytestmark = pytest.mark.servers
OURS = "/requests/dsar-1/assistance"
CLIENTS = "/clients/acme/requests/dsar-1/assistance"
QUOTE = {"amount": "1200.00", "currency": "EUR", "text": "Two days of work."}


async def _asked(desk: Desk) -> str:
    await desk.ask()
    await desk.instruct()
    made = await desk.post("acme", CLIENTS, {"instruction_id": "inst-1", "acts": ["find", "export"]})
    assert made.status_code == 201, made.text
    [help_] = made.json()["assistance"]
    return str(help_["assistance_id"])


def _standings(desk: Desk) -> list[AssistanceStanding]:
    return [each.standing for each in desk.of(RequestAssistanceMoved)]


async def test_costly_help_begins_once_its_quote_is_accepted(desk: Desk) -> None:
    """DSR-3: asked, quoted, accepted, begun; while the quote is open nothing is begun."""
    assistance_id = await _asked(desk)
    quoted = await desk.post("operator", f"{OURS}/{assistance_id}/quote", QUOTE)
    quote_id = quoted.json()["assistance"][0]["quote"]["quote_id"]
    assert (await desk.post("operator", f"{OURS}/{assistance_id}/start")).status_code == 409
    answer = {"quote_id": quote_id, "accepted": True}
    for staff in ("operator", "dpo"):
        assert (await desk.post(staff, f"{CLIENTS}/{assistance_id}/answer", answer)).status_code == 403
    accepted = await desk.post("acme", f"{CLIENTS}/{assistance_id}/answer", answer)
    assert accepted.json()["assistance"][0]["quote"]["accepted"] is True
    assert (await desk.post("operator", f"{OURS}/{assistance_id}/start")).status_code == 201
    await desk.settle()
    steps = AssistanceStanding
    assert _standings(desk) == [steps.ASKED, steps.QUOTED, steps.AGREED, steps.STARTED]
    assert desk.told(NoticeKind.QUOTE_OFFERED) == [("acme", "dsar-1")]
    started = desk.of(RequestAssistanceMoved)[-1]
    assert (started.instruction_id, started.client_id) == ("inst-1", "acme")


async def test_declined_help_is_never_begun(desk: Desk) -> None:
    """DSR-3: who declines the quote gets no help and no bill; another answer comes too late."""
    assistance_id = await _asked(desk)
    quoted = await desk.post("operator", f"{OURS}/{assistance_id}/quote", QUOTE)
    answer = {"quote_id": quoted.json()["assistance"][0]["quote"]["quote_id"], "accepted": False}
    assert (await desk.post("acme", f"{CLIENTS}/{assistance_id}/answer", answer)).status_code == 201
    again = await desk.post("acme", f"{CLIENTS}/{assistance_id}/answer", answer | {"accepted": True})
    assert again.status_code == 409
    assert (await desk.post("operator", f"{OURS}/{assistance_id}/start")).status_code == 409
    assert (await desk.post("operator", f"{OURS}/{assistance_id}/quote", QUOTE)).status_code == 409


async def test_what_is_no_great_work_needs_no_quote(desk: Desk) -> None:
    """DSR-3: it begins as it is asked for."""
    assistance_id = await _asked(desk)
    assert (await desk.post("operator", f"{OURS}/{assistance_id}/start")).status_code == 201
    await desk.settle()
    assert _standings(desk) == [AssistanceStanding.ASKED, AssistanceStanding.STARTED]


async def test_help_rests_on_an_instruction_to_the_last(desk: Desk) -> None:
    """DSR-3: without one that counts nobody helps, and one that is withdrawn stops what has not begun."""
    assistance_id = await _asked(desk)
    unknown = {"instruction_id": "inst-unknown", "acts": ["erase"]}
    assert (await desk.post("acme", CLIENTS, unknown)).status_code == 409
    await desk.withdraw()
    refused = await desk.post("operator", f"{OURS}/{assistance_id}/start")
    assert (refused.status_code, "withdrawn" in refused.json()["detail"]) == (409, True)


async def test_another_client_asks_for_nothing_and_accepts_nothing(desk: Desk) -> None:
    """§12: to another client neither the request nor the quote is there."""
    assistance_id = await _asked(desk)
    await desk.instruct("inst-2", client_id="borealis", request_id=None)
    theirs = "/clients/borealis/requests/dsar-1/assistance"
    body = {"instruction_id": "inst-2", "acts": ["find"]}
    assert (await desk.post("borealis", theirs, body)).status_code == 404
    answer = {"quote_id": "q", "accepted": True}
    assert (await desk.post("borealis", f"{theirs}/{assistance_id}/answer", answer)).status_code == 404
    assert (
        await desk.post("acme/administrator", CLIENTS, {"instruction_id": "inst-1", "acts": ["find"]})
    ).status_code == 403
