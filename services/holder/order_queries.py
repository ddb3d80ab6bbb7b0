"""What people read of a holder's orders."""

from http import HTTPStatus
from typing import Final

from pydantic import AwareDatetime, TypeAdapter, ValidationError

from chassis.database import Pool
from chassis.pages import decode_cursor
from chassis.problems import Problem
from holder.jobs import Kind, Status

Row = dict[str, object]
Place = tuple[AwareDatetime, str, str]
_PLACE: Final[TypeAdapter[Place]] = TypeAdapter(Place)

_ORDER = """
    kind, order_id, status, round, received_at, started_at, finished_at,
    ordered::jsonb ->> 'category' AS category, ordered::jsonb ->> 'clause' AS clause,
    CASE WHEN kind IN ('return', 'task') THEN 1 ELSE jsonb_array_length(ordered::jsonb -> 'scopes') END AS clients,
    CASE WHEN kind IN ('return', 'task') THEN ordered::jsonb ->> 'client_id'
              ELSE CASE jsonb_array_length(ordered::jsonb -> 'scopes')
                   WHEN 1 THEN ordered::jsonb -> 'scopes' -> 0 ->> 'client_id' END END AS client_id,
    ordered::jsonb ->> 'act' AS act,
    (ordered::jsonb ->> 'due_at')::timestamptz AS due_at,
    CASE WHEN kind IN ('erasure', 'task') THEN
        (SELECT coalesce(sum(counted), 0)::bigint FROM part WHERE part.order_id = job.order_id)
        ELSE 0 END AS counted,
    CASE WHEN kind IN ('erasure', 'task') THEN
        (SELECT count(*) FROM halt WHERE halt.order_id = job.order_id) ELSE 0 END AS halted,
    (answer::jsonb ->> 'remaining')::bigint AS remaining,
    answer::jsonb ->> 'reason' AS reason
"""


async def orders(
    pool: Pool, *, kind: Kind | None, status: Status | None, client_id: str | None, before: Place | None, limit: int
) -> list[Row]:
    """The newest orders before a place."""
    at, before_kind, before_id = before or (None, None, None)
    rows = await pool.fetch(
        f"""
        SELECT {_ORDER}
          FROM job
         WHERE ($1::text IS NULL OR kind = $1) AND ($2::text IS NULL OR status = $2)
           AND ($3::text IS NULL OR ordered::jsonb ->> 'client_id' = $3
                OR ordered::jsonb @> jsonb_build_object('scopes',
                                                        jsonb_build_array(jsonb_build_object('client_id', $3::text))))
           AND ($4::timestamptz IS NULL OR received_at < $4 OR (received_at = $4 AND (kind, order_id) > ($5, $6)))
         ORDER BY received_at DESC, kind, order_id
         LIMIT $7
        """,
        kind,
        status,
        client_id,
        at,
        before_kind,
        before_id,
        limit,
    )
    return [dict(row) for row in rows]


async def order(pool: Pool, kind: Kind, order_id: str) -> Row | None:
    """One order, or None."""
    row = await pool.fetchrow(f"SELECT {_ORDER} FROM job WHERE kind = $1 AND order_id = $2", kind, order_id)
    return dict(row) if row else None


def place_of(cursor: str | None) -> Place | None:
    """Where a page goes on; a made-up cursor is refused."""
    values = decode_cursor(cursor, str, str, str)
    try:
        return None if values is None else _PLACE.validate_python(values)
    except ValidationError:
        raise Problem(
            HTTPStatus.BAD_REQUEST, "cursor is not one of ours: take it from `next` of the page before"
        ) from None
