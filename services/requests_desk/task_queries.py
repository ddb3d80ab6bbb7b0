"""What people, and holders, read of tasks for one person (§9)."""

from datetime import datetime
from typing import NamedTuple

from pydantic import BaseModel, Field

from chassis.database import Pool
from chassis.transaction import Transaction
from contracts.dsar import Act
from contracts.ordering import Method
from contracts.request import AssistanceStanding
from contracts.task import TaskConfirmed, TaskPackage, Touched
from requests_desk.tasks import State


class TaskView(BaseModel):
    """What one holder was asked to do, and what it answered; nothing of whom it is about."""

    order_id: str
    holder_id: str
    act: Act
    categories: list[str]
    state: State
    ordered_at: datetime
    due_at: datetime
    reminders: int
    escalated_at: datetime | None = Field(description="since when people must act")
    failure: str | None
    answered_at: datetime | None
    touched: list[Touched] = Field(description="how much was found, handed out, corrected, marked or deleted")
    method: Method | None
    unreached: list[str] = Field(description="where the person can't be told from others, or nothing can be done")
    package: TaskPackage | None = Field(description="what was handed out: the client's own token opens it there")
    downloaded_at: datetime | None
    acknowledged_at: datetime | None


class ByHandView(BaseModel):
    """A sub-processor that may hold something and takes no orders: people ask it."""

    subprocessor_id: str
    outcome: str | None = Field(description="null: nobody has entered yet what came of it")
    entered_by: str | None
    entered_at: datetime | None


class PackageView(BaseModel):
    """All that came of the help with one request, of every holder. `complete`: all that was asked for was done."""

    assistance_id: str
    request_id: str
    client_id: str
    instruction_id: str
    standing: AssistanceStanding
    ended_at: datetime | None
    reason: str | None = Field(description="why it was halted")
    complete: bool
    gaps: list[str] = Field(description="what nobody was asked for, and why")
    tasks: list[TaskView]
    by_hand: list[ByHandView]


async def tasks(pool: Pool, assistance_id: str) -> list[TaskView]:
    """All that was asked for one help, in its order."""
    rows = await pool.fetch(
        """
        SELECT order_id, holder_id, act, state, ordered_at, due_at, reminders, escalated_at, failure, answered_at,
               downloaded_at, acknowledged_at, answer,
               ARRAY (SELECT each ->> 'category' FROM jsonb_array_elements(said -> 'scopes') AS each) AS categories
          FROM task
         WHERE assistance_id = $1
         ORDER BY seq
        """,
        assistance_id,
    )
    views = []
    for row in rows:
        answer = None if row["answer"] is None else TaskConfirmed.model_validate_json(row["answer"])
        views.append(
            TaskView(
                **{name: row[name] for name in TaskView.model_fields if name in row},
                touched=list(answer.touched) if answer else [],
                method=answer.method if answer else None,
                unreached=list(answer.unreached) if answer else [],
                package=answer.package if answer else None,
            )
        )
    return views


async def package(pool: Pool, request_id: str, assistance_id: str) -> PackageView | None:
    """What came of the help with a request."""
    row = await pool.fetchrow(
        """
        SELECT assistance_id, request_id, client_id, instruction_id, standing, ended_at, reason, gaps
          FROM assistance
         WHERE assistance_id = $1 AND request_id = $2
        """,
        assistance_id,
        request_id,
    )
    if row is None:
        return None
    found = await tasks(pool, assistance_id)
    done = row["standing"] == AssistanceStanding.DONE
    asked = await _by_hand(pool, assistance_id)
    lacking = row["gaps"] or any(each.unreached for each in found) or any(each.outcome is None for each in asked)
    return PackageView(**dict(row), complete=done and not lacking, tasks=found, by_hand=asked)


async def _by_hand(pool: Pool, assistance_id: str) -> list[ByHandView]:
    rows = await pool.fetch(
        """
        SELECT subprocessor_id, outcome, entered_by, entered_at FROM by_hand
         WHERE assistance_id = $1 ORDER BY subprocessor_id
        """,
        assistance_id,
    )
    return [ByHandView(**dict(row)) for row in rows]


async def note_asked(tx: Transaction, order_id: str, holder_id: str) -> tuple[str, str, bytes | None] | None:
    """The help that a holder's own task belongs to, its client, and who it is about while it stands; None: no task.

    That it asked is kept. A task stands while it is open and its instruction in force.
    """
    row = await tx.fetchrow(
        """
        SELECT task.assistance_id, assistance.client_id, closed
          FROM task
               JOIN assistance USING (assistance_id)
               JOIN instruction USING (instruction_id)
               LEFT JOIN subject
                      ON subject.assistance_id = task.assistance_id
                     AND task.state IN ('open', 'failed') AND instruction.standing = 'in_force'
         WHERE order_id = $1 AND holder_id = $2
        """,
        order_id,
        holder_id,
    )
    if row is None:
        return None
    await tx.execute("UPDATE task SET asked_at = coalesce(asked_at, $2) WHERE order_id = $1", order_id, tx.now)
    return row["assistance_id"], row["client_id"], row["closed"]


class Asked(NamedTuple):
    """What a task is, and whose."""

    holder_id: str
    client_id: str
    act: str
    assistance_id: str


async def task_of(pool: Pool, request_id: str, order_id: str) -> Asked | None:
    """A task of a request."""
    row = await pool.fetchrow(
        """
        SELECT holder_id, said ->> 'client_id' AS client_id, act, assistance_id
          FROM task
         WHERE order_id = $1 AND request_id = $2
        """,
        order_id,
        request_id,
    )
    return None if row is None else Asked(*row)
