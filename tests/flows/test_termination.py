"""§8.3 whole, from the end of a contract to the certificate, on the real servers with a virtual clock."""

from collections import Counter
from collections.abc import AsyncIterator
from datetime import date, timedelta
from functools import partial

import pytest
from tests.chassis.eventually import eventually
from tests.flows.conftest import Progress
from tests.flows.holders import Holder
from tests.flows.street import Street

from agreement import deadlines

pytestmark = pytest.mark.servers

ALL = (
    "general_information",
    "call_fax_logs",
    "call_recordings",
    "faxes",
    "crm_contacts",
    "client_contacts_manual",
    "client_contacts_crm",
    "transcriptions",
    "sso_user_numbers",
)
AT_ONCE = 5
"""The categories that nothing holds."""


@pytest.fixture(scope="module")
async def holder(street: Street, progress: Progress) -> AsyncIterator[Holder]:
    """A system that holds everything, and answers."""
    holder = Holder(street, "platform-db")
    async with holder.working():
        await holder.declare(*ALL)
        yield holder


async def test_silence_ends_in_deletion_and_a_certificate(street: Street, holder: Holder) -> None:
    """TER-1 to TER-4, TER-6: told to cease, asked by mail, deleted by itself, looked at again, certified."""
    await street.sign("a-silent")
    holder.records.update({("a-silent", category): 4 for category in ALL})
    holder.back["a-silent", "transcriptions"] = 2
    await end(street, "a-silent")
    everyone = {"platform-db", *(each.id for each in street.house.book.latest.sub_processors)}
    await street.until(lambda: told_to_cease(street, "a-silent") >= everyone)
    assert told_to_cease(street, "a-silent") == everyone
    await street.until(lambda: street.of("cease.confirmed", client_id="a-silent"))
    mails = await street.house.smtp.wait_for(lambda got: any("dpo@a-silent.example" in each.recipients for each in got))
    assert any("restitution ou suppression" in str(each.message["subject"]) for each in mails)
    pass_days(street, 31)
    await street.until(lambda: street.of("retention.choice_defaulted", client_id="a-silent"))
    await stands(street, "a-silent", "confirmed", AT_ONCE)
    pass_days(street, 2)
    await street.until(lambda: street.of("retention.reopened", client_id="a-silent", category="transcriptions"))
    await stands(street, "a-silent", "done", AT_ONCE - 1)
    await stands(street, "a-silent", "confirmed", 1)
    pass_days(street, 2)
    await stands(street, "a-silent", "done", AT_ONCE)
    assert {key for key in holder.records if key[0] == "a-silent" and holder.records[key]} == {
        ("a-silent", category) for category in ("general_information", "call_fax_logs", "faxes", "crm_contacts")
    }
    assert not street.of("retention.certified", client_id="a-silent"), "17 sub-processors have not answered"
    slow = {"kind": "erasure", "holder_id": "deeptranscript", "category": "transcriptions"}
    for reminders, days in ((1, 8), (2, 4)):
        pass_days(street, days)
        await street.until(partial(street.of, "retention.order_overdue", reminders=reminders, **slow))
    assert street.of("retention.order_overdue", escalated=True, **slow)
    await street.until(lambda: street.of("retention.certified", client_id="a-silent"))
    plan = await street.get("operator", "retention", "/clients/a-silent/termination")
    assert plan["stage"] == "deleting"


async def test_what_is_returned_goes_after_the_clients_word(street: Street, holder: Holder) -> None:
    """TER-5: chosen and acknowledged through the API; deleted after that, and not before."""
    await street.sign("b-returns")
    holder.records["b-returns", "faxes"] = 7
    holder.records["b-returns", "call_recordings"] = 2
    await end(street, "b-returns")
    who = "b-returns/super_administrator"
    await street.post(who, "retention", "/clients/b-returns/choice", {"choice": "return"})
    await street.until(lambda: street.of("return.confirmed", client_id="b-returns"))
    await street.until(lambda: street.of("notice.received", client_id="b-returns", kind="package_ready"))
    packages = (await street.fetch(who, "retention", "/clients/b-returns/packages"))[0]
    assert {each["category"]: each["records"] for each in packages["contents"]}["faxes"] == 7
    assert holder.records["b-returns", "call_recordings"] == 2
    await street.post(who, "retention", "/clients/b-returns/acknowledgement", {})
    await confirmed(street, "b-returns", AT_ONCE)
    assert holder.records["b-returns", "call_recordings"] == 0
    assert holder.records["b-returns", "faxes"] == 7, "held until a year after the end"


async def test_a_hold_keeps_and_lets_go(street: Street, holder: Holder) -> None:
    """TER-4: what is held is not deleted, whatever is chosen; when the hold is lifted it goes by itself."""
    await street.sign("c-disputes")
    holder.records["c-disputes", "call_recordings"] = 5
    hold = {
        "hold_id": "c-dispute",
        "kind": "dispute",
        "categories": ["call_recordings"],
        "legal_basis": "8.3",
        "reason": "unpaid",
    }
    await end(street, "c-disputes")
    await street.post("operator", "retention", "/clients/c-disputes/holds", hold)
    chosen = {"choice": "deletion"}
    await street.post("c-disputes/super_administrator", "retention", "/clients/c-disputes/choice", chosen)
    await confirmed(street, "c-disputes", AT_ONCE - 1)
    assert holder.records["c-disputes", "call_recordings"] == 5
    await street.post("operator", "retention", "/clients/c-disputes/holds/c-dispute/end", {"reason": "settled"})
    await confirmed(street, "c-disputes", AT_ONCE)
    assert holder.records["c-disputes", "call_recordings"] == 0


async def test_a_contract_that_goes_on(street: Street, holder: Holder) -> None:
    """A termination that is taken back: the orders to cease are lifted, and the platform may use the list again."""
    await street.sign("d-stays")
    await end(street, "d-stays")
    await street.until(lambda: street.of("deadline.client_ended", client_id="d-stays"))
    await street.reads("d-stays", "scaleway", None)
    data = {"client_id": "d-stays", "reinstated_on": today(street).isoformat()}
    await street.publish("contract.reinstated", "d-stays", data)
    await street.until(lambda: street.of("cease.lifted", client_id="d-stays", holder_id="platform-db"))
    await street.reads("d-stays", "scaleway", "permitted")


async def test_termination_of_nobody_is_a_dead_letter(street: Street) -> None:
    """Who is not known can't leave: the message waits among the dead letters, and stops nobody."""
    await street.publish("contract.terminated", "e-nobody", {"client_id": "e-nobody", "terminated_on": "2026-05-01"})
    await street.sign("e-somebody")
    await end(street, "e-somebody")
    assert not street.of("retention.planned", client_id="e-nobody")


async def end(street: Street, client_id: str) -> None:
    """The contract ends today, and the client is asked."""
    data = {"client_id": client_id, "terminated_on": today(street).isoformat()}
    await street.publish("contract.terminated", client_id, data)
    await street.until(lambda: street.of("retention.choice_requested", client_id=client_id))
    await street.until(lambda: street.of("cease.ordered", client_id=client_id, holder_id="platform-db"))


def told_to_cease(street: Street, client_id: str) -> set[str]:
    """Who has been told to cease for the client by now: each is told in an event of its own, one after the other."""
    return {str(order["holder_id"]) for order in street.of("cease.ordered", client_id=client_id)}


async def confirmed(street: Street, client_id: str, number: int) -> None:
    """Wait until the system has confirmed so many deletions for the client."""
    await street.until(lambda: len(_confirmed(street, client_id)) >= number)
    assert max(Counter(_confirmed(street, client_id)).values()) == 1


def _confirmed(street: Street, client_id: str) -> list[str]:
    ordered = {
        str(order["order_id"])
        for order in street.of("erasure.ordered", holder_id="platform-db")
        if order["purpose"] == "termination" and order["scopes"] == [{"client_id": client_id}]
    }
    answers = street.of("erasure.confirmed", holder_id="platform-db")
    return [str(each["order_id"]) for each in answers if each["order_id"] in ordered]


async def stands(street: Street, client_id: str, state: str, number: int) -> None:
    """Wait until so many lines of the system are in this state."""

    async def holds() -> bool:
        plan = await street.fetch("operator", "retention", f"/clients/{client_id}/termination")
        lines = [each for each in plan["lines"] if each["holder_id"] == "platform-db" and each["state"] == state]
        return len(lines) == number

    await eventually(holds)


def today(street: Street) -> date:
    """The present day in the agreement's timezone."""
    return deadlines.local_date(street.house.book.latest, street.clock.now())


def pass_days(street: Street, days: int) -> None:
    """Time jumps to the beginning of a day."""
    street.reach(today(street) + timedelta(days=days))
