"""What clients say about a change through the API, and what is offered to them (§4.4): done once, told whole."""

import asyncio
from datetime import timedelta

import pytest
from pydantic_core import from_json
from tests.desk import Json
from tests.registry.desk import Desk

from chassis.outbox import SHARDS, read

pytestmark = pytest.mark.servers


@pytest.fixture
async def change_id(desk: Desk) -> str:
    """A change of which two clients have the notice."""
    await desk.sign("acme", "blue")
    change_id = await desk.announce()
    await desk.receive(change_id, "acme", "blue")
    return change_id


async def test_an_objection_on_an_objective_ground_is_accepted(desk: Desk, change_id: str) -> None:
    """It is answered with 201 as accepted; the client stands as objected and is barred."""
    body: Json = {"ground": "legal_obligation", "statement": " Our law forbids it. "}
    answer = await desk.post("acme", f"/changes/{change_id}/objections", body)
    assert answer.status_code == 201
    assert answer.json() | {"objection_id": "", "received_at": ""} == {
        "objection_id": "",
        "change_id": change_id,
        "client_id": "acme",
        "received_at": "",
        "ground": "legal_obligation",
        "statement": "Our law forbids it.",
        "accepted": True,
        "reason": None,
        "clause": None,
        "withdrawn_at": None,
    }
    assert (await desk.get("acme", f"/changes/{change_id}")).json()["standing"]["status"] == "objected"
    barred = [each for each in await _permissions(desk, "acme") if each["standing"] == "barred"]
    assert [(each["subprocessor_id"], each["change_id"]) for each in barred] == [("voix", change_id)]


@pytest.mark.parametrize(
    ("body", "days_later", "reason"),
    [
        ({}, 0, "gives no ground"),
        ({"ground": "commercial_preference"}, 0, "is not objective"),
        ({"ground": "bad_mood"}, 0, "is unknown; objective grounds are: legal_obligation"),
        ({"ground": "legal_obligation"}, 15, "it came too late: the last day to object was 2026-12-08"),
    ],
)
async def test_an_objection_that_does_not_count_is_recorded_with_the_reason(
    desk: Desk, change_id: str, body: Json, days_later: int, reason: str
) -> None:
    """It is answered with 201 as refused, and stands among the objections to the change."""
    desk.clock.jump_to(desk.clock.now() + timedelta(days=days_later))
    answer = await desk.post("acme", f"/changes/{change_id}/objections", body)
    assert (answer.status_code, answer.json()["accepted"]) == (201, False)
    assert reason in answer.json()["reason"]
    assert answer.json()["clause"] == "4.4"
    recorded = (await desk.get("acme", f"/changes/{change_id}/objections")).json()["items"]
    assert recorded == [answer.json()]


@pytest.mark.parametrize(
    ("ground", "fact", "said"),
    [
        ("legal_obligation", "ground", "complying with a legal obligation"),
        ("legal_obligation", "ground.fr", "respecter une obligation légale"),
        ("commercial_preference", "reason", "the ground 'The client prefers another supplier' is not objective"),
        ("commercial_preference", "reason.code", "ground.fr=Le+client+pr"),
        ("bad_mood", "ground", "bad_mood"),
        ("bad_mood", "reason.code", "known.fr=legal_obligation+%28Le+sous-traitant"),
    ],
)
async def test_a_ground_is_told_in_the_agreements_words(
    desk: Desk, change_id: str, ground: str, fact: str, said: str
) -> None:
    """§4.4: the notice of what became of an objection names the ground by its label, in each language."""
    await desk.post("acme", f"/changes/{change_id}/objections", {"ground": ground})
    rows = await desk.runtime.pool.fetch("SELECT value FROM outbox WHERE topic = 'change' ORDER BY seq")
    orders = [from_json(row["value"]) for row in rows]
    facts = [each["facts"] for each in orders if str(each.get("kind")).startswith("objection_")]
    assert said in facts[-1][fact]


async def test_what_is_sent_again_is_done_once_and_answered_the_same(desk: Desk, change_id: str) -> None:
    """Under the same key nothing more is recorded or said, and the answer is the first one."""
    body: Json = {"ground": "legal_obligation"}
    path = f"/changes/{change_id}/objections"
    first = await desk.post("acme", path, body, key="k-1")
    said = await _said(desk)
    again = await desk.post("acme", path, body, key="k-1")
    assert (again.status_code, again.json()) == (201, first.json())
    assert await _said(desk) == said
    # Under a key of its own it is another objection, and one is enough.
    another = await desk.post("acme", path, body, key="k-2")
    assert another.json()["reason"] == "an objection of this client to this change is already accepted"


async def test_what_is_sent_at_once_is_done_once(desk: Desk, change_id: str) -> None:
    """A client that does not wait for the answer before it tries again gets the same one each time."""
    body: Json = {"ground": "legal_obligation"}
    path = f"/changes/{change_id}/objections"
    answers = await asyncio.gather(*[desk.post("acme", path, body, key="k-1") for _ in range(5)])
    recorded = (await desk.get("acme", path)).json()["items"]
    assert [(answer.status_code, answer.json()) for answer in answers] == [(201, recorded[0])] * 5
    assert len(recorded) == 1


async def test_a_key_is_good_for_one_thing(desk: Desk, change_id: str) -> None:
    """The same key with another body, or for another thing, is told so and changes nothing."""
    path = f"/changes/{change_id}/objections"
    await desk.post("acme", path, {"ground": "legal_obligation"}, key="k-1")
    other = await desk.post("acme", path, {"ground": "sector_secrecy"}, key="k-1")
    assert (other.status_code, other.json()["detail"]) == (
        422,
        "Idempotency-Key was used for something else: choose a fresh one per request",
    )
    offered = await _offer(desk, change_id)
    assert (await desk.post("acme", f"/mitigations/{offered}/answer", {"accepted": True}, key="k-1")).status_code == 422
    assert (await desk.get("acme", f"/changes/{change_id}")).json()["standing"]["status"] == "mitigation_open"


async def test_a_post_needs_a_key(desk: Desk, change_id: str) -> None:
    """Without one it could be carried out twice: it is refused."""
    answer = await desk.http.post(f"/changes/{change_id}/objections", json={}, headers=desk.headers("acme"))
    assert (answer.status_code, "Idempotency-Key" in answer.json()["detail"]) == (400, True)


async def test_the_same_key_of_two_people_is_two_keys(desk: Desk, change_id: str) -> None:
    """A key means something for its caller alone."""
    body: Json = {"ground": "legal_obligation"}
    answers = [
        await desk.post(client, f"/changes/{change_id}/objections", body, key="k-1") for client in ("acme", "blue")
    ]
    assert [(answer.status_code, answer.json()["client_id"]) for answer in answers] == [(201, "acme"), (201, "blue")]


async def test_staff_enter_what_came_by_letter(desk: Desk, change_id: str) -> None:
    """Staff name the client; without it nothing is entered."""
    path = f"/changes/{change_id}/objections"
    assert (await desk.post("dpo", path, {"ground": "legal_obligation"})).status_code == 422
    entered = await desk.post("dpo", path, {"ground": "legal_obligation", "client_id": "blue"})
    assert (entered.status_code, entered.json()["client_id"]) == (201, "blue")
    assert (await desk.post("dpo", path, {"client_id": "stranger"})).status_code == 404


async def test_an_objection_can_be_taken_back_once(desk: Desk, change_id: str) -> None:
    """The objection is answered as withdrawn and the client's days run on; nothing is left to take back again."""
    path = f"/changes/{change_id}/objections"
    objection = (await desk.post("acme", path, {"ground": "legal_obligation"})).json()
    withdrawn = await desk.post("acme", f"{path}/withdrawal", key="k-1")
    assert (withdrawn.status_code, withdrawn.json()["objection_id"]) == (201, objection["objection_id"])
    assert withdrawn.json()["withdrawn_at"]
    assert (await desk.post("acme", f"{path}/withdrawal", key="k-1")).json() == withdrawn.json()
    assert (await desk.get("acme", f"/changes/{change_id}")).json()["standing"]["status"] == "window_open"
    again = await desk.post("acme", f"{path}/withdrawal")
    assert (again.status_code, again.json()["detail"]) == (
        409,
        "there is no open objection of this client to take back",
    )


@pytest.mark.parametrize(
    ("kind", "accepted", "status"),
    [
        ("configuration", True, "clear"),
        ("alternative", True, "mitigated"),
        ("alternative", False, "objected"),
    ],
)
async def test_an_offer_is_answered(desk: Desk, change_id: str, kind: str, accepted: bool, status: str) -> None:  # noqa: FBT001 - the answer itself
    """What follows for the client depends on what was offered and on its answer."""
    await desk.post("acme", f"/changes/{change_id}/objections", {"ground": "legal_obligation"})
    offered = await _offer(desk, change_id, kind)
    answered = await desk.post("acme", f"/mitigations/{offered}/answer", {"accepted": accepted}, key="k-1")
    assert (answered.status_code, answered.json()["accepted"]) == (201, accepted)
    assert (await desk.get("acme", f"/changes/{change_id}")).json()["standing"]["status"] == status
    assert (await desk.get("acme", f"/changes/{change_id}/mitigations")).json()["items"] == [answered.json()]
    repeated = await desk.post("acme", f"/mitigations/{offered}/answer", {"accepted": accepted}, key="k-1")
    assert (repeated.status_code, repeated.json()) == (201, answered.json())
    changed = await desk.post("acme", f"/mitigations/{offered}/answer", {"accepted": not accepted}, key="k-1")
    assert changed.status_code == 422
    late = await desk.post("acme", f"/mitigations/{offered}/answer", {"accepted": not accepted})
    assert (late.status_code, late.json()["detail"]) == (409, f"the offer {offered} is not open")


async def test_an_offer_answers_an_objection(desk: Desk, change_id: str) -> None:
    """Without an accepted objection, or while another offer is open, there is nothing to offer."""
    path, body = f"/changes/{change_id}/mitigations", _offer_body()
    early = await desk.post("operator", path, body)
    assert (early.status_code, early.json()["detail"]) == (
        409,
        "an offer answers an accepted objection, one at a time: this client stands at window_open",
    )
    await desk.post("acme", f"/changes/{change_id}/objections", {"ground": "legal_obligation"})
    first = await desk.post("operator", path, body, key="k-1")
    assert (first.status_code, first.json()["offered_by"]) == (201, "operator@example")
    assert (await desk.post("operator", path, body, key="k-1")).json() == first.json()
    second = await desk.post("operator", path, body)
    assert (second.status_code, second.json()["detail"].rpartition(" ")[2]) == (409, "mitigation_open")


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("objections", {"ground": "no spaces"}, "ground"),
        ("objections", {"statement": ""}, "statement"),
        ("objections", {"grounds": "legal_obligation"}, "grounds"),
        ("mitigations", {"client_id": "acme", "kind": "money", "description": "10 €"}, "kind"),
    ],
)
async def test_a_wrong_body_is_told_which_field(desk: Desk, change_id: str, path: str, body: Json, field: str) -> None:
    """Nothing is guessed: what isn't known is refused, by its name."""
    answer = await desk.post("operator", f"/changes/{change_id}/{path}", body)
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == [field]


async def _offer(desk: Desk, change_id: str, kind: str = "configuration") -> str:
    offered = await desk.post("operator", f"/changes/{change_id}/mitigations", _offer_body(kind))
    mitigation_id: str = offered.json()["mitigation_id"]
    return mitigation_id


def _offer_body(kind: str = "configuration") -> Json:
    return {"client_id": "acme", "kind": kind, "description": "Calls of this client are not transcribed."}


async def _permissions(desk: Desk, client_id: str) -> list[dict[str, str]]:
    items: list[dict[str, str]] = (await desk.get(client_id, "/permissions")).json()["items"]
    return items


async def _said(desk: Desk) -> int:
    async with desk.runtime.pool.acquire() as connection:
        return len(await read(connection, list(range(SHARDS)), 1000))
