"""What a statement of account of a dispute is made of (§14); `dispute_paper` prints it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from agreement.schema import Agreement
from assurance.disputes import Dispute
from assurance.views import JournalView, MatterView


@dataclass(frozen=True, slots=True)
class Statement:
    """What a statement is made of; `others` are the client's other matters, `made_at` when it was asked for."""

    agreement: Agreement
    view: MatterView
    dispute: Dispute
    journal: Sequence[JournalView]
    others: Sequence[MatterView]
    made_at: datetime
