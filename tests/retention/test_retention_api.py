"""Who reaches what of retention: a client never another's records (§12), a role what its rights give (App. C 9)."""

from dataclasses import dataclass
from datetime import date, timedelta

import httpx
import pytest
from tests.desk import STARTS_AT, Json
from tests.retention.desk import TODAY, Desk
from tests.ways import Way, check_described, check_rights

from chassis.rights import RIGHTS, Right, Role
from contracts.cease import CeaseOrdered
from contracts.change import ChangeAnnounced, ChangeKind, ChangeWithdrawn
from contracts.choice import Choice
from contracts.contract import ContractReinstated
from contracts.erasure import ErasureOrdered
from contracts.event import Reckoning
from contracts.returning import ReturnOrdered
from contracts.subprocessor import SubprocessorFacts

pytestmark = pytest.mark.servers


SEES = frozenset({Right.SEE_TERMINATIONS})
FETCHES = frozenset({Right.FETCH})
HOLDS = frozenset({Right.HOLD})
A_HOLD: Json = {"hold_id": "h", "kind": "dispute", "legal_basis": "8.3", "reason": "unpaid"}
A_LETTER: Json = {
    "started_at": "2026-11-24T09:00:00Z",
    "finished_at": "2026-11-24T09:00:00Z",
    "count": 2,
    "method": "purge",
    "confirmed_by": "their data protection officer",
    "evidence": "letter of 24 November",
}
WAYS = [
    Way("GET", "/deadlines", frozenset({Right.SEE_ALL_CLIENTS})),
    Way("GET", "/terminations", SEES),
    Way("GET", "/clients/{client_id}/termination", SEES),
    Way("GET", "/clients/{client_id}/plan", SEES),
    Way("POST", "/clients/{client_id}/choice", frozenset({Right.CHOOSE}), {"choice": "deletion"}),
    Way("GET", "/clients/{client_id}/packages", FETCHES),
    Way("POST", "/clients/{client_id}/acknowledgement", FETCHES, {}),
    Way("POST", "/clients/{client_id}/returns/{order_id}/waiver", frozenset({Right.CHOOSE}), {}),
    Way("POST", "/orders/{order_id}/unreachable", frozenset({Right.ANSWER_ORDERS}), {"reason": "It is wound up."}),
    Way("POST", "/simulations", frozenset({Right.SIMULATE}), {"client_id": "acme", "on": "2026-12-31"}),
    Way("GET", "/clients/{client_id}/holds", SEES),
    Way("POST", "/clients/{client_id}/holds", HOLDS, A_HOLD),
    Way("POST", "/clients/{client_id}/holds/{hold_id}/end", HOLDS, {"reason": "settled"}),
    Way(
        "POST",
        "/access-checks",
        frozenset({Right.CHECK_ACCESS}),
        {"client_id": "acme", "category": "faxes", "asked_by": "support", "purpose": "a question"},
    ),
    Way("GET", "/flags", SEES),
    Way("GET", "/orders", SEES),
    Way("POST", "/orders/{order_id}/confirmation", frozenset({Right.ANSWER_ORDERS}), A_LETTER),
    Way("GET", "/clients/{client_id}/certificates", SEES),
    Way("GET", "/certificates/{certificate_id}", SEES),
    Way("GET", "/certificates/{certificate_id}/pdf", SEES),
    Way("GET", "/certificate-key", SEES),
]


@dataclass(frozen=True)
class Scene:
    """Acme's contract has ended, its deletion is certified but for one sub-processor, and something is held."""

    desk: Desk
    order_id: str
    certificate_id: str

    @property
    def ids(self) -> dict[str, str]:
        """What paths name."""
        ids = {"order_id": self.order_id, "certificate_id": self.certificate_id}
        return ids | {"client_id": "acme", "hold_id": "kept"}

    async def go(self, who: str, way: Way) -> httpx.Response:
        """Try a way as somebody."""
        return await way.go(self.desk, who, self.ids)


@pytest.fixture
async def scene(desk: Desk) -> Scene:
    """The scene."""
    await desk.declare("db", "transcriptions", "faxes")
    await desk.sign("acme", "blue")
    await desk.permit("acme", "deeptranscript")
    await desk.post("operator", "/clients/acme/holds", A_HOLD | {"hold_id": "kept", "categories": ["faxes"]})
    await desk.terminate("acme")
    await desk.choose("acme", Choice.DELETION)
    await desk.erase(*desk.of(ErasureOrdered, holder_id="db", purpose="termination"))
    await desk.pass_days(2)
    await desk.look_at_all()
    await desk.pass_days(20)
    (order,) = desk.of(ErasureOrdered, holder_id="deeptranscript", category="transcriptions", reminder=0)
    certificate = (await desk.get("operator", "/clients/acme/certificates")).json()[0]
    return Scene(desk, order.order_id, certificate["certificate_id"])


async def test_the_table_has_every_operation(desk: Desk) -> None:
    """An operation without a line here would go untested."""
    await check_described(desk, WAYS)


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.operation)
async def test_a_role_may_what_its_rights_say(scene: Scene, way: Way) -> None:
    """Whoever lacks a right is answered 403; whoever has all that it takes isn't; without a token it is 401."""
    await check_rights(scene.desk, way, scene.ids, 409, 422)


@pytest.mark.parametrize(
    "way",
    [way for way in WAYS if "{" in way.path and way.rights <= RIGHTS[Role.SUPER_ADMINISTRATOR]],
    ids=lambda way: way.operation,
)
async def test_another_clients_records_are_not_there(scene: Scene, way: Way) -> None:
    """Another client is answered as if nothing existed."""
    answer = await scene.go("blue", way)
    assert answer.status_code == 404
    assert answer.json()["detail"] == "there is no such record"


async def test_lists_hold_ones_own_alone(scene: Scene) -> None:
    """A client's lists hold its own records; asked for another's, they are not there."""
    for path in ("/terminations", "/orders", "/flags"):
        assert (await scene.desk.get("blue", path)).json()["items"] == []
        assert (await scene.desk.get("blue", path, client_id="acme")).status_code == 404
    page = (await scene.desk.get("acme", "/orders", limit=1)).json()
    rest = (await scene.desk.get("acme", "/orders", limit=100, cursor=page["next"])).json()
    assert page["items"][0]["order_id"] not in {each["order_id"] for each in rest["items"]}
    assert (await scene.desk.get("acme", "/orders", cursor="WyJ4IiwieSJd")).status_code == 400


async def test_what_a_sub_processor_wrote_is_entered_for_it(scene: Scene) -> None:
    """SUB-7: with the letter as evidence; overdue before, answered after; the certificate is made anew."""
    overdue = (await scene.desk.get("operator", "/orders", overdue="true", holder_id="deeptranscript")).json()["items"]
    assert scene.order_id in {each["order_id"] for each in overdue}
    entered = await scene.desk.post("operator", f"/orders/{scene.order_id}/confirmation", A_LETTER)
    assert (entered.status_code, entered.json()["state"]) == (201, "answered")
    await scene.desk.settle()
    document = await scene.desk.document("acme")
    (line,) = [each for each in document["deleted"] if each["holder"] == "deeptranscript"]
    assert line["confirmations"][0]["evidence"] == "letter of 24 November"


async def test_evidence_of_a_deletion_that_is_still_to_come(scene: Scene) -> None:
    """SUB-7: it is refused with the field's name, and the order stands."""
    path = f"/orders/{scene.order_id}/confirmation"
    refused = await scene.desk.post("operator", path, A_LETTER | {"finished_at": "2030-01-01T00:00:00Z"})
    assert refused.status_code == 422
    assert "finished_at" in refused.text
    assert "in the future" in refused.text
    assert (await scene.desk.post("operator", path, A_LETTER)).status_code == 201


async def test_an_order_is_answered_once(scene: Scene) -> None:
    """SUB-7: the same word again under its key is no news; another word is a conflict, and the first is kept."""
    path = f"/orders/{scene.order_id}/confirmation"
    answers = [
        await scene.desk.post("operator", path, A_LETTER, key="first"),
        await scene.desk.post("operator", path, A_LETTER, key="first"),
        await scene.desk.post("operator", path, A_LETTER | {"count": 7}, key="second"),
    ]
    assert [each.status_code for each in answers] == [201, 201, 409]
    assert "answered already" in answers[-1].json()["detail"]


async def test_the_plan_comes_in_three_forms(scene: Scene) -> None:
    """TER-4: as data, as a table for spreadsheets, and as a page for people."""
    rows = (await scene.desk.get("acme", "/clients/acme/plan")).json()["items"]
    assert {(each["category"], each["holder_id"]) for each in rows} >= {("faxes", "db"), ("transcriptions", "db")}
    assert "kept" in str([each["held_by"] for each in rows])
    csv = await scene.desk.get("acme", "/clients/acme/plan", format="csv")
    assert csv.text.startswith("category,holder_id,action")
    assert "<table>" in (await scene.desk.get("acme", "/clients/acme/plan", format="html")).text


async def test_what_is_kept_is_used_for_nothing_else(scene: Scene) -> None:
    """TER-4: after the end, access is refused with what the data are kept for, and the refusal is recorded."""
    body: Json = {"client_id": "acme", "category": "faxes", "asked_by": "support", "purpose": "a question"}
    answer = (await scene.desk.post("operator", "/access-checks", body)).json()
    assert answer["allowed"] is False
    assert "kept for kept (8.3), l34-1-communications alone" in answer["reason"]
    logged = await scene.desk.runtime.pool.fetch("SELECT asked_by, purpose FROM access_check")
    assert [tuple(row) for row in logged] == [("support", "a question")]
    other = await scene.desk.post("operator", "/access-checks", body | {"client_id": "blue"})
    assert other.json() == {"allowed": True, "reason": None}


async def test_what_if_changes_nothing(scene: Scene) -> None:
    """A simulation shows the plan with a choice, and nothing is stored or said."""
    before = len(scene.desk.said)
    body: Json = {"client_id": "blue", "on": "2027-03-31", "choice": "return"}
    answer = (await scene.desk.post("operator", "/simulations", body)).json()
    lines = {each["category"]: each for each in answer["lines"]}
    assert lines["transcriptions"]["action"] == "return_then_delete"
    assert lines["faxes"]["delete_on"] == "2028-03-31"
    assert answer["ceased"] == ["db"]
    await scene.desk.settle()
    assert len(scene.desk.said) == before
    assert (await scene.desk.get("blue", "/clients/blue/termination")).status_code == 404
    assert (await scene.desk.post("operator", "/simulations", body | {"client_id": "nobody"})).status_code == 404


async def test_what_if_says_what_stands_already(scene: Scene) -> None:
    """An end that is known, or over, is named; so is a day that would be moved."""
    desk = scene.desk
    body: Json = {"client_id": "acme", "on": "2027-03-31"}

    async def stands(client_id: str) -> str | None:
        answer = (await desk.post("operator", "/simulations", body | {"client_id": client_id})).json()
        said: str | None = answer["stands"]
        return said

    ended = await stands("acme")
    assert ended is not None
    assert ended.startswith(f"this end would be refused: the contract has ended on {TODAY}, not on 2027-03-31")
    assert await stands("blue") is None
    await desk.terminate("blue", date(2027, 1, 31))
    assert (
        await stands("blue") == "the contract ends on Sun 2027-01-31 as was said; this day would take that one's place"
    )
    await desk.hear(ContractReinstated(client_id="blue", reinstated_on=TODAY, reason="renewed"))
    assert await stands("blue") is None


async def test_what_if_counts_on_who_is_announced(scene: Scene) -> None:
    """SUB-7: who is in force by then would cease too, unless the change was taken back."""
    desk = scene.desk
    for change_id, day in (("c1", date(2027, 1, 4)), ("c2", date(2027, 1, 5)), ("c3", date(2027, 6, 1))):
        await desk.hear(_announced(change_id, day))
    await desk.hear(ChangeWithdrawn(change_id="c2", subprocessor_id="sub-c2", reason="not needed"))
    body: Json = {"client_id": "blue", "on": "2027-03-31"}
    answer = (await desk.post("operator", "/simulations", body)).json()
    assert answer["announced"] == [{"holder_id": "sub-c1", "effective_on": "2027-01-04"}]
    assert answer["ceased"] == ["db", "sub-c1"]
    assert [each["category"] for each in answer["lines"] if each["holder_id"] == "sub-c1"] == ["transcriptions"]
    await desk.permit("blue", "sub-c1")
    answer = (await desk.post("operator", "/simulations", body)).json()
    assert (answer["announced"], answer["ceased"]) == ([], ["db", "sub-c1"])


def _announced(change_id: str, effective_on: date) -> ChangeAnnounced:
    facts = SubprocessorFacts(
        name=change_id, actions=("transcribes",), data_categories=("transcriptions",), location="FR"
    )
    reckoning = Reckoning(rule="notice", clause="4.3", calendar="FR", because=("ten days",))
    return ChangeAnnounced(
        change_id=change_id,
        kind=ChangeKind.ADDITION,
        subprocessor_id=f"sub-{change_id}",
        facts=facts,
        announced_at=STARTS_AT,
        effective_on=effective_on,
        moved=False,
        reckoning=reckoning,
    )


async def test_choosing_through_the_api(desk: Desk) -> None:
    """TER-2: once per key; too late is a conflict; before the end there is nothing to choose."""
    await desk.declare()
    await desk.sign("acme")
    early = await desk.post("acme", "/clients/acme/choice", {"choice": "return"})
    assert early.status_code == 409
    await desk.terminate("acme")
    first = await desk.post("acme", "/clients/acme/choice", {"choice": "return"}, key="same-key")
    again = await desk.post("acme", "/clients/acme/choice", {"choice": "return"}, key="same-key")
    assert (first.status_code, again.status_code) == (201, 201)
    await desk.settle()
    assert len(desk.of(ReturnOrdered)) == 1
    late = await desk.post("acme", "/clients/acme/choice", {"choice": "deletion"})
    assert late.status_code == 409
    assert "return is being carried out" in late.json()["detail"]


async def test_a_hold_that_cannot_stand_is_a_conflict(desk: Desk) -> None:
    """TER-4: its end has passed, or its category is unknown."""
    await desk.sign("acme")
    yesterday = (TODAY - timedelta(days=1)).isoformat()
    for wrong in ({"until": yesterday}, {"categories": ["gifts"]}):
        assert (await desk.post("operator", "/clients/acme/holds", A_HOLD | wrong)).status_code == 409
    assert (await desk.post("operator", "/clients/nobody/holds", A_HOLD)).status_code == 404


async def test_an_order_names_the_clause_and_the_choice_that_it_rests_on(desk: Desk) -> None:
    """INS-1: what is done to a client's data can be asked for its reason, also once it is done."""
    await desk.declare()
    await desk.sign("acme")
    await desk.terminate("acme")
    await desk.post("acme", "/clients/acme/choice", {"choice": "deletion"})
    await desk.settle()
    await desk.cease(*desk.of(CeaseOrdered))
    await desk.erase(*desk.of(ErasureOrdered))
    orders = (await desk.get("acme", "/orders", limit=500)).json()["items"]
    assert {each["kind"] for each in orders} >= {"cease", "erasure"}
    for order in orders:
        assert order["clause"]
        chosen = order["instruction"] or ""
        assert ("deletion" in chosen and "acme@example" in chosen) is (order["kind"] != "cease")
