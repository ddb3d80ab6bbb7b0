"""DSR-3: sub-processors whose systems take no orders are named to people, and reminded of until it is entered."""

from functools import partial
from typing import Any

import pytest
from tests.requests.desk import Desk
from tests.requests.test_requests_tasks import confirm, declare, help_with, package, start

from chassis.errors import Rejected
from contracts.dsar import Act
from contracts.handling import HandlingSubProcessorAsked
from contracts.holder import HolderKind
from contracts.permission import PermissionSet, Standing
from contracts.request import AlertKind, RequestAlertOrdered
from contracts.task import TaskFailed, TaskOrdered

pytestmark = pytest.mark.servers
PATH = "/requests/dsar-1/assistance/help-1/sub-processors"


async def _permit(desk: Desk, *subprocessor_ids: str) -> None:
    for each in subprocessor_ids:
        await desk.hear(
            PermissionSet(
                client_id="acme", subprocessor_id=each, standing=Standing.PERMITTED, reason="listed", clause="4.3"
            )
        )


async def _begin(desk: Desk) -> None:
    """Help with one holder, one sub-processor that takes orders, and two that don't."""
    await declare(desk, "crm", "faxes")
    await declare(desk, "vonage", "client_contacts_manual", kind=HolderKind.SUBPROCESSOR)
    await _permit(desk, "vonage", "slack", "legos")
    await help_with(desk, Act.FIND)
    await start(desk)
    for order in desk.of(TaskOrdered):
        await confirm(desk, order)


def _asked(desk: Desk) -> list[Any]:
    return [each.facts["sub_processors"] for each in desk.of(RequestAlertOrdered, kind=AlertKind.ASK_BY_HAND)]


async def test_they_are_named_and_reminded_of_until_all_are_entered(desk: Desk) -> None:
    """People read their names when the help begins, and again; the client reads what came of each."""
    await _begin(desk)
    assert _asked(desk) == [("legos", "slack")]
    found = await package(desk)
    assert [each["subprocessor_id"] for each in found["by_hand"]] == ["legos", "slack"]
    assert (found["standing"], found["complete"]) == ("done", False), "what nobody asked for is not done"
    entered = await desk.post("operator", f"{PATH}/slack", {"outcome": "It holds nothing."})
    assert entered.status_code == 201
    await desk.pass_days(4)
    assert _asked(desk)[1:] == [("legos",)]
    await desk.post("operator", f"{PATH}/legos", {"outcome": "Deleted, by letter of 3 December."})
    await desk.pass_days(20)
    assert len(_asked(desk)) == 2, "nobody is reminded of what is entered"
    found = await package(desk)
    assert found["complete"]
    assert [(each["outcome"], each["entered_by"]) for each in found["by_hand"]] == [
        ("Deleted, by letter of 3 December.", "operator@example"),
        ("It holds nothing.", "operator@example"),
    ]


async def test_nobody_is_asked_where_every_sub_processor_takes_orders(desk: Desk) -> None:
    """No sub-processor without a system: no alert, and the help is complete."""
    await declare(desk, "vonage", "faxes", "client_contacts_manual", kind=HolderKind.SUBPROCESSOR)
    await _permit(desk, "vonage")
    await help_with(desk, Act.FIND)
    await start(desk)
    await confirm(desk, desk.of(TaskOrdered)[0])
    assert _asked(desk) == []
    assert (await package(desk))["complete"]


async def test_only_who_is_to_be_asked_can_be_entered(desk: Desk) -> None:
    """Another sub-processor, other help, a client's token: refused, and nothing is kept."""
    await _begin(desk)
    body = {"outcome": "?"}
    assert (await desk.post("operator", f"{PATH}/vonage", body)).status_code == 404
    assert (await desk.post("operator", f"{PATH.replace('help-1', 'help-9')}/slack", body)).status_code == 404
    assert (await desk.post("acme", f"{PATH}/slack", body)).status_code == 403
    said = partial(HandlingSubProcessorAsked, request_id="dsar-1", outcome="?", asked_by="operator")
    with pytest.raises(Rejected, match="not to be asked by hand") as caught:
        await desk.hear(said(assistance_id="help-1", subprocessor_id="vonage"))
    assert caught.value.field == "subprocessor_id"
    with pytest.raises(Rejected, match="nobody asked for help"):
        await desk.hear(said(assistance_id="help-9", subprocessor_id="slack"))
    assert await desk.value("SELECT count(*) FROM by_hand WHERE outcome IS NOT NULL") == 0


async def test_halted_help_reminds_of_nobody(desk: Desk) -> None:
    """The instruction is withdrawn: nobody is to be asked any more."""
    await declare(desk, "crm", "faxes")
    await _permit(desk, "slack")
    await help_with(desk, Act.FIND)
    await start(desk)
    await desk.withdraw()
    await desk.pass_days(20)
    assert _asked(desk) == [("slack",)]


async def test_people_are_told_of_what_a_holder_does_not_do(desk: Desk) -> None:
    """DSR-3: at once when it says that it can't, once; and when it does not answer, after some reminders."""
    await declare(desk, "crm", "faxes")
    await help_with(desk, Act.FIND)
    await start(desk)
    [order] = desk.of(TaskOrdered)
    failed = TaskFailed(
        order_id=order.order_id, holder_id="crm", client_id="acme", failed_at=desk.clock.now(), reason="no such column"
    )
    await desk.hear(failed)
    await desk.hear(failed)
    [alert] = desk.of(RequestAlertOrdered)
    assert (alert.kind, alert.facts["reason"], alert.facts["order_id"]) == (
        AlertKind.TASK_STUCK, "no such column", order.order_id,
    )  # fmt: skip
    await desk.pass_days(365)
    figures = desk.book.latest.termination
    late = [each.facts["reminders"] for each in desk.of(RequestAlertOrdered, kind=AlertKind.TASK_STUCK)[1:]]
    assert late == [str(nth) for nth in range(figures.escalate_at_reminder, figures.reminders_at_most + 1)]
