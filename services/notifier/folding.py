"""A flood is one mail: the first of a kind is told at once, what follows for a while together (§4, §8.3)."""

from datetime import timedelta
from typing import Protocol

from agreement.book import Book
from chassis.transaction import Transaction
from contracts.change import ChangeReceiptOverdue
from contracts.escalation import EscalationAlertDue
from contracts.retention import RetentionFlagged, RetentionOrderFailed, RetentionOrderOverdue
from contracts.sealing import AnchorContradicted
from notifier import concern_store, concerns
from notifier.alerts import Ordered
from notifier.concerns import Concern, Kind


class Alerting(Protocol):
    """What folds, and has people told."""

    book: Book

    @property
    def folded_within(self) -> timedelta:
        """For so long after a mail, what is new of its kind waits for the next."""

    async def alert(self, tx: Transaction, ordered: Ordered) -> None:
        """Have people on call told."""


async def on_order_overdue(app: Alerting, overdue: RetentionOrderOverdue, tx: Transaction) -> None:
    """A holder was reminded in vain (§8.3)."""
    concern = concerns.unanswered(overdue)
    if concern is not None:
        await _enter(app, concern, tx)


async def on_order_failed(app: Alerting, failed: RetentionOrderFailed, tx: Transaction) -> None:
    """A holder can't carry an order out (§8.3)."""
    await _enter(app, concerns.failed(failed), tx)


async def on_flagged(app: Alerting, flagged: RetentionFlagged, tx: Transaction) -> None:
    """What should not be: processing after the end, data that are never stored (§8.3, Appendix A)."""
    await _enter(app, concerns.flagged(flagged), tx)


async def on_receipt_overdue(app: Alerting, overdue: ChangeReceiptOverdue, tx: Transaction) -> None:
    """A change will not take effect for a client that has no proof of its notice (§4.3)."""
    await _enter(app, concerns.unreceived(overdue), tx)


async def on_contradicted(app: Alerting, anchor: AnchorContradicted, tx: Transaction) -> None:
    """The record of evidence was restored from a backup, or rewritten (§7)."""
    await _enter(app, concerns.contradicted(anchor), tx)


async def on_alert_due(app: Alerting, due: EscalationAlertDue, tx: Transaction) -> None:
    """All that waits of a kind is told in one mail; what another look told already, not again."""
    kind = Kind(due.kind)
    waiting = await concern_store.take_untold(tx, kind)
    if waiting:
        await app.alert(tx, concerns.alert_of(app.book.latest, tx.cause.derive(f"alert/{kind}"), kind, waiting))


async def _enter(app: Alerting, concern: Concern, tx: Transaction) -> None:
    await concern_store.enter(tx, concern)
    told_at = await concern_store.told_at(tx, concern.kind)
    at = tx.now if told_at is None else max(tx.now, told_at + app.folded_within)
    tx.emit_at(EscalationAlertDue(kind=concern.kind.value), at, f"alert/{concern.kind}")
