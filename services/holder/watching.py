"""Looks whether anything was processed for a client after that should have ceased (TER-1)."""

from chassis.database import Pool
from chassis.message import Cause
from chassis.transaction import Transaction
from contracts.holder import Finding, HolderReported
from holder.data_map import KeySource, Scope, TableSource
from holder.reaching import Reach


async def later_processing(pool: Pool, reach: Reach) -> list[tuple[str, str, int]]:
    """Clients, categories and how much came to be after the end, where it is more than was reported before."""
    rows = await pool.fetch("SELECT client_id, ceased_from, categories FROM ceased ORDER BY client_id")
    known = {
        (row["client_id"], row["category"]): row["count"]
        for row in await pool.fetch("SELECT client_id, category, count FROM later")
    }
    found: dict[tuple[str, str], int] = {}
    for category, _, source in reach.data_map.sources() if rows else ():
        if isinstance(source, KeySource) or (isinstance(source, TableSource) and source.time_column is None):
            continue
        async with reach.open(category, source) as executor:
            for row in rows:
                if row["categories"] and category not in row["categories"]:
                    continue
                count = (await executor.count(Scope(row["client_id"], since=row["ceased_from"]))).count
                place = (row["client_id"], category)
                found[place] = found.get(place, 0) + count
    return [(*place, count) for place, count in found.items() if count > known.get(place, 0)]


async def report(tx: Transaction, holder_id: str, found: list[tuple[str, str, int]]) -> None:
    """Say it, once for each growth."""
    for client_id, category, count in found:
        kept = await tx.fetchval(
            """
            INSERT INTO later (client_id, category, count)
            SELECT client_id, $2, $3 FROM ceased WHERE client_id = $1
                ON CONFLICT (client_id, category) DO UPDATE SET count = excluded.count
             WHERE later.count < excluded.count
            RETURNING true
            """,
            client_id,
            category,
            count,
        )
        if kept:
            reported = HolderReported(
                holder_id=holder_id,
                client_id=client_id,
                finding=Finding.PROCESSED,
                category=category,
                count=count,
                seen_at=tx.now,
                detail="records that are newer than the end of processing",
            )
            cause = Cause("dutiful/holder/watch", f"{client_id}/{category}/{count}", "")
            tx.emit(reported, cause=cause._replace(flow_id=cause.derive("flow")))
