"""The end of a client's contract, and what happens when it goes on after all (§8.3, §13)."""

from datetime import date, timedelta

import pytest
from tests.desk import STARTS_AT
from tests.registry.desk import Desk, addition

from contracts.client import ClientAmended, ClientSigned, Contact
from contracts.contract import ContractTerminated
from contracts.deadline import DeadlineClientEnded, DeadlineWindowClosed
from contracts.retention import RetentionReinstated

pytestmark = pytest.mark.servers
TODAY = STARTS_AT.date()


async def test_a_contract_has_an_end_of_its_own(desk: Desk) -> None:
    """§13: it is on the agenda from the signature on; an amendment moves it, and it is the client's last day."""
    await desk.hear(
        ClientSigned(
            client_id="acme",
            name="Acme",
            agreement_id=desk.book.latest.id,
            agreement_version=desk.book.latest.version,
            signed_on=date(2026, 2, 2),
            contact=Contact(name="DPO", email="dpo@acme.example"),
            contract_ends_on=TODAY + timedelta(days=5),
        )
    )
    assert await _agenda(desk) == ["client-ended/acme"]
    version = desk.book.latest.version
    later = TODAY + timedelta(days=9)
    await desk.hear(ClientAmended(client_id="acme", agreement_version=version, signed_on=TODAY, contract_ends_on=later))
    assert await _agenda(desk) == ["client-ended/acme"]
    assert await desk.runtime.pool.fetchval("SELECT active_until FROM client") == later


async def test_a_contract_that_goes_on_before_its_end(desk: Desk) -> None:
    """§8.3: nothing had changed, and nothing does."""
    await desk.sign("acme")
    before = await _permitted(desk, "acme")
    await desk.hear(ContractTerminated(client_id="acme", terminated_on=TODAY + timedelta(days=5)))
    await desk.hear(RetentionReinstated(client_id="acme"))
    assert await _agenda(desk) == []
    assert await _permitted(desk, "acme") == before


async def test_a_contract_that_goes_on_after_its_end(desk: Desk) -> None:
    """§8.3, §4.4: the list is permitted again, but for what the client had objected to."""
    await desk.sign("acme")
    change_id = await desk.announce()
    await desk.receive(change_id, "acme")
    await desk.post("acme", f"/changes/{change_id}/objections", {"ground": "legal_obligation", "statement": "x"})
    await desk.reach_day(change_id, date(2026, 12, 31))
    before = await _permitted(desk, "acme")
    await desk.hear(ContractTerminated(client_id="acme", terminated_on=date(2026, 12, 31)))
    await desk.hear(DeadlineClientEnded(client_id="acme"))
    assert await _permitted(desk, "acme") == set()
    await desk.hear(RetentionReinstated(client_id="acme"))
    assert await _permitted(desk, "acme") == before
    assert "voix" not in before


async def test_an_objection_outlasts_an_end_that_was_taken_back(desk: Desk) -> None:
    """§8.3, §4.4: the client is barred as before, may take its objection back, and is then permitted."""
    await desk.sign("acme")
    change_id = await desk.announce()
    await desk.receive(change_id, "acme")
    await desk.post("acme", f"/changes/{change_id}/objections", {"ground": "legal_obligation"})
    await desk.reach_day(change_id, date(2026, 12, 31))
    await desk.hear(ContractTerminated(client_id="acme", terminated_on=date(2026, 12, 31)))
    await desk.hear(DeadlineClientEnded(client_id="acme"))
    await desk.hear(RetentionReinstated(client_id="acme"))
    standing = (await desk.get("acme", f"/changes/{change_id}")).json()["standing"]
    assert standing["status"] == "objected"
    await desk.post("acme", f"/changes/{change_id}/objections/withdrawal")
    assert "voix" in await _permitted(desk, "acme")


async def test_days_that_ran_while_the_client_was_away_are_over(desk: Desk) -> None:
    """§8.3, §4.4: what it was told of before its end is in effect; what reached it meanwhile has its days still."""
    await desk.sign("acme")
    told = await desk.announce()
    missed = await desk.announce(addition(subprocessor_id="other"))
    await desk.receive(told, "acme")
    await desk.hear(ContractTerminated(client_id="acme", terminated_on=TODAY))
    await desk.hear(DeadlineClientEnded(client_id="acme"))
    for change_id in (told, missed):
        await desk.reach_day(change_id, date(2026, 12, 31))
    await desk.receive(missed, "acme")
    await desk.hear(RetentionReinstated(client_id="acme"))
    assert {"voix", "other"} & await _permitted(desk, "acme") == {"voix"}
    assert (await desk.get("acme", f"/changes/{missed}")).json()["standing"]["status"] == "window_open"
    desk.clock.jump_to(desk.clock.now() + timedelta(days=30))
    await desk.hear(DeadlineWindowClosed(change_id=missed, client_id="acme"))
    assert {"voix", "other"} <= await _permitted(desk, "acme")


async def _agenda(desk: Desk) -> list[str]:
    rows = await desk.runtime.pool.fetch("SELECT name FROM agenda WHERE name LIKE 'client-ended/%' ORDER BY 1")
    return [row["name"] for row in rows]


async def _permitted(desk: Desk, client_id: str) -> set[str]:
    rows = await desk.runtime.pool.fetch(
        "SELECT subprocessor_id FROM permission WHERE client_id = $1 AND standing = 'permitted'", client_id
    )
    return {row["subprocessor_id"] for row in rows}
