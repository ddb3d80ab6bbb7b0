"""Whether staff are bound to confidentiality before they reach clients' records (§3.2), where a setting asks for it.

Each service keeps for itself what the compacted topic `undertaking` says: no request waits for another service, and
what was heard survives restarts.
"""

from http import HTTPStatus

from chassis.clock import Clock
from chassis.database import Pool
from chassis.problems import Problem
from chassis.rights import Caller
from chassis.router import Router
from chassis.transaction import Transaction
from contracts.undertaking import UndertakingSet

router = Router()


@router.on(UndertakingSet)
async def on_undertaking_set(_: object, said: UndertakingSet, tx: Transaction) -> None:
    """The last word about a person holds."""
    await tx.execute(
        """
        INSERT INTO bound_person (person, bound_from, bound_until) VALUES ($1, $2, $3)
            ON CONFLICT (person) DO UPDATE SET bound_from = excluded.bound_from, bound_until = excluded.bound_until
        """,
        said.person,
        said.bound_from,
        said.bound_until,
    )


class Undertakings:
    """What this service has heard of who is bound."""

    def __init__(self, pool: Pool, clock: Clock) -> None:
        self._pool = pool
        self._clock = clock

    async def require(self, caller: Caller) -> None:
        """A 403 problem for staff without an undertaking in force now; clients' users give none."""
        if caller.role.is_staff and not await self._is_bound(caller.subject):
            raise Problem(
                HTTPStatus.FORBIDDEN,
                f"no undertaking of confidentiality by {caller.subject} is in force: clients' records stay closed",
            )

    async def _is_bound(self, person: str) -> bool:
        bound: bool = await self._pool.fetchval(
            """
            SELECT EXISTS (SELECT FROM bound_person
                            WHERE person = $1 AND bound_from <= $2 AND (bound_until IS NULL OR bound_until > $2))
            """,
            person,
            self._clock.now(),
        )
        return bound
