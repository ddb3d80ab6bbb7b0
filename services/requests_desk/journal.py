"""All that was said of a request or an instruction, in order: evidence, and why something changed nothing.

What is personal stays out of it: texts are kept closed (`vault.py`), and here by their hashes.
"""

from typing import Final

from chassis.message import Cause
from chassis.transaction import Transaction
from contracts.event import Event
from contracts.register import RegisterRefused
from contracts.request import RequestRefused

_PERSONAL: Final = {"text", "reply_to", "hints", "identifiers", "attachments", "said", "corrections"}


async def note(tx: Transaction, about: str, said: Event) -> None:
    """Keep what was said, with the event that it comes from, without what is personal in it."""
    await tx.execute(
        "INSERT INTO journal (about, at, what, cause, data) VALUES ($1, $2, $3, $4, $5)",
        about,
        tx.now,
        said.TYPE,
        cause_of(tx.cause),
        said.model_dump_json(exclude_none=True, exclude=_PERSONAL),
    )


async def say(tx: Transaction, about: str, event: Event) -> None:
    """Say something on the bus, and keep it."""
    tx.emit(event)
    await note(tx, about, event)


async def refuse_request(
    tx: Transaction, request_id: str, said: Event, clause: str, reason: str, field: str | None = None
) -> None:
    """Say and keep that something that was said of a request changed nothing."""
    refused = RequestRefused(request_id=request_id, what=said.TYPE, reason=reason, clause=clause, field=field)
    await say(tx, request_id, refused)


async def refuse_instruction(
    tx: Transaction, client_id: str, instruction_id: str, said: Event, clause: str, reason: str
) -> None:
    """Say and keep that something that was said of an instruction changed nothing."""
    refused = RegisterRefused(
        client_id=client_id, instruction_id=instruction_id, what=said.TYPE, reason=reason, clause=clause
    )
    await say(tx, instruction_id, refused)


def cause_of(cause: Cause) -> str:
    """What an entry's cause is known by."""
    return f"{cause.source}/{cause.id}"
