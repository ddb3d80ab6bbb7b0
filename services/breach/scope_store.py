"""Who is affected by an incident, resolved by set from what is known at that time; a hundred or a hundred thousand."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from agreement.book import Signed
from chassis.transaction import Transaction


@dataclass(frozen=True, slots=True)
class Scope:
    """Who is named: clients, whoever let a sub-processor process, whoever's data lie in a system or are of a category.

    Categories choose clients only where nothing else does; beside others they say which data of them.
    """

    client_ids: tuple[str, ...] = ()
    subprocessor_ids: tuple[str, ...] = ()
    systems: tuple[str, ...] = ()
    data_categories: tuple[str, ...] = ()

    @property
    def by_category(self) -> bool:
        """Whether the categories alone say who is affected."""
        return bool(self.data_categories) and not (self.client_ids or self.subprocessor_ids or self.systems)


async def widen(tx: Transaction, incident_id: str, scope: Scope, bound_to: Sequence[Signed]) -> int:
    """Add whoever the scope names and is known; `bound_to`: versions whose clients have data of its categories.

    Returns how many more are affected. Those whose data are certified to be deleted are affected only by their name.
    """
    status = await tx.execute(
        """
        WITH place AS (
            SELECT system_id, subprocessor_id FROM system WHERE system_id = ANY ($4::text[])
        ), named AS (
            SELECT client_id FROM client WHERE client_id = ANY ($2::text[])
            UNION
            SELECT client_id
              FROM client_subprocessor JOIN client USING (client_id)
             WHERE gone_at IS NULL
               AND subprocessor_id = ANY ($3::text[] || array(SELECT subprocessor_id FROM place))
            UNION
            SELECT client_id
              FROM client
             WHERE gone_at IS NULL
               AND (EXISTS (SELECT FROM place WHERE subprocessor_id IS NULL)
                    OR (agreement_id, agreement_version) IN (SELECT * FROM unnest($5::text[], $6::text[])))
        )
        INSERT INTO affected (incident_id, client_id, agreement_id, agreement_version, found_at)
        SELECT $1, client_id, agreement_id, agreement_version, $7
          FROM named JOIN client USING (client_id)
            ON CONFLICT DO NOTHING
        """,
        incident_id,
        list(scope.client_ids),
        list(scope.subprocessor_ids),
        list(scope.systems),
        [each.agreement_id for each in bound_to],
        [each.version for each in bound_to],
        tx.now,
    )
    return int(status.rpartition(" ")[2])


async def note_scope(tx: Transaction, incident_id: str, scope: Scope, unresolved: Sequence[str]) -> None:
    """What was named, beside what was before."""
    await tx.execute(
        """
        UPDATE incident
           SET subprocessor_ids = array(SELECT DISTINCT unnest(subprocessor_ids || $2::text[]) ORDER BY 1),
               systems = array(SELECT DISTINCT unnest(systems || $3::text[]) ORDER BY 1),
               data_categories = array(SELECT DISTINCT unnest(data_categories || $4::text[]) ORDER BY 1),
               unresolved = array(SELECT DISTINCT unnest(unresolved || $5::text[]) ORDER BY 1)
         WHERE incident_id = $1
        """,
        incident_id,
        list(scope.subprocessor_ids),
        list(scope.systems),
        list(scope.data_categories),
        list(unresolved),
    )


async def wait_for(tx: Transaction, incident_id: str, client_ids: Sequence[str]) -> None:
    """These clients are affected as soon as they are known."""
    await tx.execute(
        "INSERT INTO waiting (client_id, incident_id) SELECT unnest($2::text[]), $1 ON CONFLICT DO NOTHING",
        incident_id,
        list(client_ids),
    )


async def take_waiting(tx: Transaction, client_id: str) -> list[str]:
    """The incidents that waited for this client; they wait no more, and have it no longer among what nobody knows."""
    rows = await tx.fetch(
        "DELETE FROM waiting WHERE client_id = $1 RETURNING incident_id",
        client_id,
    )
    found = sorted(row["incident_id"] for row in rows)
    if found:
        await tx.execute(
            "UPDATE incident SET unresolved = array_remove(unresolved, $2) WHERE incident_id = ANY ($1::text[])",
            found,
            f"client/{client_id}",
        )
    return found


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


async def count_affected(tx: Transaction, incident_id: str) -> int:
    """How many clients are affected."""
    count: int = await tx.fetchval("SELECT count(*) FROM affected WHERE incident_id = $1", incident_id)
    return count


async def load_version(tx: Transaction, incident_id: str, client_id: str) -> Signed | None:
    """The version that binds an affected client; None: it isn't affected, or there is no such client."""
    row = await tx.fetchrow(
        "SELECT agreement_id, agreement_version FROM affected WHERE incident_id = $1 AND client_id = $2",
        incident_id,
        client_id,
    )
    return None if row is None else Signed(row["agreement_id"], row["agreement_version"])


async def set_exempt(tx: Transaction, incident_id: str, client_id: str, *, exempt: bool) -> bool:
    """A client is exempt, or no longer; False: it was so before."""
    status = await tx.execute(
        "UPDATE affected SET exempt = $3 WHERE incident_id = $1 AND client_id = $2 AND exempt <> $3",
        incident_id,
        client_id,
        exempt,
    )
    return not status.endswith(" 0")


async def is_told(tx: Transaction, incident_id: str, client_id: str) -> bool:
    """Whether a client's first notice has been ordered, or has come."""
    return bool(
        await tx.fetchval(
            """
            SELECT ordered_at IS NOT NULL OR told_at IS NOT NULL
              FROM affected
             WHERE incident_id = $1 AND client_id = $2
            """,
            incident_id,
            client_id,
        )
    )


async def is_affected(tx: Transaction, incident_id: str, client_id: str) -> bool:
    """Whether a client is affected and not exempt."""
    return bool(
        await tx.fetchval(
            "SELECT EXISTS (SELECT FROM affected WHERE incident_id = $1 AND client_id = $2 AND NOT exempt)",
            incident_id,
            client_id,
        )
    )
