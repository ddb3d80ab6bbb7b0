"""What clients said about changes, and what they were offered (§4.4)."""

from chassis.transaction import Transaction
from contracts.change import (
    ChangeObjectionAccepted,
    ChangeObjectionRefused,
)
from contracts.mitigation import MitigationAnswered, MitigationOffered
from contracts.objection import ObjectionRaised, ObjectionWithdrawn


async def insert_objection(
    tx: Transaction, objection: ObjectionRaised, verdict: ChangeObjectionAccepted | ChangeObjectionRefused
) -> None:
    """Every objection is recorded, accepted or not (§4.4)."""
    refused = verdict if isinstance(verdict, ChangeObjectionRefused) else None
    await tx.execute(
        """
        INSERT INTO objection (objection_id, change_id, client_id, received_at, ground, statement, accepted, reason,
                               clause)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        """,
        objection.objection_id,
        objection.change_id,
        objection.client_id,
        objection.received_at,
        objection.ground,
        objection.statement,
        refused is None,
        refused.reason if refused else None,
        refused.clause if refused else None,
    )


async def withdraw_objection(tx: Transaction, withdrawn: ObjectionWithdrawn) -> None:
    """The client took its accepted objection back; an offer that answered it is closed unanswered."""
    await tx.execute(
        """
        UPDATE objection SET withdrawn_at = $3
         WHERE change_id = $1 AND client_id = $2 AND accepted AND withdrawn_at IS NULL
        """,
        withdrawn.change_id,
        withdrawn.client_id,
        withdrawn.received_at,
    )
    await tx.execute(
        "UPDATE mitigation SET answered_at = $3 WHERE change_id = $1 AND client_id = $2 AND answered_at IS NULL",
        withdrawn.change_id,
        withdrawn.client_id,
        withdrawn.received_at,
    )


async def is_used(tx: Transaction, mitigation_id: str) -> bool:
    """Whether an offer had this id before, to whichever client."""
    used: bool = await tx.fetchval("SELECT EXISTS (SELECT FROM mitigation WHERE mitigation_id = $1)", mitigation_id)
    return used


async def insert_mitigation(tx: Transaction, offer: MitigationOffered) -> None:
    """An offer is open."""
    await tx.execute(
        """
        INSERT INTO mitigation (mitigation_id, change_id, client_id, kind, description, offered_by, offered_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        """,
        offer.mitigation_id,
        offer.change_id,
        offer.client_id,
        offer.kind,
        offer.description,
        offer.offered_by,
        tx.now,
    )


async def answer_mitigation(tx: Transaction, answer: MitigationAnswered) -> str:
    """The offer has its answer; return the kind that was offered."""
    kind: str = await tx.fetchval(
        """
        UPDATE mitigation SET answered_at = $4, accepted = $5
         WHERE mitigation_id = $1 AND change_id = $2 AND client_id = $3
        RETURNING kind
        """,
        answer.mitigation_id,
        answer.change_id,
        answer.client_id,
        answer.received_at,
        answer.accepted,
    )
    return kind
