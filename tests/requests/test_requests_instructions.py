"""INS-1, INS-2: the register of instructions, and what happens to one that would break the law."""

from datetime import timedelta
from hashlib import sha256

import pytest
from tests.requests.desk import SECRET, Desk

from chassis.errors import Rejected
from contracts.register import RegisterEntered, RegisterRefused, Standing
from contracts.request import NoticeKind, RequestAnswerSent, RequestNoticeOrdered

pytestmark = pytest.mark.servers
WORDS = {"text": "Keep the recordings for six months.", "purpose": "quality"}


async def test_the_register_as_of_any_instant(desk: Desk) -> None:
    """INS-1: what stood then, in which version, on whose word."""
    made = await desk.post("acme", "/clients/acme/instructions", WORDS)
    assert made.status_code == 201, made.text
    path = f"/clients/acme/instructions/{made.json()['instruction_id']}"
    given_at = desk.clock.now()
    await desk.pass_days(1)
    amended = WORDS | {"text": "Keep them for three."}
    assert (await desk.post("acme", f"{path}/amendment", amended)).status_code == 201
    amended_at = desk.clock.now()
    await desk.pass_days(1)
    assert (await desk.post("acme", f"{path}/withdrawal", {"reason": "No longer."})).status_code == 201
    for at, standing, version, text in (
        (given_at, "in_force", 1, WORDS["text"]),
        (amended_at, "in_force", 2, amended["text"]),
        (desk.clock.now(), "withdrawn", 2, amended["text"]),
    ):
        as_of = (at + timedelta(hours=1)).isoformat()
        [seen] = (await desk.get("acme", "/clients/acme/instructions", as_of=as_of)).json()["items"]
        assert (seen["standing"], seen["version"], seen["text"]) == (standing, version, text)
        assert seen["sha256"] == sha256(text.encode()).hexdigest()
    before = (given_at - timedelta(hours=1)).isoformat()
    assert (await desk.get("acme", "/clients/acme/instructions", as_of=before)).json()["items"] == []
    steps = (await desk.get("acme", path)).json()["steps"]
    assert [each["what"] for each in steps] == ["instruction.given", "instruction.amended", "instruction.withdrawn"]


async def test_an_opinion_suspends_and_tells_the_client_at_once(desk: Desk) -> None:
    """INS-2: nothing rests on it, and the client hears why without delay."""
    await desk.instruct(request_id=None)
    await desk.doubt()
    assert [each.standing for each in desk.of(RegisterEntered)] == [Standing.IN_FORCE, Standing.SUSPENDED]
    [order] = desk.of(RequestNoticeOrdered)
    assert (order.kind, order.client_ids) == (NoticeKind.INSTRUCTION_SUSPENDED, ("acme",))
    assert order.facts["opinion"] == "It has no legal basis."


@pytest.mark.parametrize(
    ("what", "body", "standing", "version"),
    [
        ("confirmation", {}, "in_force", 1),
        ("amendment", WORDS, "in_force", 2),
        ("withdrawal", {}, "withdrawn", 1),
    ],
)
async def test_the_client_confirms_amends_or_withdraws(
    desk: Desk, what: str, body: dict[str, object], standing: str, version: int
) -> None:
    """INS-2: the client's word ends the suspension."""
    await desk.instruct(request_id=None)
    await desk.doubt()
    answer = await desk.post("acme", f"/clients/acme/instructions/inst-1/{what}", body)
    assert answer.status_code == 201, answer.text
    assert (answer.json()["standing"], answer.json()["version"]) == (standing, version)


async def test_what_cannot_be_is_refused_with_its_reason(desk: Desk) -> None:
    """INS-1: what is withdrawn stays so, what stands needs no confirming, and an id has one meaning."""
    await desk.instruct(request_id=None)
    path = "/clients/acme/instructions/inst-1"
    assert (await desk.post("acme", f"{path}/confirmation")).status_code == 409
    await desk.instruct(request_id=None, text="Something else under the same id.")
    await desk.withdraw()
    for what, body in (("withdrawal", {}), ("amendment", WORDS), ("confirmation", {})):
        assert (await desk.post("acme", f"{path}/{what}", body)).status_code == 409, what
    await desk.doubt()
    await desk.settle()
    assert len(desk.of(RegisterRefused)) == 6
    assert len(desk.of(RegisterEntered)) == 2


async def test_said_again_it_is_no_news(desk: Desk) -> None:
    """At least once: the same instruction under the same id has its effect once."""
    await desk.instruct(request_id=None)
    await desk.instruct(request_id=None)
    assert len(desk.of(RegisterEntered)) == 1
    assert not desk.of(RegisterRefused)


async def test_another_client_instructs_nothing_here(desk: Desk) -> None:
    """§12: a request, or an instruction, of another client does not exist for it, on the bus as in the API."""
    await desk.ask()
    await desk.instruct()
    with pytest.raises(Rejected, match="has no request 'dsar-1'") as rejected:
        await desk.instruct("inst-2", client_id="borealis")
    assert rejected.value.field == "request_id"
    with pytest.raises(Rejected, match="has no instruction 'inst-1'"):
        await desk.withdraw(client_id="borealis")
    about = WORDS | {"request_id": "dsar-1"}
    assert (await desk.post("borealis", "/clients/borealis/instructions", about)).status_code == 404
    assert (await desk.post("borealis", "/clients/acme/instructions", WORDS)).status_code == 404
    assert (await desk.post("borealis", "/clients/borealis/instructions/inst-1/withdrawal")).status_code == 404


async def test_after_the_answer_it_is_kept_and_changes_nothing(desk: Desk) -> None:
    """DSR-2: an instruction, or its end, that comes after the answer is on record; what left has left."""
    await desk.ask()
    await desk.draft()
    await desk.instruct()
    await desk.send_answer()
    await desk.instruct("inst-late", text="Do not answer.")
    await desk.withdraw()
    [sent] = desk.of(RequestAnswerSent)
    [withdrawn] = desk.of(RegisterEntered, standing=Standing.WITHDRAWN)
    assert withdrawn.too_late_for == (sent.answer_id,)
    seen = (await desk.get("acme", "/clients/acme/instructions/inst-1")).json()
    assert seen["sent"] == [sent.answer_id]


async def test_staff_enter_what_came_by_letter_and_their_names_stand_beside_it(desk: Desk) -> None:
    """INS-1: what did not come from the client's own hand says how it came, and who wrote it down."""
    path = "/clients/acme/instructions"
    letter = {"channel": "letter", "given_by": "A. Client", "received_at": desk.clock.now().isoformat()}
    assert (await desk.post("operator", path, WORDS)).status_code == 422
    assert (await desk.post("operator", path, WORDS | letter | {"channel": "api"})).status_code == 422
    assert (await desk.post("acme", path, WORDS | letter)).status_code == 422
    made = (await desk.post("operator", path, WORDS | letter)).json()
    assert (made["given_by"], made["channel"], made["recorded_by"]) == ("A. Client", "letter", "operator@example")
    own = (await desk.post("acme", path, WORDS)).json()
    assert (own["given_by"], own["channel"], own["recorded_by"]) == ("acme@example", "api", None)


async def test_a_role_may_what_its_rights_say(desk: Desk) -> None:
    """SSO-1: users of a client who may not instruct don't; an auditor reads the register and no text of it."""
    path = "/clients/acme/instructions"
    await desk.instruct(request_id=None)
    assert (await desk.post("acme/administrator", path, WORDS)).status_code == 403
    assert (await desk.get("acme/manager", path)).status_code == 403
    assert (await desk.post("acme", f"{path}/inst-1/opinion", {"reason": "No."})).status_code == 403
    seen = await desk.get("auditor", path)
    assert seen.json()["items"][0]["text"] is None
    assert SECRET not in seen.text
