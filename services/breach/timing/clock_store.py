"""The clocks of incidents: one per client, and one per authority. Set-based throughout.

Of rows that were written a moment ago PostgreSQL has no statistics. What finds them by incident and client asks for
`stopped_why IS NULL`, so that the index of those that run, which is in the order of their ends, is left aside.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from agreement.book import Signed
from breach.timing.clocks import CLIENTS, Clock
from breach.told.telling_store import Receipt
from chassis.transaction import Transaction
from contracts.clock import ClockThresholdDue


class Due(NamedTuple):
    """A clock and when it is over."""

    clock: str
    due_at: datetime


async def load_versions(tx: Transaction, incident_id: str) -> list[Signed]:
    """The versions that bind the affected clients."""
    rows = await tx.fetch(
        "SELECT DISTINCT agreement_id, agreement_version FROM affected WHERE incident_id = $1 ORDER BY 1, 2",
        incident_id,
    )
    return [Signed(*row) for row in rows]


async def is_late(tx: Transaction, incident_id: str, clock: str) -> bool:
    """Whether a clock was missed for anybody."""
    return bool(
        await tx.fetchval(
            """
            SELECT EXISTS (SELECT FROM clock
                            WHERE incident_id = $1 AND clock = $2
                              AND (missed OR (stopped_at IS NULL AND due_at <= $3)))
            """,
            incident_id,
            clock,
            tx.now,
        )
    )


async def load_dues(tx: Transaction, incident_id: str) -> list[Due]:
    """Each clock of an incident with each of its ends."""
    rows = await tx.fetch("SELECT DISTINCT clock, due_at FROM clock WHERE incident_id = $1 ORDER BY 1, 2", incident_id)
    return [Due(*row) for row in rows]


async def start_clients(tx: Transaction, incident_id: str, version: Signed, clock: Clock) -> None:
    """The clock runs for every affected client of a version; where it runs already it is moved.

    What was stopped stays so, and is late or not by its new end.
    """
    await tx.execute(
        """
        INSERT INTO clock (incident_id, clock, client_id, due_at, stopped_at, stopped_why)
        SELECT incident_id, $4, client_id, $5, CASE WHEN exempt THEN $6::timestamptz END,
               CASE WHEN exempt THEN 'exempt' END
          FROM affected
         WHERE incident_id = $1 AND agreement_id = $2 AND agreement_version = $3
            ON CONFLICT (incident_id, client_id, clock) DO UPDATE
           SET due_at = excluded.due_at, missed = coalesce(clock.stopped_at, $6) >= excluded.due_at
         WHERE clock.due_at <> excluded.due_at
        """,
        incident_id,
        version.agreement_id,
        version.version,
        clock.code,
        clock.due_at,
        tx.now,
    )


async def start_authorities(tx: Transaction, incident_id: str, clocks: Sequence[Clock]) -> None:
    """The clocks towards authorities run, or are moved."""
    await tx.execute(
        """
        INSERT INTO clock (incident_id, clock, due_at) SELECT $1, * FROM unnest($2::text[], $3::timestamptz[])
            ON CONFLICT (incident_id, client_id, clock) DO UPDATE
           SET due_at = excluded.due_at, missed = coalesce(clock.stopped_at, $4) >= excluded.due_at
        """,
        incident_id,
        [clock.code for clock in clocks],
        [clock.due_at for clock in clocks],
        tx.now,
    )


async def stop(tx: Transaction, incident_id: str, clock: str, client_id: str, at: datetime, why: str) -> None:
    """A clock stops; it was missed where it was over before."""
    await tx.execute(
        """
        UPDATE clock SET stopped_at = $4, stopped_why = $5, missed = $4 >= due_at
         WHERE incident_id = $1 AND clock = $2 AND client_id = $3 AND stopped_at IS NULL
        """,
        incident_id,
        clock,
        client_id,
        at,
        why,
    )


async def go_on(tx: Transaction, incident_id: str, clock: str, client_id: str, stopped_why: str) -> list[Due]:
    """A clock that was stopped for this reason runs on to its end of before; returns it."""
    rows = await tx.fetch(
        """
        UPDATE clock SET stopped_at = NULL, stopped_why = NULL, missed = $5 >= due_at
         WHERE incident_id = $1 AND clock = $2 AND client_id = $3 AND stopped_why = $4
        RETURNING clock, due_at
        """,
        incident_id,
        clock,
        client_id,
        stopped_why,
        tx.now,
    )
    return [Due(*row) for row in rows]


class Running(NamedTuple):
    """What of a warning still holds: who waits, and whether a reason for a delay was given."""

    client_ids: tuple[str, ...]
    reason_known: bool


async def load_running(tx: Transaction, warned: Sequence[ClockThresholdDue]) -> dict[int, Running]:
    """By its place: for whom a clock with this end still runs. A clock that was moved or stopped has none."""
    rows = await tx.fetch(
        """
        SELECT nth - 1, array_remove(array_agg(client_id ORDER BY client_id), ''), bool_or(delays ? clock)
          FROM unnest($1::text[], $2::text[], $3::timestamptz[]) WITH ORDINALITY
               AS said (incident_id, clock, due_at, nth)
          JOIN clock USING (incident_id, clock, due_at)
          JOIN incident USING (incident_id)
         WHERE stopped_why IS NULL
         GROUP BY nth
        """,
        *_columns(warned),
    )
    return {nth: Running(tuple(client_ids), known) for nth, client_ids, known in rows}


async def set_missed(tx: Transaction, warned: Sequence[ClockThresholdDue]) -> None:
    """These clocks are over, for whom they still run."""
    await tx.execute(
        """
        UPDATE clock SET missed = true
          FROM unnest($1::text[], $2::text[], $3::timestamptz[]) AS said (incident_id, clock, due_at)
         WHERE (clock.incident_id, clock.clock, clock.due_at) = (said.incident_id, said.clock, said.due_at)
           AND stopped_why IS NULL
        """,
        *_columns(warned),
    )


def _columns(warned: Sequence[ClockThresholdDue]) -> tuple[object, ...]:
    return (
        [each.incident_id for each in warned],
        [each.clock for each in warned],
        [each.due_at for each in warned],
    )


async def stop_told(tx: Transaction, receipts: Sequence[Receipt]) -> None:
    """The clocks of clients that have their notice stop at their receipt."""
    await tx.execute(
        """
        UPDATE clock SET stopped_at = told_at, stopped_why = 'told', missed = told_at >= due_at
          FROM unnest($1::text[], $2::text[], $3::timestamptz[]) AS said (incident_id, client_id, told_at)
         WHERE clock.incident_id = said.incident_id AND clock.client_id = said.client_id AND clock.clock = $4
           AND stopped_why IS NULL
        """,
        [each.incident_id for each in receipts],
        [each.client_id for each in receipts],
        [each.told_at for each in receipts],
        CLIENTS,
    )
