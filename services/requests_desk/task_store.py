"""What holders were asked to do, what they answered, and whom it is about: closed, and gone when it is done."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import asyncpg

from chassis.transaction import Transaction
from contracts.choice import Recipient
from contracts.dsar import Act
from contracts.event import Event
from contracts.request import AssistanceStanding
from contracts.task import TaskOrdered
from requests_desk.tasks import State


@dataclass(frozen=True, slots=True)
class Task:
    """What one holder was asked to do."""

    order_id: str
    assistance_id: str
    request_id: str
    state: State
    said: TaskOrdered


@dataclass(frozen=True, slots=True)
class Work:
    """How far the help is that was begun."""

    assistance_id: str
    request_id: str
    client_id: str
    instruction_id: str
    acts: tuple[Act, ...]
    standing: AssistanceStanding
    begun: tuple[Act, ...]
    recipient: Recipient | None


async def insert_subject(tx: Transaction, assistance_id: str, closed: bytes, recipient: Recipient | None) -> None:
    """Who the help is about, closed, and for whose key exports are."""
    await tx.execute("INSERT INTO subject (assistance_id, closed) VALUES ($1, $2)", assistance_id, closed)
    await tx.execute(
        "UPDATE assistance SET recipient = $2 WHERE assistance_id = $1",
        assistance_id,
        recipient.model_dump_json() if recipient else None,
    )


async def has_subject(tx: Transaction, assistance_id: str) -> bool:
    """Whether anybody can be looked for."""
    there: bool = await tx.fetchval("SELECT EXISTS (SELECT FROM subject WHERE assistance_id = $1)", assistance_id)
    return there


async def erase_subject(tx: Transaction, assistance_id: str) -> None:
    """Nobody needs to know any more who it was."""
    await tx.execute("DELETE FROM subject WHERE assistance_id = $1", assistance_id)


async def load_work(tx: Transaction, assistance_id: str) -> Work | None:
    """The help, as far as it is; its request's lock is its own."""
    row = await tx.fetchrow(f"{_WORK} WHERE assistance_id = $1", assistance_id)
    return None if row is None else _work(row)


async def load_works(
    tx: Transaction, *, request_id: str | None = None, instruction_id: str | None = None
) -> list[Work]:
    """The help with a request, or on an instruction, that is under way."""
    rows = await tx.fetch(
        f"""
        {_WORK}
         WHERE standing = 'started' AND ($1::text IS NULL OR request_id = $1)
           AND ($2::text IS NULL OR instruction_id = $2)
         ORDER BY seq
        """,
        request_id,
        instruction_id,
    )
    return [_work(row) for row in rows]


async def load_categories(tx: Transaction, instruction_id: str) -> list[str]:
    """Which categories the instruction that is in force names; none: all."""
    categories = await tx.fetchval(
        """
        SELECT data_categories
          FROM instruction JOIN instruction_version USING (instruction_id, version)
         WHERE instruction_id = $1
        """,
        instruction_id,
    )
    return list(categories or ())


async def note_begun(tx: Transaction, assistance_id: str, act: Act, gaps: Sequence[str]) -> None:
    """An act was ordered, and what nobody was asked for is kept once."""
    await tx.execute(
        """
        UPDATE assistance
           SET begun = begun || $2::text,
               gaps = gaps || ARRAY (SELECT each FROM unnest($3::text[]) AS each WHERE each <> ALL (gaps))
         WHERE assistance_id = $1
        """,
        assistance_id,
        act,
        gaps,
    )


async def end(tx: Transaction, assistance_id: str, standing: AssistanceStanding, reason: str | None) -> None:
    """The help is over."""
    await tx.execute(
        "UPDATE assistance SET standing = $2, ended_at = $3, reason = $4 WHERE assistance_id = $1",
        assistance_id,
        standing,
        tx.now,
        reason,
    )


async def insert(tx: Transaction, work: Work, order: TaskOrdered) -> None:
    """A holder is asked."""
    await tx.execute(
        """
        INSERT INTO task (order_id, assistance_id, request_id, holder_id, act, said, state, ordered_at, due_at)
        VALUES ($1, $2, $3, $4, $5, $6, 'open', $7, $8)
        """,
        order.order_id,
        work.assistance_id,
        work.request_id,
        order.holder_id,
        order.act,
        order.model_dump_json(exclude_none=True),
        tx.now,
        order.due_at,
    )


async def load(tx: Transaction, order_id: str) -> Task | None:
    """A task; its request's lock is its own."""
    row = await tx.fetchrow(
        "SELECT order_id, assistance_id, request_id, state, said FROM task WHERE order_id = $1", order_id
    )
    return None if row is None else _task(row)


async def load_of(tx: Transaction, assistance_id: str) -> list[Task]:
    """All that was asked for one help."""
    rows = await tx.fetch(
        "SELECT order_id, assistance_id, request_id, state, said FROM task WHERE assistance_id = $1 ORDER BY seq",
        assistance_id,
    )
    return [_task(row) for row in rows]


async def confirm(tx: Transaction, order_id: str, answer: Event) -> None:
    """A holder has done it, or was told to stop."""
    await tx.execute(
        "UPDATE task SET state = $2, answer = $3, answered_at = $4, failure = NULL WHERE order_id = $1",
        order_id,
        State.HALTED if getattr(answer, "halted", False) else State.CONFIRMED,
        answer.model_dump_json(exclude_none=True),
        tx.now,
    )


async def note_failure(tx: Transaction, order_id: str, reason: str) -> None:
    """A holder can't; the task stands."""
    await tx.execute(
        "UPDATE task SET state = 'failed', failure = $2, escalated_at = coalesce(escalated_at, $3) WHERE order_id = $1",
        order_id,
        reason,
        tx.now,
    )


async def halt(tx: Transaction, order_id: str) -> None:
    """The task is over; what the holder has done until then it may still say."""
    await tx.execute("UPDATE task SET state = 'halted' WHERE order_id = $1", order_id)


async def note_reminder(tx: Transaction, order: TaskOrdered, *, escalated: bool) -> None:
    """The holder was reminded; once it is escalated, people were told."""
    await tx.execute(
        """
        UPDATE task
           SET reminders = $2, said = $3,
               escalated_at = CASE WHEN $4 THEN coalesce(escalated_at, $5) ELSE escalated_at END
         WHERE order_id = $1
        """,
        order.order_id,
        order.reminder,
        order.model_dump_json(exclude_none=True),
        escalated,
        tx.now,
    )


async def note_fetched(tx: Transaction, order_id: str, *, downloaded: datetime | None, taken: datetime | None) -> None:
    """The client has fetched what was exported, or says that it has it."""
    await tx.execute(
        """
        UPDATE task SET downloaded_at = coalesce(downloaded_at, $2), acknowledged_at = coalesce(acknowledged_at, $3)
         WHERE order_id = $1
        """,
        order_id,
        downloaded,
        taken,
    )


_WORK = """
    SELECT assistance_id, request_id, client_id, instruction_id, acts, standing, begun, recipient FROM assistance
"""


def _work(row: asyncpg.Record) -> Work:
    return Work(
        row["assistance_id"],
        row["request_id"],
        row["client_id"],
        row["instruction_id"],
        tuple(map(Act, row["acts"])),
        AssistanceStanding(row["standing"]),
        tuple(map(Act, row["begun"])),
        None if row["recipient"] is None else Recipient.model_validate_json(row["recipient"]),
    )


def _task(row: asyncpg.Record) -> Task:
    return Task(
        row["order_id"],
        row["assistance_id"],
        row["request_id"],
        State(row["state"]),
        TaskOrdered.model_validate_json(row["said"]),
    )
