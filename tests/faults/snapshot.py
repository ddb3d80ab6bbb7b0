"""The whole state of a system, written so that two runs of the same days can be compared line by line.

Every column of every table counts but those in `LEFT_OUT`, each with its reason. What is written on the whole second
was said by a publisher or reckoned from a calendar, and must be the same; a moment with a fraction is when something
happened, and becomes the hour of the run.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

import asyncpg
from tests.faults.world import STARTS_AT, Stage

from dutiful.services import RUNNABLE
from embedded import sample_platform

Rows = dict[str, list[str]]

EVERYWHERE: Final = {
    "inbox": "its keys are forgotten after a while, and what was heard is compared by what it did",
    "outbox": "it is empty",
    "trail": "how what was said was cut into blocks",
    "migration": "when it was applied",
}
LEFT_OUT: Final[Mapping[str, str]] = {
    "traceparent": "of a trace, by chance",
    "tracestate": "of a trace",
    "shard": "of the key, which is compared",
    "closed": "a cipher, another one each time",
    "notifier.attempt.latency_ms": "a measure",
    "notifier.only_closed.since": "when the schema was made, by the database's own clock: no other moment of a run is",
    **dict.fromkeys(
        [f"{service}.agenda.headers" for service in RUNNABLE],
        "an id is of its cause, and which of several was the last may differ; its date, name and words count",
    ),
    "notifier.notice.receipt_channel": "which of two channels was the first to have an answer",
    "notifier.notice.proof": "what it answered",
    "subprocessor_registry.client_change.receipt_channel": "as above",
    "breach.affected.channel": "as above",
    "notifier.concern.told_at": "with which mail people on call were told of it",
    "notifier.attempt.nth": "how often it was tried: see `outside`",
    "notifier.delivery.attempts": "the same",
    "notifier.delivery.next_attempt_at": "when it was tried last",
    "notifier.alert.attempts": "how often it was tried",
    "notifier.alert.next_attempt_at": "when it was tried last",
    "holder.job.fence": "how often it was begun",
    **dict.fromkeys(
        ["console.entry.seq", "console.entry.hash", "console.chain.hash", "console.chain.sealed_seq"],
        "topics have no order between them: what is in a chain counts, and each chain is verified elsewhere",
    ),
    **dict.fromkeys(
        ["console.entry.body", "console.entry.about", "console.matter_fact.fact"],
        "it names the event's id: what was said is compared on the bus",
    ),
}
FOLDED: Final = ("orders_unanswered", "orders_failed", "flags_raised", "receipts_overdue")
"""What people on call are told together: how it was cut into mails is of the moment, each of it is in `concern`."""
COUNTED: Final = {
    "notifier.attempt": "ok",  # one that failed was made again, for as long as the fault lasted
    "notifier.alert": f"kind <> ALL ('{{{','.join(FOLDED)}}}')",
    "notifier.agenda": "name NOT LIKE 'alert/%'",
}
"""Which rows of a table are compared."""
_INSTANT: Final = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d\.\d+(?:Z|[+-]\d\d:?\d\d)?")
_CHANCE: Final = re.compile(
    r"\b00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}\b|127\.0\.0\.1:\d+|(?<=late_by_s.:)\d+"
    # how much time is left, to the tenth of an hour; which of two channels was the first to have an answer
    r"|\d+\.\d(?= hours)|(?<=hours_left.:.)\d+\.\d"
    r"|(?<=channel.:.)(?:email|webhook)(?=.,.received_at)|(?<=proof.:.answered )\d+"
)
_HOUR: Final = timedelta(hours=1)


async def snapshot(stage: Stage) -> Rows:
    """Table by table, one line a row, sorted."""
    connection = await asyncpg.connect(stage.dsn)
    try:
        rows = {
            f"{service}.{table}": await _rows(connection, service, table)
            for service in RUNNABLE
            for table in await _tables(connection, service)
        }
    finally:
        await connection.close()
    platform = await asyncpg.connect(stage.world.postgres.dsn(database=sample_platform.DATABASE))
    try:
        for table in await _tables(platform, "platform"):
            rows[f"platform.{table}"] = await _rows(platform, "platform", table)
    finally:
        await platform.close()
    return rows


async def _tables(connection: "asyncpg.Connection[asyncpg.Record]", schema: str) -> list[str]:
    found = await connection.fetch(
        "SELECT table_name FROM information_schema.tables WHERE table_schema = $1 ORDER BY table_name", schema
    )
    return [row["table_name"] for row in found if row["table_name"] not in EVERYWHERE]


async def _rows(connection: "asyncpg.Connection[asyncpg.Record]", schema: str, table: str) -> list[str]:
    columns = await connection.fetch(
        """
        SELECT column_name
          FROM information_schema.columns
         WHERE table_schema = $1 AND table_name = $2 AND is_identity = 'NO'
         ORDER BY column_name
        """,
        schema,
        table,
    )
    names = [row["column_name"] for row in columns]
    kept = [name for name in names if not {name, f"{schema}.{table}.{name}"} & LEFT_OUT.keys()]
    listed = ", ".join(f'"{name}"' for name in kept)
    which = COUNTED.get(f"{schema}.{table}", "true")
    found = await connection.fetch(f'SELECT {listed} FROM "{schema}"."{table}" WHERE {which}')
    return sorted(" | ".join(f"{name}={comparable(row[name])}" for name in kept) for row in found)


def comparable(value: object) -> str:
    """A value as it must be in every run."""
    match value:
        case datetime():
            return _moment(value)
        case bytes():
            return of_bytes(value)
        case str():
            return of_text(value)
        case list():
            return f"[{', '.join(sorted(comparable(each) for each in value))}]"  # no table has an order in one
        case _:
            return str(value)


def of_bytes(value: bytes) -> str:
    """Text as text, and what is none as its digits."""
    try:
        return of_text(value.decode())
    except UnicodeDecodeError:
        return value.hex()


def of_text(text: str) -> str:
    """A text with its moments as hours, and without what is chance."""
    return _CHANCE.sub("…", _INSTANT.sub(lambda found: _moment(datetime.fromisoformat(found.group())), text))


def _moment(at: datetime) -> str:
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    if not at.microsecond:
        return at.astimezone(UTC).isoformat()
    return f"hour {(at - STARTS_AT + _HOUR / 2) // _HOUR}"
