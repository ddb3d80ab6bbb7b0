"""Who reaches what: a client never another's records (§12), a role what the table of rights gives it (Appendix C 9)."""

from dataclasses import dataclass

import httpx
import pytest
from tests.desk import Json
from tests.registry.desk import Desk, addition
from tests.ways import Way, check_described, check_rights

from chassis.rights import RIGHTS, Right, Role

pytestmark = pytest.mark.servers


SEES = frozenset({Right.SEE_CHANGES})
WAYS = [
    Way("GET", "/sub-processors", frozenset({Right.SEE_LIST})),
    Way("GET", "/sub-processors/{subprocessor_id}/history", frozenset({Right.SEE_LIST})),
    Way("GET", "/permissions", frozenset({Right.SEE_PERMISSIONS})),
    Way("GET", "/changes", SEES),
    Way("GET", "/changes/{change_id}", SEES),
    Way("GET", "/changes/{change_id}/clients", frozenset({Right.SEE_CHANGES, Right.SEE_ALL_CLIENTS})),
    Way("GET", "/changes/{change_id}/objections", SEES),
    Way("GET", "/changes/{change_id}/mitigations", SEES),
    Way("POST", "/changes/{change_id}/objections", frozenset({Right.OBJECT}), {"client_id": "acme"}),
    Way("POST", "/changes/{change_id}/objections/withdrawal", frozenset({Right.OBJECT}), {"client_id": "acme"}),
    Way(
        "POST",
        "/changes/{change_id}/mitigations",
        frozenset({Right.OFFER_MITIGATION}),
        {"client_id": "acme", "kind": "configuration", "description": "without it"},
    ),
    Way("POST", "/mitigations/{mitigation_id}/answer", frozenset({Right.ANSWER_MITIGATION}), {"accepted": True}),
    Way("POST", "/simulations", frozenset({Right.SIMULATE}), addition().model_dump(mode="json")),
]

# What names a record of acme's: another client's super administrator finds nothing there.
OTHERS = [
    Way("GET", "/changes/{change_id}", SEES),
    Way("GET", "/changes/{change_id}/objections", SEES),
    Way("GET", "/changes/{change_id}/mitigations", SEES),
    Way("GET", "/permissions?client_id=acme", SEES),
    *(way for way in WAYS if way.method == "POST" and way.rights <= RIGHTS[Role.SUPER_ADMINISTRATOR]),
    Way("POST", "/changes/{change_id}/objections", SEES, {"ground": "legal_obligation"}),
    Way("POST", "/changes/{change_id}/objections/withdrawal", SEES, {}),
]


@dataclass(frozen=True)
class Scene:
    """A change of which acme alone is told, to which it objected, with an offer that is open."""

    desk: Desk
    change_id: str
    mitigation_id: str

    @property
    def ids(self) -> dict[str, str]:
        """What paths name."""
        ids = {"change_id": self.change_id, "mitigation_id": self.mitigation_id}
        return ids | {"subprocessor_id": "scaleway"}

    async def go(self, who: str, way: Way) -> httpx.Response:
        """Try a way as somebody."""
        return await way.go(self.desk, who, self.ids)


@pytest.fixture
async def scene(desk: Desk) -> Scene:
    """The scene before the day of its change."""
    await desk.sign("acme")
    change_id = await desk.announce()
    await desk.receive(change_id, "acme")
    await desk.post("acme", f"/changes/{change_id}/objections", {"ground": "legal_obligation", "statement": "secret"})
    offer: Json = {"client_id": "acme", "kind": "configuration", "description": "secret"}
    offered = await desk.post("operator", f"/changes/{change_id}/mitigations", offer)
    return Scene(desk, change_id, offered.json()["mitigation_id"])


async def test_the_table_has_every_operation(desk: Desk) -> None:
    """An operation without a line here would go untested."""
    await check_described(desk, WAYS)


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.operation)
async def test_a_role_may_what_its_rights_say(scene: Scene, way: Way) -> None:
    """Whoever lacks a right is answered 403; whoever has all that it takes isn't; without a token it is 401."""
    await check_rights(scene.desk, way, scene.ids, 409)


@pytest.mark.parametrize("way", OTHERS, ids=lambda way: f"{way.operation} {way.body or ''}")
async def test_another_clients_records_are_not_there(scene: Scene, way: Way) -> None:
    """A client that the change doesn't concern is answered as if it didn't exist, and moves nothing."""
    before = await _state(scene.desk)
    answer = await scene.go("blue", way)
    assert answer.status_code == 404
    assert answer.json()["detail"] == "there is no such record"
    assert await _state(scene.desk) == before


async def test_a_client_that_the_change_concerns_too_sees_its_own_part(scene: Scene) -> None:
    """Of one change, each client sees its own objections, offers and permissions, and touches nobody else's."""
    desk, change = scene.desk, f"/changes/{scene.change_id}"
    await desk.sign("blue")
    await desk.receive(scene.change_id, "blue")
    assert (await desk.get("blue", change)).json()["standing"]["client_id"] == "blue"
    for path in (f"{change}/objections", f"{change}/mitigations"):
        assert (await desk.get("blue", path)).json()["items"] == []
        assert len((await desk.get("acme", path)).json()["items"]) == 1
    assert {each["client_id"] for each in (await desk.get("blue", "/permissions")).json()["items"]} == {"blue"}
    assert (await desk.get("blue", "/permissions", client_id="acme")).status_code == 404
    tries: list[tuple[str, Json]] = [
        (f"{change}/objections", {"client_id": "acme", "ground": "legal_obligation"}),
        (f"{change}/objections/withdrawal", {"client_id": "acme"}),
        (f"/mitigations/{scene.mitigation_id}/answer", {"accepted": True}),
    ]
    for path, body in tries:
        assert (await desk.post("blue", path, body)).status_code == 404
    own = await desk.post("blue", f"{change}/objections/withdrawal")
    assert own.status_code == 409
    assert (await desk.get("acme", change)).json()["standing"]["status"] == "mitigation_open"


async def test_a_cursor_of_another_client_leads_nowhere_new(scene: Scene) -> None:
    """A cursor says where to go on, never whose records to read."""
    desk = scene.desk
    await desk.sign("blue")
    page = (await desk.get("acme", "/permissions", limit=1)).json()
    other = (await desk.get("blue", "/permissions", cursor=page["next"])).json()
    assert {each["client_id"] for each in other["items"]} == {"blue"}


async def _state(desk: Desk) -> list[object]:
    async with desk.runtime.pool.acquire() as connection:
        return [
            await connection.fetch(f"SELECT * FROM {name} ORDER BY 1, 2")
            for name in ("client_change", "objection", "mitigation", "permission", "outbox", "agenda", "inbox")
        ]
