"""Who of the processor's people is bound to confidentiality (§3.2, App. C 3): the register, and the word to all."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

import asyncpg

from agreement.deadlines import end_of_day, start_of_day
from agreement.schema import Agreement
from assurance import matter_store
from assurance.bound import Bound
from chassis.database import Pool
from chassis.errors import Rejected
from chassis.locks import lock
from chassis.router import Router
from chassis.transaction import Transaction
from contracts.evidence import Document
from contracts.staff import StaffEvent, StaffUndertakingEnded, StaffUndertakingGiven
from contracts.undertaking import UndertakingSet

router = Router()
KIND = "undertaking"


@dataclass(frozen=True, slots=True)
class Undertaking:
    """One undertaking of a person; the last one of each is what holds."""

    person: str
    basis: str
    given_on: date
    ends_on: date | None
    document: Document | None
    said_by: str
    said_at: datetime
    ended_because: str | None


@router.on(StaffUndertakingGiven)
async def on_given(app: Bound, said: StaffUndertakingGiven, tx: Transaction) -> None:
    """§3.2: from that day on the person may reach clients' records; the last word holds."""
    if said.ends_on is not None and said.ends_on < said.given_on:
        raise Rejected(f"it is given on {said.given_on} and can't end before", "ends_on")
    await _lock(said, tx)
    await tx.execute(
        """
        INSERT INTO undertaking (person, basis, given_on, ends_on, document, said_by, said_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        """,
        said.person,
        said.basis,
        said.given_on,
        said.ends_on,
        None if said.document is None else said.document.model_dump_json(),
        said.said_by,
        tx.now,
    )
    await matter_store.note(tx, said.person, KIND, said.person, said)
    _tell(app.book.latest, said.person, said.given_on, said.ends_on, tx)


@router.on(StaffUndertakingEnded)
async def on_ended(app: Bound, said: StaffUndertakingEnded, tx: Transaction) -> None:
    """§3.2: after that day the person reaches no client's records any more."""
    await _lock(said, tx)
    row = await tx.fetchrow(
        "SELECT seq, given_on FROM undertaking WHERE person = $1 ORDER BY seq DESC LIMIT 1", said.person
    )
    if row is None:
        raise Rejected("this person has given no undertaking", "person")
    await tx.execute(
        "UPDATE undertaking SET ends_on = $2, ended_because = $3 WHERE seq = $1",
        row["seq"],
        said.ended_on,
        said.reason,
    )
    await matter_store.note(tx, said.person, KIND, said.person, said)
    _tell(app.book.latest, said.person, row["given_on"], said.ended_on, tx)


def _tell(agreement: Agreement, person: str, given_on: date, ends_on: date | None, tx: Transaction) -> None:
    until = None if ends_on is None else end_of_day(agreement, ends_on)
    tx.emit(UndertakingSet(person=person, bound_from=start_of_day(agreement, given_on), bound_until=until))


async def _lock(said: StaffEvent, tx: Transaction) -> None:
    await lock(tx.connection, f"undertaking/{said.person}")


_UNDERTAKING = """
    SELECT seq, person, basis, given_on, ends_on, document, said_by, said_at, ended_because FROM undertaking
"""


async def load_undertakings(pool: Pool, after: int, limit: int) -> Sequence[tuple[Undertaking, tuple[int]]]:
    """Every undertaking in the order in which they were recorded, each with its place."""
    rows = await pool.fetch(f"{_UNDERTAKING} WHERE seq > $1 ORDER BY seq LIMIT $2", after, limit)
    return [(_undertaking(row), (row["seq"],)) for row in rows]


async def load_last(pool: Pool, person: str) -> Undertaking | None:
    """The one of a person that holds."""
    row = await pool.fetchrow(f"{_UNDERTAKING} WHERE person = $1 ORDER BY seq DESC LIMIT 1", person)
    return None if row is None else _undertaking(row)


def _undertaking(row: asyncpg.Record) -> Undertaking:
    fields = {name: value for name, value in row.items() if name not in {"seq", "document"}}
    document = None if row["document"] is None else Document.model_validate_json(row["document"])
    return Undertaking(**fields, document=document)
