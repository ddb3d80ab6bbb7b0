"""What a signature means: the list that a client signs up to, what it is told of, and what stands (§4.3, §8.3, §15)."""

from datetime import date, timedelta

import pytest
from pydantic_core import from_json
from tests.desk import Json
from tests.registry.desk import Desk, addition

from chassis.errors import Rejected
from chassis.message import Cause, Message
from chassis.outbox import SHARDS, read
from contracts.client import ClientAmended, ClientSigned, Contact
from contracts.contract import ContractTerminated
from contracts.deadline import DeadlineClientEnded, DeadlineWindowClosed
from contracts.event import Event
from subprocessor_registry.app import Registry
from subprocessor_registry.signing import Contract, Signing, weigh_signature

TODAY = date(2026, 11, 24)
"""When a registry of these tests starts."""
LATER = date(2026, 12, 24)


@pytest.mark.parametrize(
    ("contract", "signed_on", "signing"),
    [
        (None, TODAY, Signing.ENTERS),
        (None, LATER, Signing.ENTERS),
        (Contract(None), TODAY, Signing.STAYS),
        (Contract(None), LATER, Signing.STAYS),
        (Contract(TODAY), TODAY, Signing.ENTERS),
        (Contract(TODAY - timedelta(days=9)), LATER, Signing.ENTERS),
        (Contract(LATER), TODAY, Signing.STAYS),
        (Contract(LATER), LATER, Signing.STAYS),
        (Contract(LATER), LATER + timedelta(days=1), Signing.RETURNS),
        (Contract(LATER, renews_on=LATER + timedelta(days=9)), TODAY, Signing.STAYS),
    ],
)
def test_who_signs_enters_stays_or_returns(contract: Contract | None, signed_on: date, signing: Signing) -> None:
    """A contract runs until its day has come; one that is signed for a day after that begins anew."""
    assert weigh_signature(contract, signed_on, TODAY) is signing


@pytest.mark.servers
async def test_a_bar_outlasts_a_new_signature(desk: Desk) -> None:
    """§4.4: who signs again before its end stays a client, with everything that was said of it."""
    await desk.sign("acme")
    change_id = await desk.announce()
    await desk.receive(change_id, "acme")
    await desk.post("acme", f"/changes/{change_id}/objections", {"ground": "legal_obligation"})
    await desk.reach_day(change_id, await _day_of(desk, change_id))
    await desk.hear(ContractTerminated(client_id="acme", terminated_on=date(2027, 1, 31)))
    before = await _permissions(desk)
    await desk.sign("acme")
    assert before["voix"]["standing"] == "barred"
    assert await _permissions(desk) == before


@pytest.mark.servers
async def test_an_open_window_outlasts_a_new_signature(desk: Desk) -> None:
    """§4.4: what is on the list, and not yet in effect for the client, is not permitted by signing again."""
    await desk.sign("acme")
    change_id = await desk.announce()
    await desk.reach_day(change_id, await _day_of(desk, change_id))
    await desk.hear(ContractTerminated(client_id="acme", terminated_on=date(2027, 1, 31)))
    await desk.sign("acme")
    assert "voix" not in await _permissions(desk)
    assert (await _standing(desk, change_id))["status"] == "awaiting_receipt"


@pytest.mark.servers
async def test_an_end_that_a_signature_overtook_erases_nothing(desk: Desk) -> None:
    """§8.3: it was on its way already when the client signed again."""
    await desk.sign("acme")
    before = await _permissions(desk)
    await desk.hear(ContractTerminated(client_id="acme", terminated_on=LATER))
    await desk.sign("acme")
    await desk.hear(DeadlineClientEnded(client_id="acme"))
    assert await _permissions(desk) == before


@pytest.mark.servers
async def test_who_signs_after_its_end_enters_anew(desk: Desk) -> None:
    """§4.3: the list as it is now is permitted, an old bar is none, and what is pending is told afresh."""
    await desk.sign("acme", "blue")
    change_id = await desk.announce()
    await desk.receive(change_id, "acme", "blue")
    await desk.post("acme", f"/changes/{change_id}/objections", {"ground": "legal_obligation"})
    await desk.hear(ContractTerminated(client_id="acme", terminated_on=TODAY))
    await desk.sign("acme")  # the end has come, and nobody has said so yet
    assert "voix" not in await _permissions(desk)
    standing = await _standing(desk, change_id)
    assert (standing["status"], standing["received_at"], standing["closes_at"]) == ("awaiting_receipt", None, None)
    assert await _told(desk, change_id) == [["acme", "blue"], ["acme"]]


@pytest.mark.servers
async def test_who_signs_for_a_later_day_is_told_of_changes_before_it(desk: Desk) -> None:
    """§4.3: it signs up to the list of today; what is announced after has notice, and a window, like anybody's."""
    await desk.sign("acme")
    pending = await desk.announce()
    await _sign_on(desk, "later", LATER)
    assert {each["permitted_from"] for each in (await _permissions(desk, "later")).values()} == {LATER.isoformat()}
    assert await _told(desk, pending) == [["acme"], ["later"]]
    await desk.receive(pending, "later")
    standing = await _standing(desk, pending, "later")
    await desk.reach_day(pending, await _day_of(desk, pending))
    await desk.hear(DeadlineWindowClosed(change_id=pending, client_id="later"))
    assert (await _permissions(desk, "later"))["voix"]["permitted_from"] == LATER.isoformat()
    assert standing["status"] == "window_open"


@pytest.mark.servers
async def test_who_signs_for_a_later_day_is_told_of_what_is_announced_next(desk: Desk) -> None:
    """§4.3, §15: by the version that it signed, of which no signature is in force yet."""
    await _sign_on(desk, "later", LATER)
    change_id = await desk.announce()
    assert await _told(desk, change_id) == [["later"]]


@pytest.mark.servers
async def test_an_amendment_for_a_later_day_binds_from_that_day(desk: Desk) -> None:
    """§15: until then the version before it governs what is announced."""
    await desk.sign("acme")
    await desk.hear(ClientAmended(client_id="acme", agreement_version="0", signed_on=LATER))
    change_id = await desk.announce()
    assert await _version(desk, change_id) == "1"


@pytest.mark.servers
async def test_who_signs_for_a_day_after_its_end_leaves_and_returns(desk: Desk) -> None:
    """§8.3: until its end nothing changes, then nobody may be used for it before the day of the new contract."""
    await desk.sign("acme")
    await desk.hear(ContractTerminated(client_id="acme", terminated_on=date(2026, 12, 1)))
    await _sign_on(desk, "acme", LATER)
    before = {each["permitted_from"] for each in (await _permissions(desk)).values()}
    assert before == {"2026-02-02"}
    desk.clock.jump_to(desk.clock.now() + timedelta(days=8))
    await desk.hear(DeadlineClientEnded(client_id="acme"))
    assert {each["permitted_from"] for each in (await _permissions(desk)).values()} == {LATER.isoformat()}
    assert await _told(desk, await desk.announce()) == [["acme"]]


async def _sign_on(desk: Desk, client_id: str, on: date) -> None:
    await desk.hear(_signature(desk, client_id, on))


def _signature(desk: Desk, client_id: str, on: date) -> ClientSigned:
    agreement = desk.book.latest
    return ClientSigned(
        client_id=client_id,
        name=client_id.title(),
        agreement_id=agreement.id,
        agreement_version=agreement.version,
        signed_on=on,
        contact=Contact(name="Privacy desk", email=f"privacy@{client_id}.example"),
    )


async def _permissions(desk: Desk, client_id: str = "acme") -> dict[str, Json]:
    items = (await desk.get(client_id, "/permissions", limit=500)).json()["items"]
    return {each["subprocessor_id"]: each for each in items}


async def _standing(desk: Desk, change_id: str, client_id: str = "acme") -> Json:
    standing: Json = (await desk.get(client_id, f"/changes/{change_id}")).json()["standing"]
    return standing


async def _day_of(desk: Desk, change_id: str) -> date:
    return date.fromisoformat((await desk.get("operator", f"/changes/{change_id}")).json()["effective_on"])


async def _told(desk: Desk, change_id: str) -> list[list[str]]:
    """The clients of each order to give notice of a change, in the order in which they were given."""
    async with desk.runtime.pool.acquire() as connection:
        said = [from_json(row.value) for row in await read(connection, list(range(SHARDS)), 10_000) if row.value]
    orders = [each for each in said if each.get("kind") == "change_announced" and each["change_id"] == change_id]
    return [sorted(each["client_ids"]) for each in orders]


async def _version(desk: Desk, change_id: str) -> str:
    version: str = await desk.runtime.pool.fetchval(
        "SELECT agreement_version FROM client_change WHERE change_id = $1", change_id
    )
    return version


@pytest.mark.servers
async def test_a_contract_that_is_over_is_not_revived_by_a_later_end(desk: Desk) -> None:
    """§8.3: only a signature makes a client of who has left; an earlier end may still be put right."""
    await desk.sign("acme")
    await desk.hear(ContractTerminated(client_id="acme", terminated_on=TODAY))
    with pytest.raises(Rejected, match="ended on 2026-11-24 already") as rejected:
        await desk.hear(ContractTerminated(client_id="acme", terminated_on=LATER))
    assert rejected.value.field == "terminated_on"
    await desk.hear(ContractTerminated(client_id="acme", terminated_on=TODAY - timedelta(days=3)))
    assert await _told(desk, await desk.announce()) == []


@pytest.mark.servers
async def test_of_two_words_on_one_day_the_later_binds(desk: Desk) -> None:
    """§15: a signature that is published twice, and an amendment of the same day, in one batch: at one instant."""
    signed = _signature(desk, "acme", date(2026, 2, 2))
    amended = ClientAmended(client_id="acme", agreement_version="0", signed_on=date(2026, 2, 2))
    await _hear_at_once(desk, signed, signed)
    assert await _version(desk, await desk.announce()) == "1"
    await _hear_at_once(desk, signed, amended)
    assert await _version(desk, await desk.announce(addition(subprocessor_id="other"))) == "0"
    await _hear_at_once(desk, amended, signed)
    assert await _version(desk, await desk.announce(addition(subprocessor_id="third"))) == "1"


async def _hear_at_once(desk: Desk, *events: Event) -> None:
    """The registry handles these as one batch, which is one transaction."""
    app = Registry(desk.book)
    async with desk.runtime.processor.transaction() as tx:
        for nth, event in enumerate(events):
            cause = Cause(source="batch", id=f"{next(desk.numbers)}-{nth}", flow_id="tests")
            await app.router.routes[event.TYPE].handle(app, [Message(event, cause)], tx)


@pytest.mark.servers
async def test_an_amendment_to_a_version_that_is_not_there_binds_nobody(desk: Desk) -> None:
    """§15: it is a dead letter that names the versions there are, and what is announced next finds its way."""
    await desk.sign("acme")
    with pytest.raises(Rejected, match="there are: quicktalk 0, quicktalk 1") as rejected:
        await desk.hear(ClientAmended(client_id="acme", agreement_version="9", signed_on=TODAY))
    assert rejected.value.field == "agreement_version"
    assert await _version(desk, await desk.announce()) == "1"
