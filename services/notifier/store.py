"""What the notifier was ordered to tell, to whom it is under way, and what came of it. Set-based throughout."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

import asyncpg

from chassis.transaction import Transaction

SHARDS = 16
"""A notice's shard never changes, so this number doesn't either."""


class Receipt(NamedTuple):
    """A notice that has just been received for the first time."""

    notice_id: str
    client_id: str
    about: str
    kind: str
    flow_id: str
    traceparent: str | None


@dataclass(frozen=True, slots=True)
class Unreceived:
    """A notice without receipt, and the agreement version that says which channels come next."""

    notice_id: str
    client_id: str
    about: str
    kind: str
    stage: int
    agreement_id: str | None
    agreement_version: str | None
    flow_id: str
    traceparent: str | None


def deliveries(now: str) -> str:
    """The statement that sends notices on their way, after `WITH chosen (notice_id, client_id, channels)`.

    `now` is the parameter that has the time.
    """
    return f"""
        INSERT INTO delivery (delivery_id, notice_id, channel, endpoint_id, shard, status, next_attempt_at, created_at)
        SELECT md5(notice_id || '/' || channel || '/' || coalesce(endpoint_id, '')), notice_id, channel, endpoint_id,
               hashtext(notice_id) & ({SHARDS} - 1), 'pending', {now}, {now}
          FROM (SELECT notice_id, 'webhook' AS channel, endpoint_id
                  FROM chosen JOIN endpoint USING (client_id)
                 WHERE 'webhook' = ANY (channels) AND disabled_at IS NULL
                 UNION ALL
                SELECT notice_id, channel, NULL
                  FROM chosen, unnest(channels) AS other (channel)
                 WHERE channel <> 'webhook') AS way
            ON CONFLICT DO NOTHING
        """


async def deliver_waiting(tx: Transaction, client_id: str, channels: Sequence[str]) -> None:
    """A client has become known: send on their way the notices that waited for it."""
    await tx.execute(
        f"""
        WITH chosen AS (
            SELECT notice_id, client_id, $2::text[] AS channels FROM notice
             WHERE client_id = $3 AND received_at IS NULL
               AND NOT EXISTS (SELECT FROM delivery WHERE delivery.notice_id = notice.notice_id)
        ) {deliveries("$1")}
        """,
        tx.now,
        channels,
        client_id,
    )


async def deliver_next_stage(tx: Transaction, notice_ids: Sequence[str], stage: int, channels: Sequence[str]) -> None:
    """Send notices on by the channels of their next stage as well."""
    await tx.execute(
        "UPDATE notice SET stage = $2 WHERE notice_id = ANY ($1::text[])",
        notice_ids,
        stage,
    )
    await tx.execute(
        f"""
        WITH chosen AS (
            SELECT notice_id, client_id, $2::text[] AS channels FROM notice WHERE notice_id = ANY ($3::text[])
        ) {deliveries("$1")}
        """,
        tx.now,
        channels,
        notice_ids,
    )


_UNRECEIVED = """
    SELECT notice_id, client_id, about, kind, stage, agreement_id, agreement_version, flow_id, traceparent
      FROM notice JOIN notice_order USING (order_id) LEFT JOIN client USING (client_id)
     WHERE received_at IS NULL AND failed_at IS NULL
"""


async def unreceived_of_order(tx: Transaction, order_id: str) -> list[Unreceived]:
    """An order's notices without receipt."""
    rows = await tx.fetch(f"{_UNRECEIVED} AND order_id = $1 ORDER BY notice_id FOR UPDATE OF notice", order_id)
    return [Unreceived(*row) for row in rows]


async def unreceived_and_idle(tx: Transaction, notice_ids: Sequence[str]) -> list[Unreceived]:
    """Those of these notices that have no receipt and no delivery under way any more; a letter that was posted is."""
    rows = await tx.fetch(
        f"""
        {_UNRECEIVED} AND notice_id = ANY ($1::text[])
          AND NOT EXISTS (SELECT FROM delivery
                           WHERE delivery.notice_id = notice.notice_id AND status IN ('pending', 'posted'))
        ORDER BY notice_id
        FOR UPDATE OF notice
        """,
        notice_ids,
    )
    return [Unreceived(*row) for row in rows]


async def fail_notices(tx: Transaction, notice_ids: Sequence[str]) -> None:
    """Every channel was tried in vain."""
    await tx.execute("UPDATE notice SET failed_at = $2 WHERE notice_id = ANY ($1::text[])", notice_ids, tx.now)


async def save_receipts(
    tx: Transaction, notice_ids: Sequence[str], at: Sequence[datetime], channels: Sequence[str], proofs: Sequence[str]
) -> list[tuple[Receipt, int]]:
    """Keep the first proof of each notice; return those that are the first, each with its place in the input."""
    rows: list[asyncpg.Record] = await tx.fetch(
        """
        UPDATE notice
           SET received_at = fresh.at, receipt_channel = fresh.channel, proof = fresh.proof, failed_at = NULL
          FROM (SELECT DISTINCT ON (notice_id) *
                  FROM unnest($1::text[], $2::timestamptz[], $3::text[], $4::text[]) WITH ORDINALITY
                       AS each (notice_id, at, channel, proof, nth)
                 ORDER BY notice_id, at) AS fresh,
               notice_order
         WHERE notice.notice_id = fresh.notice_id AND notice.received_at IS NULL
           AND notice_order.order_id = notice.order_id
        RETURNING notice.notice_id, client_id, about, kind, flow_id, traceparent, fresh.nth
        """,
        notice_ids,
        at,
        channels,
        proofs,
    )
    return sorted(((Receipt(*row[:6]), row[6] - 1) for row in rows), key=lambda found: found[1])
