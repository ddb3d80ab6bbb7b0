"""Who is affected by an incident, resolved by set from what is known at that time; a hundred or a hundred thousand."""

from collections.abc import Sequence

from agreement.book import Signed
from breach.affected.scope import Scope
from chassis.transaction import Transaction

# Whoever a scope has and is known: $2 clients, $3 sub-processors, $4 systems, $5 and $6 the versions whose clients have
# data of its categories. Those whose data are certified to be deleted are affected only by their name.
_CONCERNED = """
    place AS (
        SELECT system_id, subprocessor_id FROM system WHERE system_id = ANY ($4::text[])
    ), concerned AS (
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
    """


async def widen(tx: Transaction, incident_id: str, scope: Scope, bound_to: Sequence[Signed]) -> int:
    """Add whoever the scope has and is known; `bound_to`: versions whose clients have data of its categories.

    Returns how many more are affected.
    """
    added: int = await tx.fetchval(
        f"""
        WITH {_CONCERNED}, added AS (
            INSERT INTO affected (incident_id, client_id, agreement_id, agreement_version, found_at, named)
            SELECT $1, client_id, agreement_id, agreement_version, $7, client_id = ANY ($8::text[])
              FROM concerned JOIN client USING (client_id)
                ON CONFLICT (incident_id, client_id) DO UPDATE SET named = true
             WHERE excluded.named AND NOT affected.named
            RETURNING xmax = 0 AS is_new
        )
        SELECT count(*) FILTER (WHERE is_new) FROM added
        """,
        incident_id,
        [*scope.client_ids, *scope.found],
        *_places(scope, bound_to),
        tx.now,
        list(scope.client_ids),
    )
    return added


async def narrow(tx: Transaction, incident_id: str, left: Scope, bound_to: Sequence[Signed]) -> int:
    """Take out who is not in what is left of a scope, and was neither told nor exempted; returns how many they were."""
    removed: int = await tx.fetchval(
        f"""
        WITH {_CONCERNED}, gone AS (
            DELETE FROM affected
             WHERE incident_id = $1 AND ordered_at IS NULL AND told_at IS NULL AND NOT exempt
               AND client_id NOT IN (SELECT client_id FROM concerned)
            RETURNING client_id
        ), clocks AS (
            DELETE FROM clock WHERE incident_id = $1 AND client_id IN (SELECT client_id FROM gone)
        )
        SELECT count(*) FROM gone
        """,
        incident_id,
        list(left.client_ids),
        *_places(left, bound_to),
    )
    return removed


def _places(scope: Scope, bound_to: Sequence[Signed]) -> tuple[list[str], ...]:
    return (
        list(scope.subprocessor_ids),
        list(scope.systems),
        [each.agreement_id for each in bound_to],
        [each.version for each in bound_to],
    )


async def note_scope(tx: Transaction, incident_id: str, scope: Scope, unresolved: Sequence[str]) -> None:
    """What was named, beside what was before."""
    await tx.execute(
        """
        UPDATE incident
           SET subprocessor_ids = array(SELECT DISTINCT unnest(subprocessor_ids || $2::text[]) ORDER BY 1),
               systems = array(SELECT DISTINCT unnest(systems || $3::text[]) ORDER BY 1),
               data_categories = array(SELECT DISTINCT unnest(data_categories || $4::text[]) ORDER BY 1),
               unresolved = array(SELECT DISTINCT unnest(unresolved || $5::text[]) ORDER BY 1),
               by_categories = array(SELECT DISTINCT unnest(by_categories || $6::text[]) ORDER BY 1)
         WHERE incident_id = $1
        """,
        incident_id,
        list(scope.subprocessor_ids),
        list(scope.systems),
        list(scope.data_categories),
        list(unresolved),
        list(scope.by_categories),
    )


async def set_scope(tx: Transaction, incident_id: str, left: Scope, resolved: Sequence[str]) -> None:
    """What is left of what was named; its categories choose clients where they did; `resolved` is unknown no more."""
    await tx.execute(
        """
        UPDATE incident
           SET subprocessor_ids = $2, systems = $3, data_categories = $4,
               unresolved = array(SELECT unnest(unresolved) EXCEPT SELECT unnest($5::text[]) ORDER BY 1),
               by_categories = array(SELECT unnest(by_categories) INTERSECT SELECT unnest($4::text[]) ORDER BY 1)
         WHERE incident_id = $1
        """,
        incident_id,
        list(left.subprocessor_ids),
        list(left.systems),
        list(left.data_categories),
        list(resolved),
    )
