"""Orders to tell clients something: what all notices of one have in common, entered with a notice for each client."""

from collections import OrderedDict
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from datetime import date
from typing import Any, NamedTuple

from pydantic_core import from_json, to_json

from agreement.book import Book
from agreement.schema import Agreement
from chassis.database import Connection
from chassis.transaction import Transaction
from contracts.change import ChangeNoticeOrdered
from contracts.telling import NoticeOrder
from notifier.closing import Secrets
from notifier.directory import REBIND
from notifier.jobs import JOB, Job, Order, jobs_of, place
from notifier.store import deliveries

NoticeOrdered = ChangeNoticeOrdered | NoticeOrder


class Entered(NamedTuple):
    """An order that is under way, and its deliveries where they were asked for."""

    order: Order
    jobs: list[Job]


async def enter(
    tx: Transaction, ordered: NoticeOrdered, book: Book, today: date, secrets: Secrets, *, with_jobs: bool
) -> Entered:
    """Enter what is to be said and a notice per client, and send these on their way by the first channels.

    §15: a client is bound to what it signed last by today; raises `AgreementUnknown`. One that is not known yet gets
    its notice too, which waits.
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
    rows = await tx.fetch(
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
            RETURNING delivery_id, notice_id, channel, endpoint_id, attempts
        )
        SELECT {JOB}, channels
          FROM (SELECT *, 0::smallint AS stage, $6 AS order_id FROM bound) AS bound
          LEFT JOIN known USING (agreement_id, agreement_version)
          LEFT JOIN (SELECT * FROM sent WHERE channel <> 'post' AND $16) AS sent USING (notice_id)
          JOIN (SELECT client_id, name, contact_name, email, language FROM client) AS client USING (client_id)
          {place("sent", "true", "$11")}
         WHERE channels IS NULL OR delivery_id IS NOT NULL
        """,
        ordered.client_ids,
        today,
        [signed.agreement_id for signed in book.versions],
        [signed.version for signed in book.versions],
        [" ".join(first_channels(agreement)) for agreement in book.versions.values()],
        *order.values(),
        ordered.escalate_at,
        with_jobs,
    )
    for row in rows:
        book.of(row["agreement_id"], row["agreement_version"])
    entered = _order(order)
    return Entered(entered, jobs_of(rows, {entered.order_id: entered}, secrets))


def first_channels(agreement: Agreement) -> list[str]:
    """The ways that every notice goes at first."""
    return [channel.value for channel in agreement.notices.stages[0].channels]


class OrdersAtHand:
    """The orders that were needed last, so that each is read once, about."""

    def __init__(self, kept: int) -> None:
        self._kept = kept
        self._orders: OrderedDict[str, Order] = OrderedDict()

    def add(self, order: Order) -> None:
        """Keep a new one."""
        self._orders[order.order_id] = order
        while len(self._orders) > self._kept:
            self._orders.popitem(last=False)

    async def of(self, connection: Connection, order_ids: AbstractSet[str]) -> Mapping[str, Order]:
        """The orders with these ids."""
        found = {order_id: self._orders[order_id] for order_id in order_ids if order_id in self._orders}
        for order in await _load(connection, order_ids - found.keys()) if len(found) < len(order_ids) else ():
            self.add(order)
            found[order.order_id] = order
        return found


async def _load(connection: Connection, order_ids: AbstractSet[str]) -> list[Order]:
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
