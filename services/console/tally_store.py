"""Tallies of chains, kept as far as they were counted: who asks again has what is new counted, and not all of it."""

from collections.abc import Sequence
from typing import Final

from chassis.database import Pool
from console.tallying import Standing, Tally

_PIECE: Final = 5000
_WORTH: Final = 1000
"""New entries that make a tally worth keeping: so many are counted in a few milliseconds."""


async def tally(pool: Pool, chain: str) -> Tally:
    """What stands in a chain now."""
    counted = await _load(pool, chain)
    kept_at = counted.seq
    while entries := await _entries(pool, chain, counted.seq):
        for entry in entries:
            counted.add(entry)
        if len(entries) < _PIECE:
            break
    if counted.seq >= kept_at + _WORTH:
        await _save(pool, chain, counted)
    return counted


async def _load(pool: Pool, chain: str) -> Tally:
    text = await pool.fetchval("SELECT counted FROM tally WHERE chain = $1", chain)
    return Tally() if text is None else Tally.model_validate_json(text)


async def _entries(pool: Pool, chain: str, after: int) -> Sequence[Standing]:
    rows = await pool.fetch(
        """
        SELECT seq, type, recorded_at, promises, thing, stands
          FROM entry WHERE chain = $1 AND seq > $2 ORDER BY seq LIMIT $3
        """,
        chain,
        after,
        _PIECE,
    )
    return [Standing(*row) for row in rows]


async def _save(pool: Pool, chain: str, counted: Tally) -> None:
    """Keep it, unless somebody has counted further meanwhile."""
    await pool.execute(
        """
        INSERT INTO tally (chain, seq, counted) VALUES ($1, $2, $3)
            ON CONFLICT (chain) DO UPDATE SET seq = excluded.seq, counted = excluded.counted
         WHERE tally.seq < excluded.seq
        """,
        chain,
        counted.seq,
        counted.model_dump_json(),
    )
