"""Answers: drafts, and what has left on which instruction."""

from chassis.transaction import Transaction
from contracts.request import RequestAnswerSent
from requests_desk.records import Answer


async def insert_answer(tx: Transaction, answer: Answer, closed: bytes, drafted_by: str) -> bool:
    """A draft; False where there is an answer with this id."""
    status = await tx.execute(
        """
        INSERT INTO answer (answer_id, request_id, closed, sha256, final, drafted_by, drafted_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
            ON CONFLICT (answer_id) DO NOTHING
        """,
        answer.answer_id,
        answer.request_id,
        closed,
        answer.sha256,
        answer.final,
        drafted_by,
        tx.now,
    )
    return status == "INSERT 0 1"


async def load_answer(tx: Transaction, request_id: str, answer_id: str) -> Answer | None:
    """An answer to a request; its request's lock is its own."""
    row = await tx.fetchrow(
        """
        SELECT answer_id, request_id, sha256, final, sent_at, closed IS NULL AS erased
          FROM answer
         WHERE answer_id = $1 AND request_id = $2
        """,
        answer_id,
        request_id,
    )
    return None if row is None else Answer(*row)


async def set_sent(tx: Transaction, sent: RequestAnswerSent) -> None:
    """It has left, on this instruction of this client."""
    await tx.execute(
        """
        UPDATE answer
           SET sent_at = $2, sent_by = $3, client_id = $4, instruction_id = $5, instruction_version = $6
         WHERE answer_id = $1
        """,
        sent.answer_id,
        sent.sent_at,
        sent.sent_by,
        sent.client_id,
        sent.instruction_id,
        sent.instruction_version,
    )
