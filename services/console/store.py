"""What the record remembers: chains, entries, whose a matter is (one typed function a statement)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from chassis.transaction import Transaction
from console.facts import Fact
from console.linking import FIRST, Head


@dataclass(slots=True)
class Chain:
    """A chain whose row is locked: where it ends, and which agreement its client signed."""

    head: Head
    agreement_id: str | None
    agreement_version: str | None


class Entry(NamedTuple):
    """A row of the record."""

    chain: str
    seq: int
    hash: str
    recorded_at: datetime
    type: str
    clause: str | None
    promises: list[str]
    about: list[str]
    thing: str
    stands: str | None
    body: str


async def lock_matters(tx: Transaction, matters: Sequence[str]) -> None:
    """Nobody else records anything about these until the end of the transaction; in one order everywhere."""
    await tx.execute(
        "INSERT INTO matter (matter) SELECT * FROM unnest($1::text[]) ON CONFLICT DO NOTHING", sorted(matters)
    )
    await tx.execute("SELECT FROM matter WHERE matter = ANY ($1::text[]) ORDER BY matter FOR UPDATE", matters)


async def load_parties(tx: Transaction, matters: Sequence[str]) -> dict[str, list[str]]:
    """The clients of each matter."""
    rows = await tx.fetch(
        """
        SELECT matter, array_agg(client_id ORDER BY client_id) AS clients
          FROM party WHERE matter = ANY ($1::text[]) GROUP BY matter
        """,
        matters,
    )
    return {row["matter"]: list(row["clients"]) for row in rows}


async def load_facts(tx: Transaction, matters: Sequence[str]) -> dict[str, list[Fact]]:
    """What was said of each matter, in order."""
    rows = await tx.fetch(
        """
        SELECT matter, array_agg(fact ORDER BY nth) AS facts
          FROM matter_fact WHERE matter = ANY ($1::text[]) GROUP BY matter
        """,
        matters,
    )
    return {row["matter"]: [Fact.from_text(text) for text in row["facts"]] for row in rows}


async def save_matters(tx: Transaction, parties: Sequence[tuple[str, str]], facts: Sequence[tuple[str, Fact]]) -> None:
    """What is new of matters."""
    if parties:
        await tx.execute(
            "INSERT INTO party (matter, client_id) SELECT * FROM unnest($1::text[], $2::text[])",
            [matter for matter, _ in parties],
            [client_id for _, client_id in parties],
        )
    if facts:
        await tx.execute(
            "INSERT INTO matter_fact (matter, fact) SELECT * FROM unnest($1::text[], $2::text[])",
            [matter for matter, _ in facts],
            [fact.to_text() for _, fact in facts],
        )


async def lock_chains(tx: Transaction, chains: Sequence[str]) -> dict[str, Chain]:
    """These chains, which nobody else appends to until the end of the transaction; in one order everywhere."""
    await tx.execute(
        "INSERT INTO chain (chain, hash) SELECT each, $2 FROM unnest($1::text[]) AS each ON CONFLICT DO NOTHING",
        sorted(chains),
        FIRST,
    )
    rows = await tx.fetch(
        """
        SELECT chain, seq, hash, agreement_id, agreement_version
          FROM chain WHERE chain = ANY ($1::text[]) ORDER BY chain FOR UPDATE
        """,
        chains,
    )
    return {
        row["chain"]: Chain(Head(row["seq"], row["hash"]), row["agreement_id"], row["agreement_version"])
        for row in rows
    }


async def append(tx: Transaction, entries: Sequence[Entry]) -> None:
    """Add entries, which are never changed."""
    await tx.connection.copy_records_to_table("entry", records=entries, columns=Entry._fields)


async def save_chains(tx: Transaction, chains: dict[str, Chain]) -> None:
    """Where these chains end now."""
    await tx.execute(
        """
        UPDATE chain
           SET seq = grown.seq, hash = grown.hash, agreement_id = grown.agreement_id,
               agreement_version = grown.agreement_version
          FROM unnest($1::text[], $2::bigint[], $3::text[], $4::text[], $5::text[])
               AS grown (chain, seq, hash, agreement_id, agreement_version)
         WHERE chain.chain = grown.chain
        """,
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
