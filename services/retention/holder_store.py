"""Who holds clients' data: own systems, and the sub-processors that were ever permitted to (§8.3, SUB-7)."""

from collections.abc import Sequence

from chassis.transaction import Transaction
from contracts.holder import HolderDeclared, HolderKind
from retention.planning import Keeper


async def declare(tx: Transaction, holder: HolderDeclared) -> None:
    """A holder and its categories; said again, it replaces what was said before."""
    sub_processor = holder.kind is HolderKind.SUBPROCESSOR
    await tx.execute(
        """
        INSERT INTO holder (holder_id, name, kind, subprocessor_id, categories, declared_at)
        VALUES ($1, $2, $3, $4, $5, $6)
            ON CONFLICT (holder_id) DO UPDATE
           SET name = excluded.name, kind = excluded.kind, subprocessor_id = excluded.subprocessor_id,
               categories = excluded.categories, retired_at = NULL
        """,
        holder.holder_id,
        holder.name,
        holder.kind,
        (holder.subprocessor_id or holder.holder_id) if sub_processor else None,
        list(holder.categories),
        tx.now,
    )


async def retire(tx: Transaction, holder_id: str) -> bool:
    """A holder holds nothing any more; False if it was never declared."""
    status = await tx.execute("UPDATE holder SET retired_at = $2 WHERE holder_id = $1", holder_id, tx.now)
    return not status.endswith(" 0")


async def note_subprocessor(tx: Transaction, subprocessor_id: str, name: str, categories: Sequence[str]) -> None:
    """What a sub-processor is said to process; what it was said to process before, it may hold still."""
    await tx.execute(
        """
        INSERT INTO subprocessor (subprocessor_id, name, categories)
        VALUES ($1, $2, $3)
            ON CONFLICT (subprocessor_id) DO UPDATE
           SET name = excluded.name,
               categories = CASE WHEN subprocessor.categories = '{}' OR excluded.categories = '{}' THEN '{}'
                                 ELSE ARRAY (SELECT DISTINCT unnest(subprocessor.categories || excluded.categories)
                                              ORDER BY 1) END
        """,
        subprocessor_id,
        name,
        list(categories),
    )


async def note_permitted(tx: Transaction, client_ids: Sequence[str], subprocessor_ids: Sequence[str]) -> None:
    """These were permitted to process these clients' data: whatever comes, they may hold some."""
    await tx.execute(
        """
        INSERT INTO client_subprocessor (client_id, subprocessor_id)
        SELECT * FROM unnest($1::text[], $2::text[])
            ON CONFLICT DO NOTHING
        """,
        client_ids,
        subprocessor_ids,
    )


async def load_keepers(tx: Transaction, client_id: str) -> list[Keeper]:
    """Who may hold this client's data: own systems first, then sub-processors, by their own holder or themselves."""
    rows = await tx.fetch(
        """
        SELECT holder_id, kind, categories, true AS declared
          FROM holder
         WHERE retired_at IS NULL
           AND (kind = 'internal'
                OR subprocessor_id IN (SELECT subprocessor_id FROM client_subprocessor WHERE client_id = $1))
         UNION ALL
        SELECT subprocessor_id, 'subprocessor', coalesce(categories, '{}'), false
          FROM client_subprocessor LEFT JOIN subprocessor USING (subprocessor_id)
         WHERE client_id = $1
           AND NOT EXISTS (SELECT FROM holder
                            WHERE holder.subprocessor_id = client_subprocessor.subprocessor_id AND retired_at IS NULL)
         ORDER BY 2, 1
        """,
        client_id,
    )
    return [Keeper(row[0], HolderKind(row[1]), frozenset(row[2]), row[3]) for row in rows]


async def load_declared(tx: Transaction) -> list[tuple[Keeper, str | None]]:
    """The holders that answer orders by themselves, each with its sub-processor, in the order of their ids."""
    rows = await tx.fetch(
        """
        SELECT holder_id, kind, categories, subprocessor_id
          FROM holder
         WHERE retired_at IS NULL
         ORDER BY holder_id
        """
    )
    return [(Keeper(row[0], HolderKind(row[1]), frozenset(row[2]), declared=True), row[3]) for row in rows]


async def load_permitted(
    tx: Transaction, client_ids: Sequence[str], subprocessor_ids: Sequence[str]
) -> set[tuple[str, str]]:
    """Which of these clients which of these sub-processors were permitted to process the data of."""
    rows = await tx.fetch(
        """
        SELECT client_id, subprocessor_id
          FROM client_subprocessor
         WHERE client_id = ANY ($1::text[]) AND subprocessor_id = ANY ($2::text[])
        """,
        client_ids,
        subprocessor_ids,
    )
    return {(row[0], row[1]) for row in rows}


async def kind_of(tx: Transaction, holder_id: str) -> HolderKind:
    """Whether a holder is an own system; what was never declared is a sub-processor."""
    kind = await tx.fetchval("SELECT kind FROM holder WHERE holder_id = $1", holder_id)
    return HolderKind.SUBPROCESSOR if kind is None else HolderKind(kind)
