"""What a message names must be there, and its times must not lie ahead."""

from datetime import datetime

from agreement.schema import Agreement
from chassis.errors import Rejected
from chassis.transaction import Transaction
from requests_desk import client_store, instruction_store, request_store
from requests_desk.bound import Bound
from requests_desk.records import Instruction, Request


async def locked_request(tx: Transaction, request_id: str) -> Request:
    """The request, and no other decision about it until the commit; an unknown one is the message's fault."""
    request = await request_store.lock_request(tx, request_id)
    if request is None:
        raise Rejected(f"request {request_id!r} is unknown", "request_id")
    return request


async def locked_instruction(tx: Transaction, client_id: str, instruction_id: str) -> Instruction:
    """The client's own instruction; another's does not exist for it (§12)."""
    instruction = await instruction_store.lock_instruction(tx, instruction_id)
    if instruction is None or instruction.client_id != client_id:
        raise Rejected(f"client {client_id!r} has no instruction {instruction_id!r}", "instruction_id")
    return instruction


async def agreement_of(app: Bound, client_id: str | None, tx: Transaction) -> Agreement:
    """What binds a client; of one that nobody knows, the latest version."""
    signed = None if client_id is None else await client_store.load_signed(tx, client_id)
    return app.book.latest if signed is None else app.book[signed]


def not_ahead(app: Bound, at: datetime, field: str, tx: Transaction) -> None:
    """Nothing has happened on a day to come."""
    if at > tx.now + app.settings.ahead_within:
        raise Rejected(f"it lies ahead: it is {tx.now.isoformat()}", field)


def place_of_requester(request_id: str, nth: int) -> str:
    """Where who asks lies closed."""
    return f"requester/{request_id}/{nth}"


def place_of_subject(assistance_id: str) -> str:
    """Where who help is about lies closed."""
    return f"subject/{assistance_id}"


def place_of_answer(answer_id: str) -> str:
    """Where an answer lies closed."""
    return f"answer/{answer_id}"


def place_of_attachment(request_id: str, sha256: str) -> str:
    """Where a file of a request lies closed."""
    return f"attachment/{request_id}/{sha256}"


def place_of_instruction(instruction_id: str, version: int) -> str:
    """Where a version of an instruction lies closed."""
    return f"instruction/{instruction_id}/{version}"
