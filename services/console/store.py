"""What the record remembers: chains, entries, whose a matter is (one typed function a statement)."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple

from chassis.errors import Overtaken
from chassis.transaction import Transaction
from console.facts import Fact
from console.linking import Head


@dataclass(slots=True)
class Chain:
    """Where a chain ends, and which agreement its client signed; its row is locked, or it has none and begins here."""

    head: Head
    agreement_id: str | None
    agreement_version: str | None
    begins: bool


class Entry(NamedTuple):
    """A row of the record, as its statement has it: lists are PostgreSQL's literals (`literals.texts`)."""

    chain: str
    seq: int
    hash: str
    type: str
    clause: str | None
    promises: str
    about: str
    thing: str
    stands: str | None
    body: str


async def load_matters(
    tx: Transaction, matters: Sequence[str], joined: Collection[str]
) -> tuple[dict[str, list[str]], dict[str, list[Fact]]]:
    """The clients of each matter; of those that somebody joins also what was said of them, in order."""
    rows = await tx.fetch(
        """
        SELECT matter,
               ARRAY (SELECT client_id FROM party WHERE party.matter = asked.matter ORDER BY client_id) AS clients,
               ARRAY (SELECT fact FROM matter_fact AS said
                       WHERE asked.is_joined AND said.matter = asked.matter ORDER BY nth) AS facts
          FROM unnest($1::text[], $2::boolean[]) AS asked (matter, is_joined)
        """,
        matters,
        [matter in joined for matter in matters],
    )
    clients = {row["matter"]: list(row["clients"]) for row in rows}
    return clients, {row["matter"]: [Fact.from_text(text) for text in row["facts"]] for row in rows}


async def save_matters(tx: Transaction, parties: Sequence[tuple[str, str]], facts: Sequence[tuple[str, Fact]]) -> None:
    """What is new of matters."""
    if not parties and not facts:
        return
    await tx.execute(
        """
        WITH joined AS (
            INSERT INTO party (matter, client_id)
            SELECT matter, client_id FROM unnest($1::text[], $2::text[]) AS fresh (matter, client_id)
        )
        INSERT INTO matter_fact (matter, fact)
        SELECT matter, fact FROM unnest($3::text[], $4::text[]) AS fresh (matter, fact)
        """,
        [matter for matter, _ in parties],
        [client_id for _, client_id in parties],
        [matter for matter, _ in facts],
        [fact.to_text() for _, fact in facts],
    )


async def lock_chains(tx: Transaction, chains: Sequence[str]) -> dict[str, Chain]:
    """These chains as they stand; nobody else appends to them until the transaction's end. In one order everywhere.

    What has no row yet begins with what is written, unless somebody is faster (`write`).
    """
    if not chains:
        return {}
    rows = await tx.fetch(
        """
        SELECT chain, seq, hash, agreement_id, agreement_version
          FROM chain WHERE chain = ANY ($1::text[]) ORDER BY chain FOR UPDATE
        """,
        chains,
    )
    there = {name: Chain(Head(seq, hash_), signed, version, False) for name, seq, hash_, signed, version in rows}
    return there | {name: Chain(Head(), None, None, True) for name in chains if name not in there}


_WRITE: Final = """
    WITH moved AS (
        UPDATE chain
           SET seq = grown.seq, hash = grown.hash, agreement_id = grown.agreement_id,
               agreement_version = grown.agreement_version
          FROM unnest($1::text[], $2::bigint[], $3::text[], $4::text[], $5::text[])
               AS grown (chain, seq, hash, agreement_id, agreement_version)
         WHERE chain.chain = grown.chain
    ), begun AS (
        INSERT INTO chain (chain, seq, hash, agreement_id, agreement_version)
        SELECT chain, seq, hash, agreement_id, agreement_version
          FROM unnest($6::text[], $7::bigint[], $8::text[], $9::text[], $10::text[])
               AS fresh (chain, seq, hash, agreement_id, agreement_version)
            ON CONFLICT DO NOTHING
        RETURNING chain
    )
    INSERT INTO entry (recorded_at, chain, seq, hash, type, clause, promises, about, thing, stands, body)
    SELECT $11, chain, seq, hash, type, clause, promises::text[], about::text[], thing, stands, body
      FROM unnest($12::text[], $13::bigint[], $14::text[], $15::text[], $16::text[], $17::text[], $18::text[],
                  $19::text[], $20::text[], $21::text[])
           AS entered (chain, seq, hash, type, clause, promises, about, thing, stands, body)
     WHERE (SELECT count(*) FROM begun) = cardinality($6::text[])
    """


async def write(tx: Transaction, entries: Sequence[Entry], chains: Mapping[str, Chain]) -> None:
    """Add entries, which are never changed, and where their chains end with them; chains come in the order of names.

    Raises Overtaken where another transaction began one of the chains meanwhile: then nothing is written.
    """
    grown = _heads({name: chain for name, chain in chains.items() if not chain.begins})
    begun = _heads({name: chain for name, chain in chains.items() if chain.begins})
    columns = map(list, zip(*entries, strict=True))
    if await tx.execute(_WRITE, *grown, *begun, tx.now, *columns) != f"INSERT 0 {len(entries)}":
        raise Overtaken
    for chain in chains.values():
        chain.begins = False


def _heads(chains: Mapping[str, Chain]) -> tuple[Sequence[object], ...]:
    """Chains as columns of their table."""
    return (
        list(chains),
        [each.head.seq for each in chains.values()],
        [each.head.hash for each in chains.values()],
        [each.agreement_id for each in chains.values()],
        [each.agreement_version for each in chains.values()],
    )


async def begin(tx: Transaction, now: datetime) -> bool:
    """Since when the record is kept; whether that is new."""
    fresh = await tx.fetchval("INSERT INTO begun (begun_at) VALUES ($1) ON CONFLICT DO NOTHING RETURNING true", now)
    return bool(fresh)
