"""What people on call are told of the notices of an order that have no receipt (§15). Pure."""

from collections.abc import Sequence
from typing import Final

from agreement.schema import Agreement
from contracts.escalation import EscalationDue
from notifier.alerts import Ordered
from notifier.store import Unreceived

UNRECEIVED: Final = "notices_unreceived"
FAILED: Final = "notices_failed"
_NAMED: Final = 20
"""So many names a person reads; the API has them all."""


def alert_of(agreement: Agreement, check: EscalationDue, notices: Sequence[Unreceived]) -> Ordered:
    """§15: the first channels brought no receipt, so letters wait; or at the end nothing is left to try."""
    kind = FAILED if check.final else UNRECEIVED
    names = [each.client_id for each in notices]
    more = [f"+ {len(names) - _NAMED}"] if len(names) > _NAMED else []
    facts: dict[str, str | tuple[str, ...]] = {
        "about": notices[0].about,
        "notice_kind": notices[0].kind,
        "waiting": str(len(names)),
        "clients": (*names[:_NAMED], *more),
    }
    return Ordered(f"{check.order_id}/{kind}", notices[0].about, kind, agreement.notices.clause, facts)
