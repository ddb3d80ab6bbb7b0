"""What holders made to be returned, and what became of it (TER-5)."""

from dataclasses import dataclass
from datetime import datetime

from chassis.transaction import Transaction
from contracts.returning import ReturnAcknowledged, ReturnConfirmed, ReturnDownloaded


async def insert_package(
    tx: Transaction, termination_id: str, made: ReturnConfirmed, asked_until: datetime | None
) -> None:
    """A return package that can be fetched; a link that ends before what was asked for keeps its own end."""
    await tx.execute(
        """
        INSERT INTO package (order_id, termination_id, holder_id, contents, manifest_sha256, package_sha256, encryption,
                             url, expires_at, ready_at, own_end)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, CASE WHEN $9 < $11::timestamptz THEN $9 END)
        """,
        made.order_id,
        termination_id,
        made.holder_id,
        f"[{','.join(each.model_dump_json() for each in made.contents)}]",
        made.manifest_sha256,
        made.package_sha256,
        made.encryption,
        made.url,
        made.expires_at,
        tx.now,
        asked_until,
    )


async def note_download(tx: Transaction, fetched: ReturnDownloaded) -> bool:
    """The whole package was fetched; False if there is none of this holder."""
    status = await tx.execute(
        """
        UPDATE package SET downloaded_at = coalesce(downloaded_at, $3) WHERE order_id = $1 AND holder_id = $2
        """,
        fetched.order_id,
        fetched.holder_id,
        fetched.downloaded_at,
    )
    return not status.endswith(" 0")


async def note_acknowledgement(tx: Transaction, said: ReturnAcknowledged) -> bool:
    """The client has its data, since it first said so: of one package or all; False if there is no such package."""
    status = await tx.execute(
        """
        UPDATE package SET acknowledged_at = coalesce(acknowledged_at, $3),
                           acknowledged_by = CASE WHEN acknowledged_at IS NULL THEN $4 ELSE acknowledged_by END
          FROM termination
         WHERE package.termination_id = termination.termination_id AND client_id = $1
           AND ($2::text IS NULL OR order_id = $2)
        """,
        said.client_id,
        said.order_id,
        said.received_at,
        said.acknowledged_by,
    )
    return not status.endswith(" 0")


async def count_packages(tx: Transaction, termination_id: str) -> tuple[int, int, int]:
    """Packages that are still to be made, that are ready, and that are ready and not acknowledged."""
    row = await tx.fetchrow(
        """
        SELECT (SELECT count(*) FROM holder_order
                 WHERE termination_id = $1 AND kind = 'return' AND state = 'open'),
               count(*), count(*) FILTER (WHERE acknowledged_at IS NULL)
          FROM package
         WHERE termination_id = $1
        """,
        termination_id,
    )
    return (row[0], row[1], row[2]) if row else (0, 0, 0)


@dataclass(frozen=True, slots=True)
class Link:
    """Where a package can be fetched; `own_end` is there where its holder's link ends before what was asked for."""

    order_id: str
    holder_id: str
    url: str
    own_end: datetime | None


async def load_links(tx: Transaction, termination_id: str) -> list[Link]:
    """The packages of a termination that are ready, in the order of their ids."""
    rows = await tx.fetch(
        "SELECT order_id, holder_id, url, own_end FROM package WHERE termination_id = $1 ORDER BY order_id",
        termination_id,
    )
    return [Link(**dict(row)) for row in rows]
