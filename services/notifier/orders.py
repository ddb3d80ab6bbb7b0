"""Orders to tell clients something: what all notices of one have in common, entered with a notice for each client."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

from pydantic_core import from_json, to_json

from agreement.book import Signed
from chassis.database import Connection
from chassis.transaction import Transaction
from contracts.change import ChangeNoticeOrdered
from contracts.retention import RetentionNoticeOrdered
from notifier.directory import REBIND
from notifier.store import deliveries

NoticeOrdered = ChangeNoticeOrdered | RetentionNoticeOrdered


@dataclass(frozen=True, slots=True)
class Order:
    """What all notices of an order have in common."""

    order_id: str
    about: str
    kind: str
    clause: str
    facts: Mapping[str, str | list[str]]
    ordered_at: datetime
    deadline_at: datetime
    flow_id: str
    traceparent: str | None

    head: bytes
    """The webhook's JSON up to where the notices of the order differ."""


class Entered(NamedTuple):
    """An order that is under way, and the version of a client that no agreement here is, if there is one."""

    order: Order
    unknown: Signed | None


async def enter(
    tx: Transaction, ordered: NoticeOrdered, channels: Mapping[Signed, Sequence[str]], today: date
) -> Entered:
    """Enter what is to be said and a notice per client, and send these on their way by their version's `channels`.

    §15: a client is bound to what it signed last by today. One that is not known yet gets its notice too, which waits.
    """
    order = {
        "order_id": ordered.order_id,
        "about": ordered.about,
        "kind": ordered.kind,
        "clause": ordered.clause,
        "facts": to_json(ordered.facts).decode(),
        "ordered_at": tx.now,
        "deadline_at": ordered.deadline_at,
        "flow_id": tx.cause.flow_id,
        "traceparent": tx.cause.traceparent,
    }
    unknown = await tx.fetchrow(
        f"""
        WITH rebound AS (
            {REBIND}
            RETURNING client.client_id, client.agreement_id, client.agreement_version
        ), ordered AS (
            INSERT INTO notice_order (order_id, about, kind, clause, facts, ordered_at, deadline_at, flow_id,
                                      traceparent, escalate_at)
            VALUES ($6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
        ), concerned AS (
            INSERT INTO notice (notice_id, order_id, client_id, created_at)
            SELECT md5($6 || '/' || client_id), $6, client_id, $11
              FROM unnest($1::text[]) AS client_id
            RETURNING notice_id, client_id
        ), bound AS (
            SELECT notice_id, client_id,
                   coalesce(rebound.agreement_id, client.agreement_id) AS agreement_id,
                   coalesce(rebound.agreement_version, client.agreement_version) AS agreement_version
              FROM concerned JOIN client USING (client_id) LEFT JOIN rebound USING (client_id)
        ), known AS (
            SELECT * FROM unnest($3::text[], $4::text[], $5::text[]) AS each (agreement_id, agreement_version, channels)
        ), chosen AS (
            SELECT notice_id, client_id, string_to_array(channels, ' ') AS channels
              FROM bound JOIN known USING (agreement_id, agreement_version)
        ), sent AS (
            {deliveries("$11")}
        )
        SELECT agreement_id, agreement_version
          FROM bound LEFT JOIN known USING (agreement_id, agreement_version)
         WHERE channels IS NULL
         LIMIT 1
        """,
        ordered.client_ids,
        today,
        [signed.agreement_id for signed in channels],
        [signed.version for signed in channels],
        [" ".join(each) for each in channels.values()],
        *order.values(),
        ordered.escalate_at,
    )
    return Entered(_order(order), Signed(*unknown) if unknown else None)


async def load(connection: Connection, order_ids: Collection[str]) -> list[Order]:
    """The orders with these ids."""
    rows = await connection.fetch(
        """
        SELECT order_id, about, kind, clause, facts, ordered_at, deadline_at, flow_id, traceparent
          FROM notice_order
         WHERE order_id = ANY ($1::text[])
        """,
        list(order_ids),
    )
    return [_order(dict(row)) for row in rows]


def _order(row: Mapping[str, Any]) -> Order:
    facts = from_json(row["facts"])
    data = {"about": row["about"], "clause": row["clause"], **facts}
    event = {"type": f"notice.{row['kind']}", "timestamp": row["ordered_at"], "data": data}
    return Order(**{**row, "facts": facts}, head=to_json(event).removesuffix(b"}}") + b",")
