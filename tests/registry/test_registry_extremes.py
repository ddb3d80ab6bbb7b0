"""The first and the last of days, in every field of every event that the registry hears: none of them stops it."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta, timezone

import asyncpg
import pytest
from tests.registry.desk import Desk, addition

from chassis.errors import Rejected
from contracts.change import NoticeKind
from contracts.client import ClientAmended, ClientSigned, Contact
from contracts.contract import ContractTerminated
from contracts.event import Event, Part
from contracts.mitigation import MitigationAnswered, MitigationKind, MitigationOffered
from contracts.notice import Channel, NoticeReceived
from contracts.objection import ObjectionRaised, ObjectionWithdrawn
from contracts.subprocessor import SubprocessorCorrected, SubprocessorRemoved
from subprocessor_registry.app import Registry

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
TODAY = NOW.date()
DAYS = (date.min, date(1700, 1, 1), date(2100, 12, 31), date(2101, 1, 1), date.max)
INSTANTS = (
    *(datetime(day.year, day.month, day.day, 12, tzinfo=UTC) for day in DAYS),
    datetime.min.replace(tzinfo=timezone(timedelta(hours=14))),
    datetime.max.replace(tzinfo=timezone(-timedelta(hours=14))),
)
FACTS = addition(effective_on=TODAY).model_dump(exclude={"effective_on"})
EVENTS: tuple[Event, ...] = (
    addition(effective_on=TODAY),
    SubprocessorRemoved(subprocessor_id="bics", effective_on=TODAY),
    SubprocessorCorrected.model_validate(FACTS | {"subprocessor_id": "bics", "reason": "a slip"}),
    ClientSigned(
        client_id="acme",
        name="Acme",
        agreement_id="quicktalk",
        agreement_version="1",
        signed_on=TODAY,
        contact=Contact(name="Desk", email="desk@acme.example"),
        contract_ends_on=TODAY,
    ),
    ClientAmended(client_id="acme", agreement_version="0", signed_on=TODAY, contract_ends_on=TODAY),
    ContractTerminated(client_id="acme", terminated_on=TODAY),
    NoticeReceived(
        notice_id="notice-1",
        client_id="acme",
        about="change",
        kind=NoticeKind.CHANGE_ANNOUNCED,
        channel=Channel.EMAIL,
        received_at=NOW,
        proof="read",
    ),
    ObjectionRaised(
        objection_id="o-1", change_id="change", client_id="acme", received_at=NOW, ground="legal_obligation"
    ),
    ObjectionWithdrawn(change_id="change", client_id="acme", received_at=NOW),
    MitigationAnswered(mitigation_id="m-1", change_id="change", client_id="acme", accepted=True, received_at=NOW),
)
"""Every event that the registry hears and that names a day or an instant, with each of them in it."""


def dated(part: Part) -> Iterator[tuple[str, ...]]:
    """The path to each day and instant of an event."""
    for name, value in part:
        if isinstance(value, date):
            yield (name,)
        elif isinstance(value, Part):
            yield from ((name, *path) for path in dated(value))


def put(part: Part, path: tuple[str, ...], value: object) -> Part:
    """The same event with another value there."""
    name, *rest = path
    return part.model_copy(update={name: put(getattr(part, name), tuple(rest), value) if rest else value})


CASES = [pytest.param(event, path, id=f"{event.TYPE} {'.'.join(path)}") for event in EVENTS for path in dated(event)]


def test_every_day_is_tried() -> None:
    """What is not among them names neither a day nor an instant."""
    rest = {route.model for route in Registry.router.routes.values()} - {type(event) for event in EVENTS}
    for model in rest:
        assert not [each for each in model.model_fields.values() if each.annotation in {date, datetime}]
    assert len(CASES) == 13


@pytest.mark.servers
@pytest.mark.parametrize(("event", "path"), CASES)
async def test_no_day_stops_the_registry(desk: Desk, event: Event, path: tuple[str, ...]) -> None:
    """It is handled, refused or rejected with its field; afterwards an announcement reaches its client as ever."""
    values = INSTANTS if path[-1].endswith("_at") else DAYS
    for nth, value in enumerate(values):
        client_id, change_id = f"client-{nth}", await desk.announce(addition(subprocessor_id=f"voix-{nth}"))
        if not isinstance(event, ClientSigned):
            await desk.sign(client_id)
        if isinstance(event, ObjectionWithdrawn | MitigationAnswered):
            await _object(desk, change_id, client_id)
        if isinstance(event, MitigationAnswered):
            await _offer(desk, change_id, client_id, f"m-{nth}")
        about = {"client_id": client_id, "change_id": change_id, "about": change_id, "mitigation_id": f"m-{nth}"}
        mine = {name: each for name, each in about.items() if name in type(event).model_fields}
        said = put(event, path, value).model_copy(update=mine)
        assert isinstance(said, Event)
        assert await _fault_of(desk, said) in {None, path[-1], "data"}
    await desk.sign("last")
    change_id = await desk.announce(addition(subprocessor_id="last"))
    await desk.receive(change_id, "last")
    answer = await desk.post("last", f"/changes/{change_id}/objections", {"ground": "legal_obligation"})
    assert answer.json()["accepted"]


@pytest.mark.servers
@pytest.mark.parametrize("day", [date.min, date(2101, 1, 1), date.max])
async def test_a_contract_begins_and_ends_on_days_that_are_known(desk: Desk, day: date) -> None:
    """§8.3, §15: the publisher reads which field is wrong, and which years are known."""
    await desk.sign("acme")
    for said, name in (
        (EVENTS[3].model_copy(update={"signed_on": day}), "signed_on"),
        (ClientAmended(client_id="acme", agreement_version="0", signed_on=day), "signed_on"),
        (ContractTerminated(client_id="acme", terminated_on=day), "terminated_on"),
    ):
        with pytest.raises(Rejected, match=r"are not known: holidays .* knows .* to 2100") as rejected:
            await desk.hear(said)
        assert rejected.value.field == name


@pytest.mark.servers
async def test_a_day_beyond_the_calendar_is_refused_to_the_publisher(desk: Desk) -> None:
    """§4.3: it reads the reason among the changes; nothing is planned, and nothing of it is simulated."""
    change_id = await desk.announce(addition(effective_on=date.max))
    refused = (await desk.get("operator", f"/changes/{change_id}")).json()
    assert (refused["status"], refused["clause"]) == ("refused", "4.3")
    assert refused["reason"].startswith("effective_on 9999-12-31 can't be reckoned with")
    simulated = await desk.post("operator", "/simulations", addition(effective_on=date.max).model_dump(mode="json"))
    assert simulated.json()["verdict"] == "refused"


async def _fault_of(desk: Desk, event: Event) -> str | None:
    """The field that a dead letter would name; of an instant that no PostgreSQL can store it is all of the data."""
    try:
        await desk.hear(event)
    except Rejected as rejected:
        return rejected.field
    except asyncpg.DataError:
        return "data"
    return None


async def _object(desk: Desk, change_id: str, client_id: str) -> None:
    await desk.post(client_id, f"/changes/{change_id}/objections", {"ground": "legal_obligation"})


async def _offer(desk: Desk, change_id: str, client_id: str, mitigation_id: str) -> None:
    await desk.hear(
        MitigationOffered(
            mitigation_id=mitigation_id,
            change_id=change_id,
            client_id=client_id,
            kind=MitigationKind.CONFIGURATION,
            description="Off",
            offered_by="the DPO",
        )
    )


@pytest.mark.servers
async def test_an_objection_of_a_day_to_come_is_not_too_late_but_wrong(desk: Desk) -> None:
    """§4.4: its publisher reads which field is wrong; the client is not told that its days are over."""
    await desk.sign("acme")
    change_id = await desk.announce()
    await desk.receive(change_id, "acme")
    said = ObjectionRaised(
        objection_id="o", change_id=change_id, client_id="acme", received_at=NOW.replace(year=2036), ground=None
    )
    with pytest.raises(Rejected, match="is yet to come") as rejected:
        await desk.hear(said)
    assert rejected.value.field == "received_at"
