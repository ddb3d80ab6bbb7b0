"""What caused what: for each event that this service said, what it followed from, kept for a while after Kafka has it.

It is written by the statement that takes events out of the outbox, so that an event is in the agenda, the outbox or
here, and nowhere twice. All that is published at once is one row: it costs the relay next to nothing, and who asks,
which is seldom, reads them all. What an event was is enough for the tree of a flow; what it said is not kept.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from operator import itemgetter
from typing import Final, Literal, NamedTuple

from pydantic_core import from_json, to_json

from chassis.database import Connection, Pool
from chassis.message import Cause

DEAD_LETTER: Final = "dead-letter"
"""The type in the trail of a message that was set aside; its key and id are the letter's."""

_DEAD_LETTERS: Final = f"{DEAD_LETTER}."
_BLOCKS: Final = 50
_TABS: Final = 4


_SAID: Final = itemgetter("ce_id", "ce_type", "ce_flowid", "ce_causedby", "ce_subject")


class Said(NamedTuple):
    """An event of a flow: what it was, and what it followed from."""

    event_id: str
    type: str
    flow_id: str
    cause_source: str
    cause_id: str
    key: str

    @classmethod
    def of(cls, line: str) -> "Said":
        """What a line says."""
        event_id, event_type, flow_id, caused_by, key = line.split("\t")
        source, _, cause_id = caused_by.partition(" ")
        return cls(event_id, event_type, flow_id, source, cause_id, key)


class Step(NamedTuple):
    """An event that was said or is to be, and where it stands since when, or from when on."""

    said: Said
    stands: Literal["published", "waiting", "to come"]
    at: datetime


class Part(NamedTuple):
    """Steps in the order in which they were said; more may follow after `block`, where there is one."""

    steps: list[Step]
    block: int | None


def line_of(topic: str, key: str, headers: Mapping[str, str]) -> str | None:
    """What is kept of an outbox row: id, type, flow, cause and key with tabs between; None where nothing caused it.

    What Dutiful reads as an event has no control character in any of them. A dead letter may be anything.
    """
    if topic.startswith(_DEAD_LETTERS):
        event_id, source = headers.get("ce_id", ""), headers.get("ce_source", "")
        parts = key, DEAD_LETTER, headers.get("ce_flowid", event_id), f"{source} {event_id}", key
        return "\t".join(["".join([each if each.isprintable() else " " for each in part]) for part in parts])
    if "ce_causedby" not in headers:
        return None
    return "\t".join(_SAID(headers)).replace("\0", " ")  # PostgreSQL takes none, and a token's subject may have one


async def conclude(connection: Connection, seqs: Sequence[int], said: Sequence[str], now: datetime) -> None:
    """Take rows that Kafka has out of the outbox, and keep what caused them.

    If this is lost in a crash they are published again, under the same ids, and kept once.
    """
    await connection.execute(
        """
        WITH gone AS (DELETE FROM outbox WHERE seq = ANY ($1::bigint[]))
        INSERT INTO trail (published_at, said) VALUES ($2, $3)
        """,
        seqs,
        now,
        "\n".join(said),
    )


async def forget(connection: Connection, before: datetime, limit: int) -> int:
    """Delete at most `limit` rows from before."""
    status = await connection.execute(
        "DELETE FROM trail WHERE ctid = ANY (ARRAY (SELECT ctid FROM trail WHERE published_at < $1 LIMIT $2))",
        before,
        limit,
    )
    return int(status.rpartition(" ")[2])


async def flows_of(pool: Pool, any_id: str) -> list[str]:
    """The flows that an id belongs to: of an event said here, of what caused one, or of a flow."""
    steps = [*(await _published(pool, any_id, 0)).steps, *await _unsaid(pool, any_id)]
    said = [step.said for step in steps]
    return sorted({each.flow_id for each in said if any_id in {each.event_id, each.cause_id, each.flow_id}})


async def published(pool: Pool, flow_id: str, after: int) -> Part:
    """The steps of a flow that Kafka has, after a block."""
    part = await _published(pool, flow_id, after)
    return part._replace(steps=[step for step in part.steps if step.said.flow_id == flow_id])


async def unpublished(pool: Pool, flow_id: str) -> list[Step]:
    """The steps of a flow that wait for Kafka, and those whose day is to come."""
    return [step for step in await _unsaid(pool, flow_id) if step.said.flow_id == flow_id]


async def _published(pool: Pool, any_id: str, after: int) -> Part:
    """A reading of all that is kept; what names the id, with what was published beside it."""
    rows = await pool.fetch(
        """
        SELECT block, published_at, said FROM trail WHERE block > $1 AND strpos(said, $2) > 0 ORDER BY block LIMIT $3
        """,
        after,
        any_id,
        _BLOCKS,
    )
    steps = [
        Step(Said.of(line), "published", at)
        for _, at, block in rows
        for line in block.split("\n")
        if line.count("\t") == _TABS  # a subject of an issuer's token may be anything
    ]
    return Part(steps, rows[-1][0] if len(rows) == _BLOCKS else None)


async def _unsaid(pool: Pool, any_id: str) -> list[Step]:
    """A reading of all that waits; what names the id."""
    rows = await pool.fetch(
        """
        SELECT seq, topic, key, headers, 'waiting', created_at FROM outbox WHERE strpos(headers, $1) > 0
         UNION ALL
        SELECT seq, topic, key, headers, 'to come', due_at FROM agenda WHERE strpos(headers, $1) > 0
         ORDER BY 6, 1
         LIMIT 20000
        """,
        to_json(any_id)[1:-1].decode(),
    )
    kept = ((line_of(topic, key, from_json(headers)), stands, at) for _, topic, key, headers, stands, at in rows)
    return [Step(Said.of(line), stands, at) for line, stands, at in kept if line is not None]


async def heard(pool: Pool, messages: Sequence[tuple[str, str]]) -> dict[tuple[str, str], datetime]:
    """When this service handled messages, by source and id; one that isn't here wasn't, or is forgotten."""
    keys = {Cause(source, message_id, "").inbox_key: (source, message_id) for source, message_id in messages}
    rows = await pool.fetch("SELECT key, received_at FROM inbox WHERE key = ANY ($1::bytea[])", list(keys))
    return {keys[key]: received_at for key, received_at in rows}
