"""Clocks that start, are moved, and warn (BRE-1)."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from agreement.schema import Agreement
from breach.bound import Bound
from breach.timing import clock_store
from breach.timing.clock_store import Due, Running
from breach.timing.clocks import Clock, authority_clocks, clients_clock, late_by, warnings
from breach.told import alerting
from breach.told.telling_store import PAGE
from chassis.message import Message
from chassis.router import Router
from chassis.transaction import Transaction
from contracts.clock import ClockThresholdDue
from contracts.incident import IncidentClockMissed, IncidentTimeLeft

router = Router()


async def start(app: Bound, incident_id: str, aware_at: datetime, tx: Transaction) -> tuple[Clock, ...]:
    """Every clock runs from this awareness, or is moved to it; returns them, and their warnings are on the agenda."""
    for due in await clock_store.load_dues(tx, incident_id):
        for left in (*app.book.latest.breach.warn_with_left, timedelta(0)):
            tx.cancel(_name(incident_id, due, left))
    authorities = authority_clocks(app.book.latest, aware_at)
    await clock_store.start_authorities(tx, incident_id, authorities)
    schedule(app.book.latest, incident_id, aware_at, [Due(clock.code, clock.due_at) for clock in authorities], tx)
    return (*await start_clients(app, incident_id, aware_at, tx), *authorities)


async def join_clients(app: Bound, incident_id: str, aware_at: datetime, tx: Transaction) -> None:
    """The clocks of clients who are found later run too; what has been said of these clocks is not said again."""
    running = await clock_store.load_dues(tx, incident_id)
    await start_clients(app, incident_id, aware_at, tx, [due for due in running if due.due_at > tx.now])


async def start_clients(
    app: Bound, incident_id: str, aware_at: datetime, tx: Transaction, running: Collection[Due] = ()
) -> tuple[Clock, ...]:
    """The clients' clocks run, by the version that binds each; without any client, by the latest.

    The warnings of those that are `running` are on the agenda already.
    """
    clocks: dict[datetime, Clock] = {}
    for version in await clock_store.load_versions(tx, incident_id):
        clock = clients_clock(app.book[version], aware_at)
        await clock_store.start_clients(tx, incident_id, version, clock)
        due = Due(clock.code, clock.due_at)
        if due not in running:
            schedule(app.book[version], incident_id, aware_at, [due], tx)
        clocks[clock.due_at] = clock
    return tuple(clocks.values()) or (clients_clock(app.book.latest, aware_at),)


def schedule(agreement: Agreement, incident_id: str, aware_at: datetime, dues: Iterable[Due], tx: Transaction) -> None:
    """Put the warnings of clocks on the agenda, each under its own name."""
    for due in dues:
        for left in warnings(agreement, aware_at, due.due_at, tx.now):
            warning = ClockThresholdDue(
                incident_id=incident_id, clock=due.clock, due_at=due.due_at, seconds_left=int(left.total_seconds())
            )
            tx.emit_at(warning, due.due_at - left, _name(incident_id, due, left))


@router.on_batch(ClockThresholdDue)
async def on_threshold_due(app: Bound, said: Sequence[Message[ClockThresholdDue]], tx: Transaction) -> None:
    """Say of each clock that still runs how much is left, or that it was missed; a thousand incidents at once."""
    running = await clock_store.load_running(tx, [each.event for each in said])
    over = [each.event for nth, each in enumerate(said) if nth in running and not each.event.seconds_left]
    await clock_store.set_missed(tx, over)
    for nth, each in enumerate(said):
        if nth in running:
            for event in _warn(app.book.latest, each.event, running[nth], tx.now):
                tx.emit(event, cause=each.cause)
            alerting.warned(app, each.event, running[nth].client_ids, each.cause, tx)


def _warn(
    agreement: Agreement, due: ClockThresholdDue, running: Running, now: datetime
) -> Iterator[IncidentTimeLeft | IncidentClockMissed]:
    late = late_by(agreement, due.due_at, timedelta(seconds=due.seconds_left), now)
    for page in _pages(running):
        if due.seconds_left:
            yield IncidentTimeLeft(
                incident_id=due.incident_id,
                clock=due.clock,
                due_at=due.due_at,
                seconds_left=due.seconds_left,
                client_ids=page.client_ids,
                late=late is not None,
                late_by_s=int(late.total_seconds()) if late else 0,
            )
        else:
            yield IncidentClockMissed(
                incident_id=due.incident_id,
                clock=due.clock,
                due_at=due.due_at,
                client_ids=page.client_ids,
                reason_known=page.reason_known,
                late=late is not None,
            )


def _pages(running: Running) -> Iterator[Running]:
    """At least one, which names nobody where the clock is an authority's."""
    names = running.client_ids
    for first in range(0, max(len(names), 1), PAGE):
        yield running._replace(client_ids=names[first : first + PAGE])


def _name(incident_id: str, due: Due, left: timedelta) -> str:
    return f"clock/{incident_id}/{due.clock}/{due.due_at.isoformat()}/{int(left.total_seconds())}"
