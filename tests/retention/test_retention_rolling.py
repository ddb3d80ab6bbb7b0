"""What goes day by day (Appendix A): each rule, what a client sets, what a law keeps."""

from datetime import UTC, date, datetime, timedelta

import pytest
from tests.desk import STARTS_AT
from tests.retention.desk import TODAY, Desk

from contracts.client import ClientAmended, ClientDesynchronised, ClientSettingsChanged, Duration, DurationUnit
from contracts.erasure import ErasureHalted, ErasureOrdered
from contracts.hold import HoldKind, HoldPlaced
from contracts.holder import HolderRestored
from contracts.ordering import Counted, Purpose
from contracts.retention import RetentionFlagged, RetentionOrderOverdue
from retention import sweeping

pytestmark = pytest.mark.servers


def at(day: date, hours: int = 23) -> datetime:
    """The beginning of a day in Paris in winter, which is 23:00 in UTC on the day before."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(hours=24 - hours)


async def test_every_category_has_its_cut_off(desk: Desk) -> None:
    """RET-1: logs after twelve months, contacts after three years, what the client deleted at once; no more."""
    await desk.declare()
    await desk.sign("acme")
    await desk.pass_days(1)
    orders = {order.category: order for order in desk.of(ErasureOrdered, purpose=Purpose.ROLLING)}
    cutoffs = {category: order.scopes[0].cutoff_at for category, order in orders.items()}
    assert cutoffs == {
        "call_fax_logs": at(date(2025, 11, 26)),
        "crm_contacts": at(date(2023, 11, 26)),
        "client_contacts_manual": at(date(2026, 11, 25)),
    }
    assert {category: order.counted for category, order in orders.items()} == {
        "call_fax_logs": Counted.CREATED,
        "crm_contacts": Counted.LAST_EXCHANGE,
        "client_contacts_manual": Counted.DELETED_BY_CLIENT,
    }


async def test_an_amendment_for_a_later_day_binds_from_that_day(desk: Desk) -> None:
    """§15: until then the orders of each day are by the version that the client had signed before."""
    await desk.declare("db", "crm_contacts")
    await desk.sign("acme", agreement_version="0")
    latest = desk.book.latest.version
    await desk.hear(ClientAmended(client_id="acme", agreement_version=latest, signed_on=date(2026, 11, 26)))
    await desk.pass_days(3)
    orders = desk.of(ErasureOrdered, purpose=Purpose.ROLLING)
    assert [order.scopes[0].cutoff_at for order in orders] == [
        at(date(2024, 11, 26)),
        at(date(2023, 11, 27)),
        at(date(2023, 11, 28)),
    ]


async def test_clients_set_their_own_durations(desk: Desk) -> None:
    """RET-1: each client's recordings go by its own setting, in one order; without a setting nothing goes."""
    await desk.declare("db", "call_recordings")
    await desk.sign("acme", "bolt", "cask")
    await set_duration(desk, "acme", 90, DurationUnit.DAYS)
    await set_duration(desk, "bolt", 6, DurationUnit.MONTHS)
    await desk.pass_days(1)
    (order,) = desk.of(ErasureOrdered, purpose=Purpose.ROLLING)
    assert {scope.client_id: scope.cutoff_at for scope in order.scopes} == {
        "acme": at(date(2026, 8, 28), hours=22),
        "bolt": at(date(2026, 5, 26), hours=22),
    }
    await set_duration(desk, "acme", 1, DurationUnit.YEARS)
    await desk.pass_days(1)
    scopes = desk.of(ErasureOrdered, purpose=Purpose.ROLLING)[-1].scopes
    assert next(scope.cutoff_at for scope in scopes if scope.client_id == "acme") == at(date(2025, 11, 27))


async def test_a_hold_stops_what_goes_day_by_day(desk: Desk) -> None:
    """TER-4: a page's order that runs goes on without the client, and the next days leave it out."""
    await desk.declare("db", "call_fax_logs")
    await desk.sign("acme", "bolt")
    await desk.pass_days(1)
    (order,) = desk.of(ErasureOrdered, purpose=Purpose.ROLLING)
    placed = HoldPlaced(
        hold_id="order-7",
        client_id="acme",
        kind=HoldKind.AUTHORITY,
        legal_basis="art. 60-2 CPP",
        reason="requisition",
        placed_by="legal",
    )
    await desk.hear(placed)
    assert [(each.order_id, each.client_ids) for each in desk.of(ErasureHalted)] == [(order.order_id, ("acme",))]
    await desk.pass_days(11)
    reminded = desk.of(ErasureOrdered, order_id=order.order_id, reminder=1)[0]
    assert [scope.client_id for scope in reminded.scopes] == ["bolt"]
    later = [each for each in desk.of(ErasureOrdered, purpose=Purpose.ROLLING) if each.order_id != order.order_id]
    assert later
    assert {scope.client_id for each in later for scope in each.scopes} == {"bolt"}


async def test_late_confirmations_escalate(desk: Desk) -> None:
    """RET-1: a holder that doesn't confirm a day's order is reminded, then people are told."""
    await desk.declare("db", "call_fax_logs")
    await desk.sign("acme")
    await desk.pass_days(1)
    (order,) = desk.of(ErasureOrdered, purpose=Purpose.ROLLING)
    await desk.pass_days(15)
    overdue = desk.of(RetentionOrderOverdue, order_id=order.order_id)
    assert [each.escalated for each in overdue] == [False, True]


async def test_desynchronisation(desk: Desk) -> None:
    """RET-1: what was synchronised goes at once everywhere; after a restored backup, again."""
    await desk.declare("db", "client_contacts_crm", "faxes")
    await desk.sign("acme")
    await desk.permit("acme", "cloudflare")
    ended = ClientDesynchronised(client_id="acme", desynchronised_at=STARTS_AT)
    await desk.hear(ended)
    orders = desk.of(ErasureOrdered, purpose=Purpose.DESYNCHRONISATION)
    assert {(order.holder_id, order.category, order.scopes[0].cutoff_at) for order in orders} == {
        ("db", "client_contacts_crm", STARTS_AT),
        ("cloudflare", "client_contacts_crm", STARTS_AT),
    }
    await desk.erase(*orders)
    restored_at = desk.clock.now()
    await desk.hear(HolderRestored(holder_id="db", backup_taken_at=STARTS_AT, restored_at=restored_at))
    (again,) = desk.of(ErasureOrdered, purpose=Purpose.RESTORE)
    assert (again.category, again.scopes) == ("client_contacts_crm", orders[0].scopes)


async def test_desynchronisation_under_a_hold_is_told(desk: Desk) -> None:
    """TER-4: what a hold keeps stays, and people know."""
    await desk.declare("db", "client_contacts_crm")
    await desk.sign("acme")
    placed = HoldPlaced(
        hold_id="h", client_id="acme", kind=HoldKind.LAW, legal_basis="law", reason="r", placed_by="legal"
    )
    await desk.hear(placed)
    await desk.hear(ClientDesynchronised(client_id="acme", desynchronised_at=STARTS_AT))
    assert not desk.of(ErasureOrdered, purpose=Purpose.DESYNCHRONISATION)
    assert "say it again" in desk.of(RetentionFlagged)[0].reason


async def test_sub_processors_get_day_by_day_orders_where_they_are_declared(desk: Desk) -> None:
    """SUB-7: one that answers orders gets those of its clients; one that doesn't is ordered at the end."""
    await desk.declare("voice", "call_fax_logs", subprocessor="colt")
    await desk.sign("acme", "bolt")
    await desk.permit("acme", "colt", "vonage")
    await desk.pass_days(1)
    orders = desk.of(ErasureOrdered, purpose=Purpose.ROLLING)
    assert [(order.holder_id, [scope.client_id for scope in order.scopes]) for order in orders] == [("voice", ["acme"])]


async def test_pages(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """RET-1: page after page, each client once; a restart in between begins no second day."""
    monkeypatch.setattr(sweeping, "PAGE", 2)
    await desk.declare("db", "call_fax_logs")
    await desk.sign("a", "b", "c", "d", "e")
    await desk.pass_days(1)
    async with desk.runtime.processor.transaction() as tx:
        await desk.app.begin(tx)
    await desk.settle()
    orders = desk.of(ErasureOrdered, purpose=Purpose.ROLLING)
    assert [[scope.client_id for scope in order.scopes] for order in orders] == [["a", "b"], ["c", "d"], ["e"]]


async def test_days_without_the_service(desk: Desk) -> None:
    """After days that nobody swept, one order covers them all: a cut-off reaches back without end."""
    await desk.declare("db", "call_fax_logs")
    await desk.sign("acme")
    await desk.leap_to(TODAY + timedelta(days=40))
    orders = desk.of(ErasureOrdered, purpose=Purpose.ROLLING)
    assert [order.scopes[0].cutoff_at for order in orders] == [at(date(2026, 1, 4))]


async def set_duration(desk: Desk, client_id: str, n: int, unit: DurationUnit) -> None:
    """The client sets how long its recordings are kept."""
    await desk.hear(
        ClientSettingsChanged(client_id=client_id, retention=(Duration(category="call_recordings", n=n, unit=unit),))
    )
