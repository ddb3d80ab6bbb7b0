"""DSR-3: help with a request: holders are asked, one act after the other, and what comes of it is gathered."""

from datetime import timedelta
from typing import Any

import httpx
import pytest
from pydantic_core import from_json
from tests.desk import Json
from tests.requests.desk import Desk
from tests.ways import Way, check_rights

from chassis.access import Role, own_token
from chassis.errors import Rejected
from chassis.rights import Right
from contracts.dsar import (
    Act,
    DsarAssistanceRequested,
    DsarAssistanceStarted,
    DsarQuoteAnswered,
    DsarQuoteOffered,
    Identifier,
)
from contracts.hold import HoldKind, HoldLifted, HoldPlaced
from contracts.holder import HolderDeclared, HolderKind, HolderRetired
from contracts.permission import PermissionSet, Standing
from contracts.request import (
    NoticeKind,
    RequestAssistanceMoved,
    RequestRefused,
    RequestTaskFailed,
    RequestTaskOverdue,
)
from contracts.task import (
    TaskAcknowledged,
    TaskConfirmed,
    TaskDownloaded,
    TaskFailed,
    TaskHalted,
    TaskOrdered,
    TaskPackage,
    Touched,
)
from requests_desk.task_watch import TaskWatch

pytestmark = pytest.mark.servers
PHONE = Identifier(kind="phone", value="+33612345678")
SECRET = "33612345678"
SEEING = frozenset({Right.SEE_REQUESTS, Right.SEE_ALL_CLIENTS})
CATEGORIES = ("client_contacts_manual", "faxes")


async def declare(desk: Desk, holder_id: str, *categories: str, kind: HolderKind = HolderKind.INTERNAL) -> None:
    """A system holds something."""
    await desk.hear(HolderDeclared(holder_id=holder_id, name=holder_id, kind=kind, categories=categories))


async def help_with(desk: Desk, *acts: Act, client_id: str = "acme", request_id: str = "dsar-1", **more: Any) -> str:  # noqa: ANN401 - fields of any kind
    """A client whose request it is asks for help on its own instruction; its id."""
    suffix = "" if client_id == "acme" else f"-{client_id}"
    await desk.ask(request_id, client_id, identifiers=(PHONE,), text=f"Of {request_id}")
    await desk.instruct(f"inst-1{suffix}", client_id, request_id, data_categories=CATEGORIES)
    said: dict[str, Any] = {"acts": acts, "requested_by": "DPO", "received_at": desk.clock.now()} | more
    assistance_id = f"help-1{suffix}"
    await desk.hear(
        DsarAssistanceRequested(
            request_id=request_id,
            client_id=client_id,
            assistance_id=assistance_id,
            instruction_id=f"inst-1{suffix}",
            **said,
        )
    )
    return assistance_id


async def start(desk: Desk, assistance_id: str = "help-1", request_id: str = "dsar-1") -> None:
    """An operator lets the work begin."""
    await desk.hear(DsarAssistanceStarted(request_id=request_id, assistance_id=assistance_id, started_by="operator"))


async def confirm(desk: Desk, order: TaskOrdered, **more: Any) -> None:  # noqa: ANN401 - fields of any kind
    """A holder has done it."""
    said: dict[str, Any] = {
        "touched": tuple(Touched(category=scope.category, count=2) for scope in order.scopes),
        "confirmed_by": order.holder_id,
    } | more
    await desk.hear(
        TaskConfirmed(
            order_id=order.order_id,
            holder_id=order.holder_id,
            client_id=order.client_id,
            act=order.act,
            started_at=desk.clock.now(),
            finished_at=desk.clock.now(),
            **said,
        )
    )


async def subject(desk: Desk, order: TaskOrdered, holder_id: str | None = None) -> httpx.Response:
    """What a holder is told of whom a task is about."""
    token = own_token(desk.key, holder_id or order.holder_id, Role.HOLDER)
    return await desk.http.get(f"/tasks/{order.order_id}/subject", headers={"Authorization": f"Bearer {token}"})


async def package(desk: Desk, who: str = "acme", assistance_id: str = "help-1") -> dict[str, Any]:
    """What the client reads of what came of it."""
    answer = await desk.get(who, f"/clients/{who}/requests/dsar-1/assistance/{assistance_id}/package")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def standings(desk: Desk) -> list[str]:
    """How the help moved."""
    return [each.standing.value for each in desk.of(RequestAssistanceMoved)]


def exported(order: TaskOrdered) -> TaskPackage:
    """What a holder made."""
    return TaskPackage(
        manifest_sha256="a" * 64,
        package_sha256="b" * 64,
        bytes=7,
        url=f"https://{order.holder_id}.example/packages/{order.order_id}",
        expires_at=order.available_until or order.due_at,
    )


async def test_costly_help_is_quoted_accepted_done_and_gathered(desk: Desk) -> None:
    """From the client's word to what it reads: quoted first, holders asked in order, and told when it is done."""
    await declare(desk, "crm", "client_contacts_manual")
    await declare(desk, "fax", "faxes", "call_recordings")
    assistance_id = await help_with(desk, Act.ERASE, Act.EXPORT)
    quote = DsarQuoteOffered(
        request_id="dsar-1",
        assistance_id=assistance_id,
        quote_id="quote-1",
        amount="900",
        currency="EUR",
        text="A day",
        offered_by="operator",
    )
    await desk.hear(quote)
    await start(desk)
    assert "the help is quoted" in desk.of(RequestRefused)[-1].reason, "nothing begins before it is accepted"
    assert not desk.of(TaskOrdered)
    accepted = DsarQuoteAnswered(
        request_id="dsar-1",
        client_id="acme",
        assistance_id=assistance_id,
        quote_id="quote-1",
        accepted=True,
        answered_by="DPO",
        received_at=desk.clock.now(),
    )
    await desk.hear(accepted)
    await start(desk)
    exports = desk.of(TaskOrdered)
    assert [(each.holder_id, each.act) for each in exports] == [("crm", Act.EXPORT), ("fax", Act.EXPORT)]
    assert [scope.category for each in exports for scope in each.scopes] == list(CATEGORIES)
    assert {each.instruction_id for each in exports} == {"inst-1"}
    assert not any(SECRET in each.model_dump_json() for each in desk.said), "the bus names nobody"
    told = (await subject(desk, exports[0])).json()
    assert told == {
        "order_id": exports[0].order_id,
        "client_id": "acme",
        "identifiers": [PHONE.model_dump()],
        "corrections": {},
    }
    await confirm(desk, exports[1], package=exported(exports[1]))
    assert len(desk.of(TaskOrdered)) == 2, "what is deleted waits for what is handed out"
    await confirm(desk, exports[0], package=exported(exports[0]), unreached=("the archive",))
    erasures = desk.of(TaskOrdered, act=Act.ERASE)
    assert [each.holder_id for each in erasures] == ["crm", "fax"]
    assert desk.told(NoticeKind.ASSISTANCE_DONE) == []
    for each in erasures:
        await confirm(desk, each)
    assert standings(desk) == ["asked", "quoted", "agreed", "started", "done"]
    assert desk.told(NoticeKind.ASSISTANCE_DONE) == [("acme", assistance_id)]
    found = await package(desk)
    assert [(each["holder_id"], each["act"], each["state"]) for each in found["tasks"]] == [
        ("crm", "export", "confirmed"),
        ("fax", "export", "confirmed"),
        ("crm", "erase", "confirmed"),
        ("fax", "erase", "confirmed"),
    ]
    assert found["tasks"][0]["package"]["url"] == exported(exports[0]).url
    assert (found["standing"], found["complete"]) == ("done", False), "what could not be done is not hidden"
    assert (await subject(desk, exports[0])).status_code == 410
    assert await desk.value("SELECT count(*) FROM subject") == 0


async def test_declined_help_never_begins(desk: Desk) -> None:
    """§9: a quote that is declined ends it."""
    await declare(desk, "crm", *CATEGORIES)
    assistance_id = await help_with(desk, Act.FIND)
    said: dict[str, Any] = {"request_id": "dsar-1", "assistance_id": assistance_id, "quote_id": "quote-1"}
    await desk.hear(DsarQuoteOffered(amount="9", currency="EUR", text="A day", offered_by="operator", **said))
    at = desk.clock.now()
    await desk.hear(DsarQuoteAnswered(client_id="acme", accepted=False, answered_by="DPO", received_at=at, **said))
    await start(desk)
    assert standings(desk) == ["asked", "quoted", "declined"]
    assert not desk.of(TaskOrdered)


async def test_only_the_task_s_own_holder_is_told_whom_it_is_about(desk: Desk) -> None:
    """Another holder, a client, the staff: for them there is no such task, or no such right."""
    await declare(desk, "crm", *CATEGORIES)
    await help_with(desk, Act.FIND)
    await start(desk)
    [order] = desk.of(TaskOrdered)
    assert (await subject(desk, order, "fax")).status_code == 404
    for who in ("acme", "operator", "dpo"):
        assert (await desk.get(who, f"/tasks/{order.order_id}/subject")).status_code == 403
    assert (await desk.http.get(f"/tasks/{order.order_id}/subject")).status_code == 401
    assert await desk.value("SELECT asked_at FROM task") is None
    answer = await subject(desk, order)
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
    assert await desk.value("SELECT asked_at FROM task") is not None


async def test_two_clients_know_the_same_person(desk: Desk) -> None:
    """CON-1: each client's tasks are about its own data, and neither reads, or answers for, the other's."""
    await declare(desk, "crm", *CATEGORIES)
    await help_with(desk, Act.ERASE)
    await help_with(desk, Act.FIND, client_id="borealis", request_id="dsar-2")
    await start(desk)
    await start(desk, "help-1-borealis", "dsar-2")
    orders = {each.client_id: each for each in desk.of(TaskOrdered)}
    assert {client_id: each.act for client_id, each in orders.items()} == {"acme": Act.ERASE, "borealis": Act.FIND}
    assert (await subject(desk, orders["borealis"])).json()["client_id"] == "borealis"
    path = "/requests/dsar-1/assistance/help-1/package"
    assert (await desk.get("borealis", f"/clients/borealis{path}")).status_code == 404
    assert (await desk.get("borealis", f"/clients/acme{path}")).status_code == 404
    with pytest.raises(Rejected, match="another client's data"):
        await confirm(desk, orders["acme"].model_copy(update={"client_id": "borealis"}))
    with pytest.raises(Rejected, match="was ordered no task"):
        await confirm(desk, orders["acme"].model_copy(update={"holder_id": "fax"}))
    with pytest.raises(Rejected, match="nobody ordered a task"):
        await confirm(desk, orders["acme"].model_copy(update={"order_id": "made-up"}))
    assert (await package(desk))["tasks"][0]["state"] == "open"


async def test_a_sub_processor_that_never_had_the_client_is_not_told_of_its_people(desk: Desk) -> None:
    """Asked are own systems, and sub-processors that were ever permitted; a retired one is asked no more."""
    for holder_id in ("vonage", "deepl"):
        await declare(desk, holder_id, "faxes", kind=HolderKind.SUBPROCESSOR)
    await declare(desk, "old", "faxes")
    await desk.hear(HolderRetired(holder_id="old", reason="gone"))
    permitted = PermissionSet(
        client_id="acme", subprocessor_id="vonage", standing=Standing.PERMITTED, reason="listed", clause="4.3"
    )
    await desk.hear(permitted)
    await desk.hear(permitted.model_copy(update={"standing": Standing.BARRED}))
    await help_with(desk, Act.FIND)
    await start(desk)
    assert [each.holder_id for each in desk.of(TaskOrdered)] == ["vonage"]
    assert (await package(desk))["gaps"] == ["client_contacts_manual: no system that answers orders holds it"]


async def test_what_is_held_is_not_deleted_at_a_person_s_request(desk: Desk) -> None:
    """TER-4, RET-2: a hold keeps a category whole, a law what is younger than its term; and the client reads why."""
    await declare(desk, "crm", *CATEGORIES)
    hold = HoldPlaced(
        hold_id="hold-1",
        client_id="acme",
        kind=HoldKind.DISPUTE,
        categories=("client_contacts_manual",),
        legal_basis="A dispute",
        reason="A dispute",
        placed_by="DPO",
    )
    await desk.hear(hold)
    await help_with(desk, Act.ERASE)
    await start(desk)
    [order] = desk.of(TaskOrdered)
    [scope] = order.scopes
    assert scope.category == "faxes"
    assert scope.cutoff_at is not None
    assert desk.clock.now() - timedelta(days=370) < scope.cutoff_at < desk.clock.now() - timedelta(days=360)
    gaps = (await package(desk))["gaps"]
    assert [gap.partition(":")[0] for gap in gaps] == ["faxes", "client_contacts_manual"][
        :: 1 if "faxes" in gaps[0] else -1
    ]
    assert any("hold hold-1 keeps it" in gap for gap in gaps)
    await desk.hear(HoldLifted(hold_id="hold-1", client_id="acme", reason="settled", lifted_by="DPO"))
    assert await desk.value("SELECT lifted_at FROM hold") is not None


async def test_a_holder_that_does_not_answer_is_reminded_and_people_are_told(desk: Desk) -> None:
    """The order is said again, with a number; people must act from the agreement's reminder on; by hand it ends."""
    figures = desk.book.latest.termination
    await declare(desk, "crm", *CATEGORIES)
    await help_with(desk, Act.FIND)
    await start(desk)
    await desk.pass_days(365)
    said = desk.of(TaskOrdered)
    assert [each.reminder for each in said] == list(range(figures.reminders_at_most + 1))
    assert {each.order_id for each in said} == {said[0].order_id}
    overdue = desk.of(RequestTaskOverdue)
    assert [each.escalated for each in overdue] == [
        nth >= figures.escalate_at_reminder for nth in range(1, figures.reminders_at_most + 1)
    ]


async def test_a_failure_is_told_and_a_later_answer_counts(desk: Desk) -> None:
    """The task stands; the client reads why it is not done; what is confirmed then ends it, and the reminders."""
    await declare(desk, "crm", *CATEGORIES)
    await help_with(desk, Act.FIND)
    await start(desk)
    [order] = desk.of(TaskOrdered)
    failed = TaskFailed(
        order_id=order.order_id,
        holder_id="crm",
        client_id="acme",
        failed_at=desk.clock.now(),
        reason="no such column",
    )
    await desk.hear(failed)
    assert [each.reason for each in desk.of(RequestTaskFailed)] == ["no such column"]
    [view] = (await package(desk))["tasks"]
    assert (view["state"], view["failure"]) == ("failed", "no such column")
    assert (await subject(desk, order)).status_code == 200, "it stands: the holder may ask again"
    await confirm(desk, order)
    await desk.hear(failed)
    await desk.pass_days(5)
    [view] = (await package(desk))["tasks"]
    assert (view["state"], view["failure"]) == ("confirmed", None)
    assert not desk.of(RequestTaskOverdue)


async def test_what_waits_for_holders_is_a_metric(desk: Desk) -> None:
    """By what is to be done: what is open, what people must act on, what failed, what was reminded of."""
    watch = TaskWatch(desk.runtime)
    await declare(desk, "crm", *CATEGORIES)
    await declare(desk, "fax", "faxes")
    await help_with(desk, Act.FIND)
    await start(desk)
    first, second = desk.of(TaskOrdered)
    names = {"order_id": first.order_id, "holder_id": first.holder_id, "client_id": "acme"}
    await desk.hear(TaskFailed(failed_at=desk.clock.now(), reason="no", **names))
    await watch.look()
    value = desk.runtime.metrics.registry.get_sample_value
    labels = {"service": "requests", "act": "find"}
    for name in ("dutiful_tasks_failed_total", "dutiful_tasks_overdue_total"):
        assert value(name, labels | {"act": "erase"}) == 0, "Prometheus sees no rise from a series that wasn't there"
    assert (value("dutiful_tasks_open", labels), value("dutiful_tasks_escalated", labels)) == (2, 1)
    assert value("dutiful_tasks_failed_total", labels) == 1
    await desk.pass_days(365)
    assert value("dutiful_tasks_overdue_total", labels) == len(desk.of(RequestTaskOverdue)) > 2
    await confirm(desk, first)
    await confirm(desk, second)
    await watch.look()
    assert value("dutiful_tasks_open", labels) == 0


OPERATIONS = [
    Way("GET", "/tasks/{task}/subject", frozenset({Right.READ_SUBJECTS})),
    Way("GET", "/requests/{request}/assistance/{help}/package", SEEING),
    Way("GET", "/clients/acme/requests/{request}/assistance/{help}/package", frozenset({Right.SEE_REQUESTS})),
    Way(
        "POST",
        "/requests/{request}/tasks/{task}/answer",
        SEEING | {Right.HANDLE_REQUESTS, Right.ANSWER_ORDERS},
        {"touched": [], "confirmed_by": "letter"},
    ),
]


@pytest.mark.parametrize("way", OPERATIONS, ids=lambda way: way.operation)
async def test_a_role_may_what_its_rights_say(desk: Desk, way: Way) -> None:
    """SSO-1: whoever lacks a right is refused by it; a task of another holder does not exist."""
    await declare(desk, "crm", *CATEGORIES)
    await help_with(desk, Act.FIND)
    await start(desk)
    ids = {"request": "dsar-1", "help": "help-1", "task": desk.of(TaskOrdered)[0].order_id}
    await check_rights(desk, way, ids, 404)


async def test_an_answer_is_entered_for_a_holder_that_answers_no_more(desk: Desk) -> None:
    """By an operator, whose name stands beside it; once, and not for another request's task."""
    await declare(desk, "crm", *CATEGORIES)
    await help_with(desk, Act.FIND)
    await start(desk)
    [order] = desk.of(TaskOrdered)
    body: Json = {"touched": [{"category": "faxes", "count": 3}], "confirmed_by": "CRM team, by letter"}
    await desk.ask("dsar-9", text="another")
    assert (await desk.post("operator", f"/requests/dsar-9/tasks/{order.order_id}/answer", body)).status_code == 404
    assert (await desk.post("dpo", f"/requests/dsar-1/tasks/{order.order_id}/answer", body)).status_code == 403
    answer = await desk.post("operator", f"/requests/dsar-1/tasks/{order.order_id}/answer", body)
    assert answer.status_code == 201, answer.text
    assert answer.json()["standing"] == "done"
    said = await desk.value("SELECT answer FROM task")
    assert from_json(said)["confirmed_by"] == "CRM team, by letter, entered by operator@example"


@pytest.mark.parametrize("how", ["withdrawn", "suspended", "erased"])
async def test_what_rests_on_nothing_any_more_stops(desk: Desk, how: str) -> None:
    """INS-1, INS-2: holders are told to stop, are told nothing more, and what they did until then is kept."""
    await declare(desk, "crm", "client_contacts_manual")
    await declare(desk, "fax", "faxes")
    await help_with(desk, Act.FIND, Act.ERASE)
    await start(desk)
    first, second = desk.of(TaskOrdered)
    await confirm(desk, first)
    match how:
        case "withdrawn":
            await desk.withdraw()
        case "suspended":
            await desk.doubt()
        case _:
            await desk.pass_days(366)
    [halted] = desk.of(TaskHalted)
    assert halted.order_id == second.order_id
    assert standings(desk)[-1] == "halted"
    assert (await subject(desk, second)).status_code == 410
    assert await desk.value("SELECT count(*) FROM subject") == 0
    await confirm(desk, second, halted=True)
    found = await package(desk)
    assert [each["state"] for each in found["tasks"]] == ["confirmed", "halted"]
    assert (found["standing"], found["complete"]) == ("halted", False)
    assert not desk.of(TaskOrdered, act=Act.ERASE)
    assert not desk.told(NoticeKind.ASSISTANCE_DONE)


async def test_a_suspended_instruction_is_noticed_before_the_next_act(desk: Desk) -> None:
    """INS-2: what was asked for before may be answered after; nothing new is asked."""
    await declare(desk, "crm", *CATEGORIES)
    await help_with(desk, Act.FIND, Act.ERASE)
    await start(desk)
    [order] = desk.of(TaskOrdered)
    await desk.runtime.pool.execute("UPDATE instruction SET standing = 'suspended'")  # and nobody has heard of it yet
    assert (await subject(desk, order)).status_code == 410
    await confirm(desk, order)
    assert standings(desk)[-1] == "halted"
    assert not desk.of(TaskOrdered, act=Act.ERASE)


async def test_answers_twice_late_and_out_of_order_change_nothing(desk: Desk) -> None:
    """What was confirmed stays so; a fetch and a failure that come late are no news."""
    await declare(desk, "crm", *CATEGORIES)
    await help_with(desk, Act.EXPORT)
    await start(desk)
    [order] = desk.of(TaskOrdered)
    names: dict[str, Any] = {"order_id": order.order_id, "holder_id": "crm", "client_id": "acme"}
    at = desk.clock.now()
    await desk.hear(TaskDownloaded(downloaded_at=at, bytes=7, **names))
    for _ in range(2):
        await confirm(desk, order, package=exported(order))
    await desk.hear(TaskFailed(failed_at=at, reason="late", **names))
    for _ in range(2):
        await desk.hear(TaskAcknowledged(acknowledged_by="Ada", received_at=at, **names))
    [view] = (await package(desk))["tasks"]
    assert (view["state"], view["failure"]) == ("confirmed", None)
    assert view["downloaded_at"] is not None
    assert view["acknowledged_at"] is not None
    assert standings(desk) == ["asked", "started", "done"]
    assert len(desk.told(NoticeKind.ASSISTANCE_DONE)) == 1
    await desk.runtime.pool.execute("UPDATE task SET state = 'open'")
    with pytest.raises(Rejected, match="the task was to export"):
        await confirm(desk, order.model_copy(update={"act": Act.FIND}))


async def test_help_that_names_nobody_is_for_people(desk: Desk) -> None:
    """A request without an identifier: no holder is asked, and the client may name one."""
    await declare(desk, "crm", *CATEGORIES)
    await desk.ask()
    await desk.instruct()
    path = "/clients/acme/requests/dsar-1/assistance"
    body: Json = {"instruction_id": "inst-1", "acts": ["rectify"]}
    refused = await desk.post("acme", path, body)
    assert (refused.status_code, "corrections" in refused.text) == (409, True)
    asked = await desk.post("acme", path, {"instruction_id": "inst-1", "acts": ["find"]})
    [nameless] = asked.json()["assistance"]
    started = await desk.post("operator", f"/requests/dsar-1/assistance/{nameless['assistance_id']}/start")
    assert (started.status_code, desk.of(TaskOrdered)) == (201, [])
    known: Json = {"identifiers": [PHONE.model_dump()], "corrections": {"name": "Jane Doe"}}
    asked = await desk.post("acme", path, body | known)
    assert asked.status_code == 201, asked.text
    await desk.post("operator", f"/requests/dsar-1/assistance/{asked.json()['assistance'][1]['assistance_id']}/start")
    await desk.settle()
    orders = desk.of(TaskOrdered)
    assert {each.act for each in orders} == {Act.RECTIFY}
    told = (await subject(desk, orders[0])).json()
    assert (told["identifiers"], told["corrections"]) == ([PHONE.model_dump()], {"name": "Jane Doe"})


async def test_who_says_a_request_again_adds_nobody_to_it(desk: Desk) -> None:
    """A repetition that names another number is not the client's word: what it names is not searched, or deleted."""
    await declare(desk, "crm", *CATEGORIES)
    await desk.ask("dsar-1", identifiers=(PHONE,), text="Of dsar-1")
    await desk.ask("dsar-1", identifiers=(Identifier(kind="phone", value="+33700000000"),), text="And of me")
    await help_with(desk, Act.ERASE)
    await start(desk)
    assert (await subject(desk, desk.of(TaskOrdered)[0])).json()["identifiers"] == [PHONE.model_dump()]


async def test_who_it_is_about_lies_closed(desk: Desk) -> None:
    """Nothing of it in a table, a journal, or an event, while it is worked on and after."""
    await declare(desk, "crm", *CATEGORIES)
    await help_with(desk, Act.RECTIFY, corrections={"name": f"Jane {SECRET}"})
    await start(desk)
    await confirm(desk, desk.of(TaskOrdered)[0])
    tables = await desk.runtime.pool.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'requests'")
    held = [str(dict(row)) for (each,) in tables for row in await desk.runtime.pool.fetch(f'SELECT * FROM "{each}"')]
    assert len(held) > 10
    assert not [each for each in held if SECRET in each]
    assert not [each for each in desk.said if SECRET in each.model_dump_json()]
