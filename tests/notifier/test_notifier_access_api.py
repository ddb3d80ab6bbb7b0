"""Who reaches what: a client never another's records (§12), a role what the table of rights gives it (Appendix C 9)."""

from dataclasses import dataclass

import httpx
import pytest
from tests.notifier.desk import Desk
from tests.ways import Way, check_described, check_rights

from chassis.rights import RIGHTS, Right, Role

pytestmark = pytest.mark.servers


SEES = frozenset({Right.SEE_DELIVERIES})
READS = frozenset({Right.SEE_CHANGES})
STAFF = frozenset({Right.SEE_ALL_CLIENTS})
MANAGES = frozenset({Right.MANAGE_ENDPOINTS})
SENDS = frozenset({Right.RESEND})
WAYS = [
    Way("GET", "/clients", STAFF),
    Way("GET", "/clients/{client_id}", SEES),
    Way("GET", "/clients/{client_id}/contacts", SEES),
    Way(
        "PUT",
        "/clients/{client_id}/contact",
        frozenset({Right.MANAGE_CONTACTS}),
        {"name": "Someone else", "email": "else@blue.test"},
    ),
    Way("GET", "/clients/{client_id}/endpoints", SEES),
    Way("POST", "/clients/{client_id}/endpoints", MANAGES, {"url": "http://127.0.0.1:9/other"}),
    Way("GET", "/endpoints/{endpoint_id}", SEES),
    Way("POST", "/endpoints/{endpoint_id}/secret/rotation", MANAGES, {}),
    Way("POST", "/endpoints/{endpoint_id}/enable", MANAGES, {}),
    Way("DELETE", "/endpoints/{endpoint_id}", MANAGES),
    Way("GET", "/notices", SEES),
    Way("GET", "/notices/{notice_id}", READS),
    Way("GET", "/deadlines", frozenset({Right.SEE_ALL_CLIENTS})),
    Way("GET", "/deliveries", SEES),
    Way("GET", "/deliveries/{delivery_id}", SEES),
    Way("POST", "/deliveries/{delivery_id}/resend", SENDS, {}),
    Way("GET", "/letters", STAFF),
    Way("GET", "/alerts", STAFF),
    Way("GET", "/deliveries/{delivery_id}/letter", READS),
    Way("POST", "/deliveries/{delivery_id}/posted", SENDS, {"proof": "RR 1"}),
]

# What names a record of acme's: another client's super administrator finds nothing there.
OTHERS = [
    *(way for way in WAYS if "{" in way.path and way.rights <= RIGHTS[Role.SUPER_ADMINISTRATOR]),
    Way("GET", "/notices?client_id=acme", SEES),
    Way("GET", "/deliveries?client_id=acme", SEES),
]


@dataclass(frozen=True)
class Scene:
    """Acme with an endpoint, a notice, and a letter that carries it."""

    desk: Desk
    ids: dict[str, str]

    async def go(self, who: str, way: Way) -> httpx.Response:
        """Try a way as somebody."""
        return await way.go(self.desk, who, self.ids)


@pytest.fixture
async def scene(desk: Desk) -> Scene:
    """The scene with a letter that nobody has posted yet."""
    await desk.sign("acme")
    registered = await desk.post("acme", "/clients/acme/endpoints", {"url": "http://127.0.0.1:9/hook"})
    await desk.order("acme")
    await desk.escalate()
    (notice,) = await desk.items("operator", "/notices")
    (letter,) = await desk.items("operator", "/letters")
    return Scene(
        desk,
        {
            "client_id": "acme",
            "endpoint_id": registered.json()["endpoint"]["endpoint_id"],
            "notice_id": str(notice["notice_id"]),
            "delivery_id": str(letter["delivery_id"]),
        },
    )


async def test_the_table_has_every_operation(desk: Desk) -> None:
    """An operation without a line here would go untested."""
    await check_described(desk, WAYS)


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.operation)
async def test_a_role_may_what_its_rights_say(scene: Scene, way: Way) -> None:
    """Whoever lacks a right is answered 403; whoever has all that it takes isn't; without a token it is 401."""
    await check_rights(scene.desk, way, scene.ids)


@pytest.mark.parametrize("way", OTHERS, ids=lambda way: way.method + " " + way.path)
async def test_another_clients_records_are_not_there(scene: Scene, way: Way) -> None:
    """Another client is answered as if the record didn't exist, and moves nothing."""
    await scene.desk.sign("blue")
    before = await _state(scene.desk)
    answer = await scene.go("blue", way)
    assert answer.status_code == 404
    assert answer.json()["detail"] == "there is no such record"
    assert await _state(scene.desk) == before


async def test_a_client_that_has_the_same_notice_sees_its_own(scene: Scene) -> None:
    """Of one order to two clients, each sees its own notice and deliveries, without naming itself too."""
    desk = scene.desk
    await desk.sign("blue")
    await desk.order("acme", "blue", order_id="order-2")
    for path in ("/notices", "/deliveries"):
        assert {item["client_id"] for item in await desk.items("blue", path)} == {"blue"}
        assert {item["client_id"] for item in await desk.items("operator", path)} == {"acme", "blue"}
        assert {item["client_id"] for item in await desk.items("operator", path, client_id="acme")} == {"acme"}


async def _state(desk: Desk) -> list[object]:
    tables = ("client", "contact", "endpoint", "endpoint_secret", "notice", "delivery", "attempt", "outbox")
    return [await desk.runtime.pool.fetch(f"SELECT * FROM {table} ORDER BY 1, 2") for table in tables]
