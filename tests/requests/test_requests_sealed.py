"""DSR-4: of an authority's request the client is told, unless the law forbids it; then nothing reveals it."""

import asyncio
from datetime import date

import pytest
from tests.requests.desk import SECRET, Desk

from chassis.errors import Rejected
from contracts.authority import AuthorityBanExtended, AuthorityBanLifted, Ban
from contracts.request import (
    NoticeKind,
    RequestAnswerRefused,
    RequestAnswerSent,
    RequestMatched,
    RequestNoticeOrdered,
)
from requests_desk.watch import Watch

pytestmark = pytest.mark.servers
BAN = Ban(text="Art. 11 CPP: secrecy of the investigation", until=date(2026, 12, 4))
"""The tests begin on 24 November."""
ENDLESS = Ban(text="An order of a court")
DAYS_OF_BAN = 11


async def test_without_a_ban_the_client_is_told_at_once(desk: Desk) -> None:
    """DSR-4: promptly, with the authority and its legal basis."""
    await desk.demand()
    [order] = desk.of(RequestNoticeOrdered)
    assert (order.kind, order.client_ids) == (NoticeKind.AUTHORITY_REQUESTED, ("acme",))
    assert (order.facts["authority"], order.facts["legal_basis"]) == ("Tribunal judiciaire", "Art. 77-1-1 CPP")
    assert "ban" not in order.facts
    assert SECRET not in order.model_dump_json()


async def test_the_same_gate_stands_before_its_answers(desk: Desk) -> None:
    """DSR-4: an authority too is answered on an instruction about its request, and never without."""
    await desk.demand()
    await desk.draft(request_id="auth-1")
    await desk.send_answer(None, request_id="auth-1")
    await desk.instruct(request_id="auth-1")
    await desk.send_answer(request_id="auth-1")
    assert len(desk.of(RequestAnswerRefused)) == len(desk.of(RequestAnswerSent)) == 1


async def test_nothing_reveals_what_is_sealed(desk: Desk) -> None:
    """DSR-4: no event, list, answer, metric, journal or readable row; to the client it does not exist."""
    before = await _tables(desk)
    await desk.demand(ban=BAN)
    assert desk.said == []
    assert await _tables(desk) == before
    never = await desk.get("acme", "/clients/acme/requests/never-there")
    for who in ("acme", "operator", "auditor"):
        path = "/requests/auth-1" if who != "acme" else "/clients/acme/requests/auth-1"
        answer = await desk.get(who, path)
        assert (answer.status_code, answer.content) == (404, never.content)
    assert (await desk.get("acme", "/clients/acme/requests")).json()["items"] == []
    assert (await desk.get("operator", "/requests")).json()["items"] == []
    about = {"text": "What is it?", "purpose": "to know", "request_id": "auth-1"}
    assert (await desk.post("acme", "/clients/acme/instructions", about)).content == never.content
    watch = Watch(desk.runtime)
    await watch.look()
    assert (watch.waiting.requests, watch.waiting.untold) == ({}, 0)
    closed = await desk.value("SELECT closed FROM sealed")
    assert all(word not in closed for word in (b"acme", b"Tribunal", SECRET.encode()))
    dated = await desk.runtime.pool.fetch("SELECT key, value, headers FROM agenda")
    assert [bytes(row["value"]) for row in dated] == [b'{"request_id":"auth-1"}']
    assert all("acme" not in str(row) for row in dated)


async def _tables(desk: Desk) -> dict[str, int]:
    """How many rows there are where anybody but the named roles looks."""
    names = ("request", "requester", "journal", "instruction", "answer", "candidate", "alias", "assistance")
    return {name: await desk.value(f"SELECT count(*) FROM {name}") for name in names}


async def test_named_roles_open_it_and_each_opening_is_on_record(desk: Desk) -> None:
    """DSR-4: only they, with a reason, which is kept before anything is shown."""
    await desk.demand(ban=BAN)
    reason = {"reason": "The prosecutor called."}
    for who in ("operator", "auditor", "acme"):
        assert (await desk.get(who, "/sealed")).status_code == 403
        assert (await desk.post(who, "/sealed/auth-1/openings", reason)).status_code == 403
    [line] = (await desk.get("dpo", "/sealed")).json()
    assert (line["request_id"], line["openings"], len(line)) == ("auth-1", 0, 3)
    assert (await desk.post("dpo", "/sealed/auth-1/openings", {"reason": " "})).status_code == 422
    seen = (await desk.post("dpo", "/sealed/auth-1/openings", reason)).json()
    assert seen["sealed"]["said"]["text"] == f"All calls of {SECRET}"
    log = (await desk.get("dpo", "/sealed/auth-1/log")).json()
    assert [(each["what"], each["by"], each["reason"]) for each in log] == [
        ("sealed", "requests", "said by tests"),
        ("opened", "dpo@example", reason["reason"]),
    ]
    assert (await desk.post("dpo", "/sealed/never/openings", reason)).status_code == 404


@pytest.mark.parametrize("down", [False, True])
async def test_the_ban_ends_by_its_date_and_the_notice_goes_out_by_itself(desk: Desk, *, down: bool) -> None:
    """DSR-4: after its last day, whether somebody is here or comes back later; the client has all its time to know."""
    await desk.demand(ban=BAN)
    await desk.pass_days(DAYS_OF_BAN - 1)
    assert desk.said == []
    if down:
        await desk.leap_days(30)
    else:
        await desk.pass_days(1)
    [order] = desk.of(RequestNoticeOrdered)
    assert order.facts["ban"] == BAN.text
    assert order.deadline_at > desk.clock.now()
    [line] = (await desk.get("acme", "/clients/acme/requests")).json()["items"]
    assert line["request_id"] == "auth-1"
    log = (await desk.get("dpo", "/sealed/auth-1/log")).json()
    assert [each["what"] for each in log] == ["sealed", "ended"]
    assert (await desk.get("dpo", "/sealed")).json() == []


async def test_the_ban_is_lifted_or_extended(desk: Desk) -> None:
    """DSR-4: a lifted one tells at once, an extended one at its new end, one without end never by itself."""
    await desk.demand("auth-1", ban=BAN)
    await desk.demand("auth-2", ban=BAN)
    await desk.demand("auth-3", ban=ENDLESS)
    lifted = await desk.post("dpo", "/sealed/auth-1/end", {"reason": "The court wrote."})
    assert lifted.status_code == 201, lifted.text
    extended = {"ban": {"text": "Another order", "until": "2027-01-31"}}
    assert (await desk.post("dpo", "/sealed/auth-2/extension", extended)).status_code == 201
    await desk.settle()
    assert desk.told(NoticeKind.AUTHORITY_REQUESTED) == [("acme", "auth-1")]
    await desk.pass_days(30)
    assert desk.told(NoticeKind.AUTHORITY_REQUESTED) == [("acme", "auth-1")]
    await desk.pass_days(60)
    assert desk.told(NoticeKind.AUTHORITY_REQUESTED) == [("acme", "auth-1"), ("acme", "auth-2")]
    await desk.pass_days(1000)
    assert ("acme", "auth-3") not in desk.told(NoticeKind.AUTHORITY_REQUESTED)
    await desk.hear(AuthorityBanLifted(request_id="auth-3", lifted_by="DPO", reason="At last."))
    assert desk.told(NoticeKind.AUTHORITY_REQUESTED)[-1] == ("acme", "auth-3")


async def test_the_end_and_its_lifting_race_and_the_client_is_told_once(desk: Desk) -> None:
    """DSR-4: whoever comes first unseals it; the other finds nothing to unseal."""
    await desk.demand(ban=BAN)
    lifted = AuthorityBanLifted(request_id="auth-1", lifted_by="DPO", reason="It is over.")
    desk.clock.jump_to(desk.clock.now().replace(month=12, day=5))
    await asyncio.gather(desk.settle(), desk.submit(lifted), return_exceptions=True)
    await desk.settle()
    assert desk.told(NoticeKind.AUTHORITY_REQUESTED) == [("acme", "auth-1")]


async def test_said_again_it_stays_sealed(desk: Desk) -> None:
    """At least once: the same request again, with its ban or by mistake without, reveals nothing."""
    await desk.demand(ban=BAN)
    await desk.demand(ban=BAN)
    await desk.demand(ban=None)
    assert desk.said == []
    opened = (await desk.post("dpo", "/sealed/auth-1/openings", {"reason": "To see."})).json()
    assert opened["sealed"]["times"] == 3


async def test_a_ban_that_is_over_or_comes_late_seals_nothing(desk: Desk) -> None:
    """DSR-4: where there is nothing to keep from the client any more it is told, or was."""
    await desk.demand("auth-1", ban=Ban(text="An old order", until=date(2026, 11, 1)))
    await desk.demand("auth-2")
    await desk.demand("auth-2", ban=BAN)
    assert desk.told(NoticeKind.AUTHORITY_REQUESTED) == [("acme", "auth-1"), ("acme", "auth-2")]
    for event in (
        AuthorityBanLifted(request_id="auth-2", lifted_by="DPO", reason="Over."),
        AuthorityBanExtended(request_id="never", ban=BAN, extended_by="DPO"),
    ):
        with pytest.raises(Rejected, match="under a ban"):
            await desk.hear(event)


async def test_an_operator_enters_it_and_sees_no_more_of_it(desk: Desk) -> None:
    """DSR-4: entered through the API it is on no topic; whoever entered it can't open it."""
    body = {
        "request_id": "auth-1",
        "authority": "Tribunal judiciaire",
        "kind": "law_enforcement",
        "legal_basis": "Art. 77-1-1 CPP",
        "received_at": desk.clock.now().isoformat(),
        "client_id": "acme",
        "text": "All calls",
        "ban": {"text": BAN.text, "until": "2026-12-04"},
    }
    entered = await desk.post("operator", "/authority-requests", body)
    assert (entered.status_code, entered.json()) == (201, {"request_id": "auth-1", "sealed": True})
    await desk.settle()
    assert desk.said == []
    assert (await desk.post("operator", "/sealed/auth-1/openings", {"reason": "Curious"})).status_code == 403
    told = await desk.post("operator", "/authority-requests", body | {"request_id": "auth-2", "ban": None})
    assert told.json() == {"request_id": "auth-2", "sealed": False}
    await desk.settle()
    assert [each.client_id for each in desk.of(RequestMatched)] == ["acme"]
