"""Staff without an undertaking of confidentiality in force reach no client's record (§3.2, Appendix C 3)."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr
from tests.assurance.desk import Desk
from tests.desk import opened

from agreement import default_path
from agreement.book import Book
from assurance.app import Assurance
from assurance.settings import AssuranceSettings
from chassis import undertakings
from chassis.access import Access, make_key
from chassis.processor import Processor
from chassis.relay import Relay
from chassis.undertakings import Undertakings
from contracts.staff import Basis, StaffUndertakingGiven
from contracts.undertaking import UndertakingSet

pytestmark = pytest.mark.servers
GIVEN = {"basis": "undertaking", "given_on": "2026-11-24", "person": "operator@example"}


@pytest.fixture
async def guarded(database: str, tmp_path: Path) -> AsyncIterator[Desk]:
    """The service where staff must be bound, hearing what it says of who is."""
    key = tmp_path / "token.key"
    make_key(key)
    settings = AssuranceSettings(database_url=SecretStr(database), token_key=key, undertakings_required=True)
    app = Assurance(Book.read(default_path()), settings)
    async with opened(app, settings) as (runtime, clock, _):
        relay = Relay(app.name, settings, clock, runtime.metrics, runtime.telemetry)
        processor = Processor(
            app.name, app, runtime.pool, clock, relay, runtime.metrics, runtime.telemetry, also=undertakings.router
        )
        access = Access(issuer=None, key=key, undertakings=Undertakings(runtime.pool, clock))
        own = replace(runtime, processor=processor, access=access)
        transport = httpx.ASGITransport(app.api(own))
        async with httpx.AsyncClient(transport=transport, base_url="http://assurance") as http:
            yield Desk(app=app, runtime=own, clock=clock, key=key, http=http)


async def test_staff_are_bound_before_they_reach_records(guarded: Desk) -> None:
    """STA-1: refused without an undertaking, let in from its first day to its last; clients' users give none."""
    await guarded.sign("acme")
    refused = await guarded.get("operator", "/matters/audits")
    assert refused.status_code == 403
    assert "no undertaking of confidentiality by operator@example" in refused.json()["detail"]
    asked = await guarded.post("operator", "/clients/acme/questions/q1", {"items": ["Where?"]})
    assert asked.status_code == 403
    assert (await guarded.get("acme", "/matters/audits")).status_code == 200
    view = await guarded.say("dpo", "/staff/undertakings", GIVEN | {"ends_on": "2026-11-30"})
    assert view["in_force"]
    assert (await guarded.get("operator", "/matters/audits")).status_code == 200
    assert (await guarded.get("dpo", "/matters/audits")).status_code == 403
    await guarded.at(date(2026, 11, 30), 23)
    assert (await guarded.get("operator", "/matters/audits")).status_code == 200
    await guarded.at(date(2026, 12, 1), 0)
    assert (await guarded.get("operator", "/matters/audits")).status_code == 403


async def test_an_undertaking_that_ends_closes_the_records(guarded: Desk) -> None:
    """STA-1: the last word holds: ended, given again; each has its entry and its dates."""
    await guarded.say("dpo", "/staff/undertakings", GIVEN)
    end = {"person": "operator@example", "ended_on": "2026-11-23", "reason": "She left."}
    ended = await guarded.say("dpo", "/staff/undertakings/end", end)
    assert (ended["in_force"], ended["ended_because"]) == (False, "She left.")
    assert (await guarded.get("operator", "/matters/audits")).status_code == 403
    await guarded.say("dpo", "/staff/undertakings", GIVEN | {"basis": "law"})
    assert (await guarded.get("operator", "/matters/audits")).status_code == 200
    items = (await guarded.get("auditor", "/staff/undertakings")).json()["items"]
    assert [(each["basis"], each["in_force"]) for each in items] == [("undertaking", False), ("law", True)]


async def test_the_register_is_kept_by_the_dpo_alone(guarded: Desk) -> None:
    """STA-1: nobody lets themselves in: operators and clients record nothing, and clients don't read it."""
    assert (await guarded.post("operator", "/staff/undertakings", GIVEN)).status_code == 403
    assert (await guarded.post("acme", "/staff/undertakings", GIVEN)).status_code == 403
    assert (await guarded.get("acme", "/staff/undertakings")).status_code == 403
    assert "can't end before" in await guarded.refused(
        "dpo", "/staff/undertakings", GIVEN | {"ends_on": "2026-11-01"}, status=422
    )
    unknown = {"person": "nobody@example", "ended_on": "2026-11-23", "reason": "?"}
    assert "has given no undertaking" in await guarded.refused("dpo", "/staff/undertakings/end", unknown, status=422)


async def test_without_the_setting_a_token_is_enough(desk: Desk) -> None:
    """Where the installation asks for none, staff work as before, and the register is kept all the same."""
    await desk.hear(
        StaffUndertakingGiven(
            person="operator@example", said_by="HR", basis=Basis.UNDERTAKING, given_on=date(2026, 12, 1)
        )
    )
    assert (await desk.get("operator", "/matters/audits")).status_code == 200
    (said,) = desk.of(UndertakingSet)
    assert said.bound_from.isoformat() == "2026-11-30T23:00:00+00:00"
