"""Who is affected: by client, sub-processor, system or category, from what is known at that time (§6, SUB-7)."""

from datetime import date
from math import inf

import pytest
from prometheus_client import generate_latest
from tests.breach.desk import HOUR, INCIDENT, Desk

from breach import due
from breach.timing.watch import Watch
from contracts.holder import HolderDeclared, HolderKind
from contracts.incident import IncidentNoticeOrdered, IncidentScopeWidened
from contracts.permission import PermissionSet, Standing
from contracts.retention import RetentionCertified

pytestmark = pytest.mark.servers
SUB = "deeptranscript"


async def declare(desk: Desk, system: str, subprocessor: str | None = None) -> None:
    """A system that holds everything."""
    await desk.hear(
        HolderDeclared(
            holder_id=system,
            name=system.title(),
            kind=HolderKind.SUBPROCESSOR if subprocessor else HolderKind.INTERNAL,
            subprocessor_id=subprocessor,
            categories=("call_recordings",),
        )
    )


async def test_a_breach_at_a_sub_processor_is_a_breach_here(desk: Desk) -> None:
    """SUB-7: whoever ever let it process is affected, also if it is barred since; the notice names it."""
    await desk.sign("acme", "borealis", "cedar")
    await desk.permit("acme", SUB)
    await desk.permit("borealis", SUB)
    await desk.hear(
        PermissionSet(
            client_id="borealis", subprocessor_id=SUB, standing=Standing.BARRED, reason="objection", clause="4.4"
        )
    )
    await desk.detect(subprocessor_id=SUB, data_categories=("call_recordings",))
    await desk.aware()
    assert desk.told() == ["acme", "borealis"]
    facts = desk.of(IncidentNoticeOrdered)[0].facts
    name = next(each.name for each in desk.book.latest.sub_processors if each.id == SUB)
    assert facts["at_subprocessors"] == (name,)
    assert "Call recordings" in facts["data_categories"][0]


async def test_a_permission_that_is_heard_late_counts_from_its_day(desk: Desk) -> None:
    """Topics are not ordered against each other: who let it process before is told, who begins afterwards is not."""
    await desk.sign("acme", "borealis")
    await desk.detect(subprocessor_id=SUB)
    await desk.aware()
    assert desk.told() == []
    for client_id, since in (("acme", date(2026, 2, 2)), ("borealis", date(2026, 11, 25))):
        permission = PermissionSet(
            client_id=client_id,
            subprocessor_id=SUB,
            standing=Standing.PERMITTED,
            permitted_from=since,
            reason="on the list",
            clause="4.3",
        )
        await desk.hear(permission)
    assert desk.told() == ["acme"]


async def test_systems(desk: Desk) -> None:
    """An own system may hold any client's data, a sub-processor's system theirs who let it process."""
    await desk.sign("acme", "borealis")
    await desk.permit("acme", SUB)
    await declare(desk, "vault")
    await declare(desk, "speech-store", SUB)
    await desk.detect(systems=("speech-store",), incident="inc-1")
    await desk.detect(systems=("vault",), incident="inc-2")
    await desk.aware(incident="inc-1")
    await desk.aware(incident="inc-2")
    assert desk.told(incident="inc-1") == ["acme"]
    assert desk.told(incident="inc-2") == ["acme", "borealis"]


async def test_a_category_alone_means_everybody_who_has_it(desk: Desk) -> None:
    """Beside clients, categories say which data; alone, whoever's agreement knows them; unknown ones are named."""
    await desk.sign("acme", "borealis")
    await desk.detect("acme", data_categories=("faxes",), incident="inc-1")
    await desk.detect(data_categories=("faxes", "dreams"), incident="inc-2")
    await desk.aware(incident="inc-1")
    await desk.aware(incident="inc-2")
    assert desk.told(incident="inc-1") == ["acme"]
    assert desk.told(incident="inc-2") == ["acme", "borealis"]
    assert desk.of(IncidentScopeWidened, incident_id="inc-2")[0].unresolved == ("category/dreams",)


async def test_whose_data_are_gone_is_affected_by_name_alone(desk: Desk) -> None:
    """§8.3: what is certified to be deleted is gone; a client may still be named, and signing brings it back."""
    await desk.sign("acme", "borealis")
    await desk.hear(RetentionCertified(client_id="acme", certificate_id="c", complete=True, sha256="0" * 64))
    await desk.detect(data_categories=("faxes",), incident="inc-1")
    await desk.aware(incident="inc-1")
    assert desk.told(incident="inc-1") == ["borealis"]
    await desk.scope("acme", incident="inc-1")
    assert desk.told(incident="inc-1") == ["borealis", "acme"]
    await desk.sign("acme")
    await desk.detect(data_categories=("faxes",), incident="inc-2")
    await desk.aware(incident="inc-2")
    assert desk.told(incident="inc-2") == ["acme", "borealis"]


async def test_the_time_left_is_a_metric(desk: Desk) -> None:
    """BRE-1: seconds per client and clock as they are at the scrape; what is stopped is not shown."""
    await desk.sign("acme", "borealis")
    await desk.detect("acme", "borealis")
    await desk.aware()
    await desk.receive("acme")
    watch = Watch(desk.runtime, 100)
    await watch.look()
    left = desk.runtime.metrics.registry.get_sample_value
    labels = {"service": "breach", "incident": INCIDENT, "clock": "clients"}
    name = "dutiful_breach_seconds_left"
    before = left(name, labels | {"client": "borealis"})
    assert before is not None
    assert 71.9 * 3600 < before <= 72 * 3600
    desk.clock.jump_to(desk.clock.now() + 73 * HOUR)
    after = left(name, labels | {"client": "borealis"})
    assert after is not None
    assert after < 0
    assert left(name, labels | {"client": "acme"}) is None
    assert left(name, labels | {"clock": "gdpr_33", "client": ""}) is not None
    assert left("dutiful_breach_clocks", {"service": "breach"}) == 3
    assert b"dutiful_breach_suspected" in generate_latest(desk.runtime.metrics.registry)


async def test_how_much_time_is_left_to_the_soonest_clock(desk: Desk) -> None:
    """BRE-1: towards clients and authorities apart; infinity where no clock runs, below nought when one is over.

    One that is over hides none that is to come.
    """
    deadlines = due.deadlines(desk.runtime)

    async def left(kind: str, name: str = "dutiful_deadline_seconds_left") -> float:
        await deadlines.look()
        labels = {"service": "breach", "kind": kind}
        seconds = desk.runtime.metrics.registry.get_sample_value(name, labels)
        assert seconds is not None
        return seconds

    assert await left("breach_client") == inf
    await desk.sign("acme")
    await desk.detect("acme")
    await desk.aware()
    assert 71.9 * 3600 < await left("breach_client") <= 72 * 3600
    assert await left("breach_authority") < 72 * 3600
    await desk.receive("acme")
    assert await left("breach_client") == inf
    to_come = "dutiful_deadline_to_come_seconds_left"
    assert 0 < await left("breach_authority", to_come) <= 24 * 3600
    desk.clock.jump_to(desk.clock.now() + 30 * HOUR)
    assert await left("breach_authority") < 0
    assert 41 * 3600 < await left("breach_authority", to_come) < 42 * 3600
    desk.clock.jump_to(desk.clock.now() + 70 * HOUR)
    assert await left("breach_authority", to_come) == inf


async def test_few_clocks_are_shown_where_there_are_many(desk: Desk) -> None:
    """The next due are shown, all are counted."""
    await desk.sign("acme", "borealis")
    await desk.detect("acme", "borealis")
    await desk.aware()
    watch = Watch(desk.runtime, 2)
    await watch.look()
    assert watch.left.clocks[0].clock == "telecom_611_2013"
    assert (len(watch.left.clocks), watch.left.running) == (2, 4)
    assert date(2026, 11, 25) == watch.left.clocks[0].due_at.date()
