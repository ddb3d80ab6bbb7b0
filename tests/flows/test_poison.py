"""Events that are valid and can't be handled, on the real services."""

import pytest
from tests.chassis.bus import Bus
from tests.flows.street import Street, facts

from chassis.dead_letters import topic_of

pytestmark = pytest.mark.servers


async def test_a_day_beyond_the_calendar_stops_nobody(street: Street) -> None:
    """A change for a year whose holidays nobody knows is refused; an end in that year is a dead letter of both."""
    street_bus = Bus(street.house.bootstrap, "")
    await street.sign("p-acme")
    await street.publish("subprocessor.added", "p-far", facts("p-far", effective_on="2999-06-01"))
    await street.publish("contract.terminated", "p-acme", {"client_id": "p-acme", "terminated_on": "2999-06-01"})
    await street.announce("p-lingua")
    await street.until(lambda: street.of("change.refused", subprocessor_id="p-far"))
    assert "in 2999 are not known" in str(street.of("change.refused", subprocessor_id="p-far")[0]["reason"])
    for service in ("subprocessor_registry", "notifier"):
        letters = await street_bus.hear(
            topic_of(service),
            lambda got: any("in 2999 are not known" in each.headers["dutiful-reason"] for each in got),
        )
        assert letters
    assert not any(service.crashed.done() for service in street.house.services)
    await street.terminate("p-acme")


async def test_a_version_that_nobody_wrote_stops_nobody(street: Street) -> None:
    """A signature under an unknown version is a dead letter of both services that names the field."""
    street_bus = Bus(street.house.bootstrap, "")
    signature = {**street.signature("p-borealis"), "agreement_version": "99"}
    await street.publish("client.signed", "p-borealis", signature)
    for service in ("subprocessor_registry", "notifier"):
        letters = await street_bus.hear(
            topic_of(service), lambda got: any("no version '99'" in each.headers["dutiful-reason"] for each in got)
        )
        assert letters[-1].headers["dutiful-field"] == "agreement_version"
