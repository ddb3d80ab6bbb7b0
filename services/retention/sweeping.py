"""RET-1: each day's rolling orders, a page of clients at a time, so that memory and transactions stay small."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Final

from agreement import deadlines
from agreement.book import Book, Signed
from agreement.duties import Retention
from agreement.schema import Agreement
from chassis.transaction import Transaction
from contracts.erasure import ErasureOrdered
from contracts.ordering import Purpose, Scope
from contracts.retention import OrderKind
from contracts.schedule import ScheduleSweepDue
from retention import client_store, hold_store, holder_store, orders
from retention.client_store import Client
from retention.order_store import Placed
from retention.planning import Hold, Keeper
from retention.rolling import COUNTED, Kept, cutoff, swept

PAGE: Final = 1000
"""Clients per page; an order names at most as many."""

SWEEP: Final = "sweep"
"""The name of the next day's sweep in the agenda."""


async def first(book: Book, tx: Transaction) -> None:
    """The day-by-day orders begin with the first start of the service, and never stop."""
    today = deadlines.local_date(book.latest, tx.now)
    begun = await tx.fetchval("INSERT INTO sweep (begun_on) VALUES ($1) ON CONFLICT DO NOTHING RETURNING true", today)
    if begun:
        tx.emit_at(ScheduleSweepDue(sweep_on=today.isoformat()), tx.now, SWEEP)


async def sweep(book: Book, due: ScheduleSweepDue, tx: Transaction) -> None:
    """The orders for the next page of clients; then the page after it, or tomorrow. One holder's is out of turn."""
    today = deadlines.local_date(book.latest, tx.now)
    clients = await client_store.load_page(tx, due.after, PAGE, today)
    await orders.place(tx, await _orders(book, clients, tx, due.holder_id))
    if len(clients) == PAGE:
        tx.emit(due.model_copy(update={"after": clients[-1].client_id}))
    elif due.holder_id is None:
        tomorrow = deadlines.end_of_day(book.latest, today)
        day = deadlines.local_date(book.latest, tomorrow)
        await tx.execute("UPDATE sweep SET begun_on = $1", day)
        tx.emit_at(ScheduleSweepDue(sweep_on=day.isoformat()), tomorrow, SWEEP)


async def _orders(book: Book, clients: Sequence[Client], tx: Transaction, only: str | None) -> list[Placed]:
    holders = [each for each in await holder_store.load_declared(tx) if only in (None, each[0].holder_id)]
    ids = [client.client_id for client in clients]
    holds = await hold_store.load_holds(tx, ids)
    permitted = await holder_store.load_permitted(tx, ids, [each for _, each in holders if each is not None])
    placed = []
    for signed, those in _by_version(clients).items():
        agreement = book[signed]
        today = deadlines.local_date(agreement, tx.now)
        due_at = orders.due_on(agreement, today, agreement.periods.erasure_answer)
        for rule in swept(agreement):
            scopes = _scopes(agreement, rule, those, holds, today)
            for keeper, subprocessor_id in holders if scopes else ():
                theirs = _of_holder(scopes, subprocessor_id, permitted)
                if theirs and keeper.may_hold(rule):
                    placed.append(_order(rule, keeper, theirs, due_at, tx, " ".join(signed)))
    return placed


def _by_version(clients: Sequence[Client]) -> dict[Signed, list[Client]]:
    found: dict[Signed, list[Client]] = {}
    for client in clients:
        found.setdefault(client.signed, []).append(client)
    return found


def _scopes(
    agreement: Agreement, rule: Retention, clients: Sequence[Client], holds: dict[str, list[Hold]], today: date
) -> tuple[Scope, ...]:
    found = []
    for client in clients:
        kept = Kept(client.client_id, client.durations, tuple(holds.get(client.client_id, ())))
        before = cutoff(agreement, rule, kept, today)
        if before is not None:
            found.append(Scope.model_construct(client_id=client.client_id, cutoff_at=before))
    return tuple(found)


def _of_holder(
    scopes: tuple[Scope, ...], subprocessor_id: str | None, permitted: set[tuple[str, str]]
) -> tuple[Scope, ...]:
    """An own system may hold any client's data, a sub-processor only theirs who permitted it."""
    if subprocessor_id is None:
        return scopes
    return tuple(scope for scope in scopes if (scope.client_id, subprocessor_id) in permitted)


def _order(
    rule: Retention, keeper: Keeper, scopes: tuple[Scope, ...], due_at: datetime, tx: Transaction, version: str
) -> Placed:
    event = ErasureOrdered.model_construct(
        order_id=tx.cause.derive(f"sweep/{version}/{rule.category}/{keeper.holder_id}"),
        holder_id=keeper.holder_id,
        category=rule.category,
        scopes=scopes,
        counted=COUNTED[rule.rule],
        purpose=Purpose.ROLLING,
        due_at=due_at,
        clause=rule.clause,
        because=(),
        reminder=0,
    )
    return Placed(event.order_id, OrderKind.ERASURE, Purpose.ROLLING, event, tuple(scope.client_id for scope in scopes))
