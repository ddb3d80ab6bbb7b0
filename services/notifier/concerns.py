"""What people on call must act upon beside breaches and notices, each in a line; pure (§4, §7, §8.3)."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Final, NamedTuple

from agreement.schema import Agreement
from contracts.change import ChangeReceiptOverdue
from contracts.coded import encode
from contracts.retention import RetentionFlagged, RetentionOrderFailed, RetentionOrderOverdue
from contracts.sealing import AnchorContradicted
from notifier.alerts import Ordered

_NAMED: Final = 20
"""So many lines a person reads; the APIs have them all."""


class Kind(StrEnum):
    """Each has a text in every language, and a mail of its own."""

    ORDERS_UNANSWERED = "orders_unanswered"
    ORDERS_FAILED = "orders_failed"
    FLAGS_RAISED = "flags_raised"
    RECEIPTS_OVERDUE = "receipts_overdue"
    HEADS_CONTRADICTED = "heads_contradicted"


class Concern(NamedTuple):
    """One thing to act upon: a line in English, and its code for words in another language."""

    kind: Kind
    said: str
    coded: str


def unanswered(overdue: RetentionOrderOverdue) -> Concern | None:
    """§8.3: a holder was reminded in vain; None: it is reminded still, and nobody need act."""
    if not overdue.escalated:
        return None
    whose = overdue.client_ids[0] if len(overdue.client_ids) == 1 else str(len(overdue.client_ids))
    due_on, reminders = f"{overdue.due_at:%Y-%m-%d}", str(overdue.reminders)
    names = _of_order(overdue) | {"clients": whose, "due_on": due_on, "reminders": reminders}
    said = f"{_order(overdue)}, client(s) {whose}: due on {due_on}, reminders: {reminders}"
    return Concern(Kind.ORDERS_UNANSWERED, said, encode("order_unanswered", names))


def failed(said: RetentionOrderFailed) -> Concern:
    """§8.3: a holder says that it can't; why stands with the order, and isn't mailed: a holder writes what it likes."""
    return Concern(Kind.ORDERS_FAILED, _order(said), encode("order_failed", _of_order(said)))


def flagged(flag: RetentionFlagged) -> Concern:
    """§8.3, Appendix A: what should not be."""
    names = {"client_id": flag.client_id, "reason": flag.reason, "of_clause": flag.clause}
    return Concern(
        Kind.FLAGS_RAISED, f"{flag.client_id}: {flag.reason} (clause {flag.clause})", encode("flag_raised", names)
    )


def unreceived(overdue: ChangeReceiptOverdue) -> Concern:
    """§4.3: a change's day is near, and it will not take effect for who has no proof of its notice."""
    day = overdue.effective_on.isoformat()
    names = {"client_id": overdue.client_id, "change_id": overdue.change_id, "effective_on": day}
    said = f"{overdue.client_id}: {overdue.change_id}, planned for {day}"
    return Concern(Kind.RECEIPTS_OVERDUE, said, encode("receipt_overdue", names))


def contradicted(anchor: AnchorContradicted) -> Concern:
    """§7: the record of evidence isn't what was signed of it."""
    names = {"chain": anchor.chain, "seq": str(anchor.seq), "held_seq": str(anchor.held_seq)}
    said = f"{anchor.chain}: entry {anchor.seq} was signed, the record ends at {anchor.held_seq}"
    return Concern(Kind.HEADS_CONTRADICTED, said, encode("head_contradicted", names))


def alert_of(agreement: Agreement, order_id: str, kind: Kind, waiting: Sequence[Concern]) -> Ordered:
    """All that waits of a kind, in one mail: so many lines, and how many more there are."""
    more = len(waiting) - _NAMED
    rest = [Concern(kind, f"+ {more}", encode("more", {"count": str(more)}))] if more > 0 else []
    shown = [*waiting[:_NAMED], *rest]
    facts: dict[str, str | tuple[str, ...]] = {
        "waiting": str(len(waiting)),
        "items": tuple(each.said for each in shown),
        "items.code": tuple(each.coded for each in shown),
    }
    return Ordered(order_id, kind.value, kind.value, _clause(agreement, kind), facts)


def _clause(agreement: Agreement, kind: Kind) -> str:
    match kind:
        case Kind.RECEIPTS_OVERDUE:
            return agreement.periods.change_notice.clause
        case Kind.HEADS_CONTRADICTED:
            return agreement.audit.clause
        case _:
            return agreement.termination.clause


def _order(event: RetentionOrderOverdue | RetentionOrderFailed) -> str:
    return f"{event.holder_id}: {event.kind}, category {event.category or 'all'}, order {event.order_id}"


def _of_order(event: RetentionOrderOverdue | RetentionOrderFailed) -> dict[str, str]:
    return {
        "holder_id": event.holder_id,
        "order_kind": event.kind.value,
        "category": event.category or "all",
        "order_id": event.order_id,
    }
