"""What clients are told of a change, and when the registry looks at it again. Words and dates: no statement."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import assert_never

from agreement import deadlines
from agreement.schema import Agreement
from chassis.transaction import Transaction
from contracts.change import (
    ChangeMitigationClosed,
    ChangeNoticeOrdered,
    ChangeObjectionAccepted,
    ChangeObjectionRefused,
    NoticeKind,
)
from contracts.coded import encode
from contracts.deadline import DeadlineDayReached, DeadlineReceiptChecked
from contracts.mitigation import MitigationOffered
from subprocessor_registry.changes import Change
from subprocessor_registry.reasons import Reason

# A fact `name.code` is the fact `name` for words in another language than English, as `contracts.coded` has it.
Facts = Mapping[str, str | tuple[str, ...]]
CLIENTS_PER_ORDER = 500


def order_announcement(agreement: Agreement, change: Change, clients: Sequence[str], tx: Transaction) -> None:
    """§4.3: notice before the change; it says until when and on which grounds a client may object (§4.4)."""
    period = agreement.periods.objection
    objective = [ground for ground in agreement.objection.grounds if ground.objective]
    facts = describe(change) | {
        "because": change.reckoning.because,
        "because.code": change.reckoning.coded or (),
        "objection_within": f"{period.n} {period.term}",
        "objection_within.code": encode("period", {"n": str(period.n), "unit": period.counted}),
        "ground_codes": tuple(ground.code for ground in objective),
        "grounds": tuple(ground.label.en for ground in objective),
        "grounds.fr": tuple(ground.label.fr for ground in objective),
        "write_to": f"{agreement.processor.name}, {agreement.processor.postal_address}",
    }
    kind = NoticeKind.CHANGE_ANNOUNCED
    _order(
        agreement, kind, change.change_id, clients, facts, tx, deadlines.start_of_day(agreement, change.effective_on)
    )


def order_withdrawal(
    agreement: Agreement, change: Change, reason: Reason, clients: Sequence[str], tx: Transaction
) -> None:
    """What was announced will not happen."""
    facts = describe(change) | {"reason": str(reason), "reason.code": reason.coded}
    _order(agreement, NoticeKind.CHANGE_WITHDRAWN, change.change_id, clients, facts, tx)


def order_verdict(
    agreement: Agreement, change: Change, verdict: ChangeObjectionAccepted | ChangeObjectionRefused, tx: Transaction
) -> None:
    """§4.4: every objection is answered, with the reason where it is refused."""
    refused = isinstance(verdict, ChangeObjectionRefused)
    kind = NoticeKind.OBJECTION_REFUSED if refused else NoticeKind.OBJECTION_ACCEPTED
    facts = describe(change) | {"objection_id": verdict.objection_id} | _spell_ground(agreement, verdict.ground)
    if isinstance(verdict, ChangeObjectionRefused):
        facts |= {"reason": verdict.reason, "reason.code": verdict.coded or "", "clause": verdict.clause}
    _order(agreement, kind, change.change_id, [verdict.client_id], facts, tx)


def order_offer(agreement: Agreement, change: Change, offer: MitigationOffered, tx: Transaction) -> None:
    """§4.4: the client is told what is offered."""
    facts = describe(change) | {
        "mitigation_id": offer.mitigation_id,
        "mitigation_kind": offer.kind.value,
        "description": offer.description,
    }
    _order(agreement, NoticeKind.MITIGATION_OFFERED, change.change_id, [offer.client_id], facts, tx)


def order_answered(
    agreement: Agreement, change: Change, closed: ChangeMitigationClosed, consequence: Reason, tx: Transaction
) -> None:
    """§4.4: the client's answer is confirmed with what follows from it."""
    facts = describe(change) | {
        "mitigation_id": closed.mitigation_id,
        "answer": "accepted" if closed.accepted else "refused",
        "consequence": str(consequence),
        "consequence.code": consequence.coded,
    }
    _order(agreement, NoticeKind.MITIGATION_CLOSED, change.change_id, [closed.client_id], facts, tx)


def clause_of(agreement: Agreement, kind: NoticeKind) -> str:
    """By which clause a client is told this: §4.3 for changes, §4.4 for what is said and offered about them."""
    match kind:
        case NoticeKind.CHANGE_ANNOUNCED | NoticeKind.CHANGE_WITHDRAWN:
            return agreement.sub_processing.clause
        case NoticeKind.OBJECTION_ACCEPTED | NoticeKind.OBJECTION_REFUSED:
            return agreement.objection.clause
        case NoticeKind.MITIGATION_OFFERED | NoticeKind.MITIGATION_CLOSED:
            return agreement.mitigation.clause
        case _:
            assert_never(kind)


def date_change(agreement: Agreement, change: Change, tx: Transaction) -> None:
    """The registry looks again when receipts are to be in, and on the day itself."""
    change_id = change.change_id
    day_at = deadlines.start_of_day(agreement, change.effective_on)
    tx.emit_at(DeadlineReceiptChecked(change_id=change_id), _escalate_at(agreement, day_at), f"receipts/{change_id}")
    tx.emit_at(DeadlineDayReached(change_id=change_id), day_at, f"day/{change_id}")


def undate_change(change_id: str, tx: Transaction) -> None:
    """The change is withdrawn: nobody need look again."""
    tx.cancel(f"receipts/{change_id}")
    tx.cancel(f"day/{change_id}")


def describe(change: Change) -> dict[str, str | tuple[str, ...]]:
    """Who, what, where, on which footing and when, as texts name it."""
    transfer = change.facts.transfer
    return {
        "change_kind": change.kind.value,
        "subprocessor_id": change.subprocessor_id,
        "subprocessor": change.facts.name,
        "actions": change.facts.actions,
        "location": change.facts.location,
        "mechanism": transfer.mechanism if transfer else "",
        "document": (transfer.document or "") if transfer else "",
        "effective_on": change.effective_on.isoformat(),
    }


def _spell_ground(agreement: Agreement, code: str | None) -> dict[str, str]:
    """The ground that a client gave in the agreement's words; one that the agreement doesn't know as it was given."""
    ground = agreement.objection.ground(code) if code is not None else None
    if ground is None:
        return {"ground": code or ""}
    return {"ground": ground.label.en, "ground.fr": ground.label.fr, "ground_code": ground.code}


def _escalate_at(agreement: Agreement, day_at: datetime) -> datetime:
    day = deadlines.local_date(agreement, day_at)
    return deadlines.start_of_day(
        agreement, deadlines.working_days_before(agreement, day, agreement.notices.escalation.working_days_before)
    )


def _order(
    agreement: Agreement,
    kind: NoticeKind,
    change_id: str,
    clients: Sequence[str],
    facts: Facts,
    tx: Transaction,
    deadline_at: datetime | None = None,
) -> None:
    if deadline_at is None:
        # An answer is given within the days that the client itself had.
        answer = deadlines.objection_window(agreement, deadlines.local_date(agreement, tx.now))
        deadline_at = deadlines.end_of_day(agreement, answer.day)
    escalate_at = max(_escalate_at(agreement, deadline_at), tx.now)
    for nth, start in enumerate(range(0, len(clients), CLIENTS_PER_ORDER)):
        tx.emit(
            ChangeNoticeOrdered(
                change_id=change_id,
                order_id=tx.cause.derive(f"order/{kind}/{change_id}/{nth}"),
                kind=kind,
                client_ids=tuple(clients[start : start + CLIENTS_PER_ORDER]),
                deadline_at=deadline_at,
                escalate_at=escalate_at,
                clause=clause_of(agreement, kind),
                facts=dict(facts),
            )
        )
