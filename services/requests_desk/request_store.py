"""Requests as they stand, what is personal of them apart and closed."""

from datetime import date, datetime

import asyncpg

from chassis.transaction import Transaction
from contracts.event import Reckoning
from contracts.request import RequestKind
from requests_desk.records import AuthorityFacts, Request, Status

COLUMNS = """
    request_id, kind, about, status, client_id, received_at, times, authority, tell_by, told_at, answer_by,
    answer_by_unrolled, reckoning, handler, erased_at
"""


def request_of(row: asyncpg.Record) -> Request:
    """A request from its columns."""
    return Request(
        request_id=row["request_id"],
        kind=RequestKind(row["kind"]),
        about=row["about"],
        status=Status(row["status"]),
        client_id=row["client_id"],
        received_at=row["received_at"],
        times=row["times"],
        authority=None if row["authority"] is None else AuthorityFacts.model_validate_json(row["authority"]),
        tell_by=row["tell_by"],
        told_at=row["told_at"],
        answer_by=row["answer_by"],
        answer_by_unrolled=row["answer_by_unrolled"],
        reckoning=None if row["reckoning"] is None else Reckoning.model_validate_json(row["reckoning"]),
        handler=row["handler"],
        erased_at=row["erased_at"],
    )


async def insert_request(tx: Transaction, request: Request, mark: bytes, named_client_id: str | None) -> bool:
    """A new request; False where one with this id, or these very words of this person, is there and not over."""
    status = await tx.execute(
        """
        INSERT INTO request (request_id, kind, about, status, named_client_id, received_at, opened_at,
                             last_received_at, mark, authority, tell_by)
        SELECT $1, $2, $3, $4, $5, $6, $7, $6, $8, $9, $10
         WHERE NOT EXISTS (SELECT FROM alias WHERE alias_id = $1)
            ON CONFLICT DO NOTHING
        """,
        request.request_id,
        request.kind,
        request.about,
        request.status,
        named_client_id,
        request.received_at,
        tx.now,
        mark,
        None if request.authority is None else request.authority.model_dump_json(),
        request.tell_by,
    )
    return status == "INSERT 0 1"


async def lock_request(tx: Transaction, request_id: str) -> Request | None:
    """The request with this id, or that was folded under it; nobody else decides about it until the commit."""
    row = await tx.fetchrow(
        f"""
        SELECT {COLUMNS} FROM request
         WHERE request_id = coalesce((SELECT request_id FROM alias WHERE alias_id = $1), $1)
           FOR UPDATE
        """,
        request_id,
    )
    return None if row is None else request_of(row)


async def load_request(tx: Transaction, request_id: str) -> Request | None:
    """The request with this id, or that was folded under it, as it stands."""
    row = await tx.fetchrow(
        f"""
        SELECT {COLUMNS} FROM request
         WHERE request_id = coalesce((SELECT request_id FROM alias WHERE alias_id = $1), $1)
        """,
        request_id,
    )
    return None if row is None else request_of(row)


async def lock_marked(tx: Transaction, marks: list[bytes]) -> Request | None:
    """The request that is not over and has these words of this person."""
    row = await tx.fetchrow(
        f"SELECT {COLUMNS} FROM request WHERE mark = ANY ($1) AND status IN ($2, $3) ORDER BY seq LIMIT 1 FOR UPDATE",
        marks,
        Status.SEARCHING,
        Status.OPEN,
    )
    return None if row is None else request_of(row)


async def count_again(tx: Transaction, request_id: str, under: str, received_at: datetime) -> int:
    """It came once more, perhaps under another id: how often by now."""
    await tx.execute(
        "INSERT INTO alias (alias_id, request_id) SELECT $2, $1 WHERE $1 <> $2 ON CONFLICT DO NOTHING",
        request_id,
        under,
    )
    times: int = await tx.fetchval(
        """
        UPDATE request SET times = times + 1, last_received_at = greatest(last_received_at, $2)
         WHERE request_id = $1
        RETURNING times
        """,
        request_id,
        received_at,
    )
    return times


async def load_named(tx: Transaction, client_id: str) -> list[str]:
    """The requests that named a client before anybody here knew it."""
    rows = await tx.fetch(
        "SELECT request_id FROM request WHERE named_client_id = $1 AND client_id IS NULL ORDER BY seq", client_id
    )
    return [row["request_id"] for row in rows]


async def set_client(
    tx: Transaction,
    request_id: str,
    client_id: str,
    answer_by: tuple[date, date] | None,
    reckoning: Reckoning | None,
) -> None:
    """Whose data it is about, with the controller's own date, rolled and as it is before that."""
    await tx.execute(
        """
        UPDATE request
           SET client_id = $2, status = CASE WHEN status = $6 THEN $7 ELSE status END, answer_by = $3,
               answer_by_unrolled = $4, reckoning = $5
         WHERE request_id = $1
        """,
        request_id,
        client_id,
        answer_by[0] if answer_by else None,
        answer_by[1] if answer_by else None,
        None if reckoning is None else reckoning.model_dump_json(),
        Status.SEARCHING,
        Status.OPEN,
    )


async def set_told(tx: Transaction, request_id: str, told_at: datetime) -> None:
    """The client knows."""
    await tx.execute("UPDATE request SET told_at = $2 WHERE request_id = $1", request_id, told_at)


async def set_handler(tx: Transaction, request_id: str, handler: str) -> None:
    """Who handles it."""
    await tx.execute("UPDATE request SET handler = $2 WHERE request_id = $1", request_id, handler)


async def set_status(tx: Transaction, request_id: str, status: Status) -> None:
    """How far it is."""
    await tx.execute("UPDATE request SET status = $2 WHERE request_id = $1", request_id, status)
