"""What is remembered of signed heads, and of those that don't fit."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from pydantic import BaseModel

from chassis.database import Pool
from chassis.transaction import Transaction
from console.linking import Head
from contracts.sealing import EvidenceSealed


class Held(NamedTuple):
    """What stands where a head was said: the hash there, if there is one, and where the chain ends."""

    seq: int
    hash: str | None


class Contradiction(BaseModel):
    """A head that was signed and said, and what the record holds instead."""

    chain: str
    seq: int
    sha256: str
    held_seq: int
    held_sha256: str | None
    noticed_at: datetime


async def take_grown(tx: Transaction, after: str, limit: int) -> Sequence[tuple[str, Head]]:
    """The heads after a chain that have grown since they were signed, now taken as signed."""
    rows = await tx.fetch(
        """
        WITH grown AS (
            SELECT chain FROM chain
             WHERE seq > sealed_seq AND chain > $1
             ORDER BY chain LIMIT $2 FOR UPDATE
        )
        UPDATE chain SET sealed_seq = seq FROM grown WHERE chain.chain = grown.chain
        RETURNING chain.chain, chain.seq, chain.hash
        """,
        after,
        limit,
    )
    return sorted((row["chain"], Head(row["seq"], row["hash"])) for row in rows)


async def held_at(tx: Transaction, places: Sequence[tuple[str, int]]) -> Mapping[tuple[str, int], Held]:
    """What stands at places of chains: the chain, and the number of the entry there."""
    rows = await tx.fetch(
        """
        SELECT asked.chain, asked.seq, coalesce(chain.seq, 0) AS held_seq, entry.hash
          FROM unnest($1::text[], $2::bigint[]) AS asked (chain, seq)
          LEFT JOIN chain ON chain.chain = asked.chain
          LEFT JOIN entry ON entry.chain = asked.chain AND entry.seq = asked.seq
        """,
        [chain for chain, _ in places],
        [seq for _, seq in places],
    )
    return {(chain, seq): Held(held_seq, hash_) for chain, seq, held_seq, hash_ in rows}


async def save_contradiction(tx: Transaction, said: EvidenceSealed, held: Held, now: datetime) -> bool:
    """Keep it; whether it is new."""
    fresh = await tx.fetchval(
        """
        INSERT INTO contradiction (chain, seq, hash, held_seq, held_hash, noticed_at)
        VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING RETURNING true
        """,
        said.chain,
        said.seq,
        said.sha256,
        held.seq,
        held.hash,
        now,
    )
    return bool(fresh)


async def contradictions(pool: Pool, limit: int) -> list[Contradiction]:
    """All that were noticed, the latest first."""
    rows = await pool.fetch(
        """
        SELECT chain, seq, hash AS sha256, held_seq, held_hash AS held_sha256, noticed_at
          FROM contradiction ORDER BY noticed_at DESC, chain, seq LIMIT $1
        """,
        limit,
    )
    return [Contradiction.model_validate(dict(row)) for row in rows]
