"""What is heard only after an incident was scoped: a client, what it permitted, a system, a sub-processor."""

from collections.abc import Collection, Sequence
from datetime import date

from chassis.transaction import Transaction


async def wait_for(tx: Transaction, incident_id: str, client_ids: Sequence[str]) -> None:
    """These clients are affected as soon as they are known."""
    await tx.execute(
        "INSERT INTO waiting (client_id, incident_id) SELECT unnest($2::text[]), $1 ON CONFLICT DO NOTHING",
        incident_id,
        list(client_ids),
    )


async def wait_no_more(tx: Transaction, incident_id: str, client_ids: Collection[str]) -> None:
    """These clients were named by mistake."""
    await tx.execute(
        "DELETE FROM waiting WHERE incident_id = $1 AND client_id = ANY ($2::text[])", incident_id, list(client_ids)
    )


async def take_waiting(tx: Transaction, client_id: str) -> list[str]:
    """The incidents that waited for this client, which wait no more."""
    rows = await tx.fetch("DELETE FROM waiting WHERE client_id = $1 RETURNING incident_id", client_id)
    return sorted(row["incident_id"] for row in rows)


async def set_resolved(tx: Transaction, name: str) -> None:
    """This name, kind/id, is known now."""
    await tx.execute(
        "UPDATE incident SET unresolved = array_remove(unresolved, $1) WHERE unresolved @> ARRAY[$1]", name
    )


async def load_naming_system(tx: Transaction, system_id: str) -> list[str]:
    """The open incidents that have this system in their scope."""
    rows = await tx.fetch(
        "SELECT incident_id FROM incident WHERE closed_at IS NULL AND systems @> ARRAY[$1] ORDER BY incident_id",
        system_id,
    )
    return [row["incident_id"] for row in rows]


async def load_concerning(
    tx: Transaction, client_id: str, categories: Sequence[str], signed_on: date, zone: str
) -> list[str]:
    """The open incidents whose scope has this client, bound to an agreement with these categories, and don't know it.

    Who signs after the day on which an incident was contained last, in the agreement's zone, brings nothing into it.
    """
    rows = await tx.fetch(
        """
        SELECT incident_id
          FROM incident
         CROSS JOIN LATERAL (
               SELECT subprocessor_ids
                      || array(SELECT subprocessor_id FROM system
                                WHERE system_id = ANY (systems) AND subprocessor_id IS NOT NULL) AS all_ids) AS holding
         WHERE closed_at IS NULL
           AND (by_categories && $2::text[]
                OR EXISTS (SELECT FROM system WHERE system_id = ANY (systems) AND subprocessor_id IS NULL)
                OR EXISTS (SELECT FROM client_subprocessor
                            WHERE client_id = $1 AND client_subprocessor.subprocessor_id = ANY (holding.all_ids)
                              AND (since IS NULL OR since <= detected_at::date)))
           AND NOT EXISTS (SELECT FROM affected WHERE affected.incident_id = incident.incident_id AND client_id = $1)
           AND $3 <= coalesce((SELECT (max(taken_at) AT TIME ZONE $4)::date
                                 FROM step
                                WHERE step.incident_id = incident.incident_id AND kind = 'containment'), 'infinity')
         ORDER BY incident_id
        """,
        client_id,
        categories,
        signed_on,
        zone,
    )
    return [row["incident_id"] for row in rows]


async def load_missed(
    tx: Transaction, client_ids: Sequence[str], subprocessor_ids: Sequence[str], since: Sequence[date | None]
) -> dict[str, tuple[str, ...]]:
    """By open incident: clients who let a sub-processor in its scope work before it, which is heard only now."""
    rows = await tx.fetch(
        """
        WITH place AS MATERIALIZED (
            SELECT incident_id, detected_at,
                   unnest(subprocessor_ids || array(SELECT subprocessor_id FROM system WHERE system_id = ANY (systems)))
                       AS subprocessor_id
              FROM incident
             WHERE closed_at IS NULL AND (subprocessor_ids <> '{}' OR systems <> '{}')
        )
        SELECT incident_id, array_agg(DISTINCT client_id ORDER BY client_id)
          FROM unnest($1::text[], $2::text[], $3::date[]) AS said (client_id, subprocessor_id, since)
          JOIN place USING (subprocessor_id)
         WHERE (since IS NULL OR since <= detected_at::date)
           AND NOT EXISTS (SELECT FROM affected WHERE affected.incident_id = place.incident_id
                                                  AND affected.client_id = said.client_id)
         GROUP BY incident_id
         ORDER BY incident_id
        """,
        client_ids,
        subprocessor_ids,
        since,
    )
    return {row[0]: tuple(row[1]) for row in rows}
