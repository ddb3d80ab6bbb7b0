"""What must not be: processing after the end, data that are never stored (TER-1, TER-4, RET-1). Values in and out."""

from collections.abc import Sequence
from datetime import datetime

from agreement import deadlines
from agreement.duties import Rule
from agreement.schema import Agreement
from contracts.holder import Finding, HolderReported
from contracts.permission import PermissionSet
from contracts.retention import (
    RetentionFlagged,
)
from retention.planning import Hold
from retention.terminations import Stage, Termination


def weigh_report(
    agreement: Agreement, termination: Termination | None, reported: HolderReported
) -> RetentionFlagged | None:
    """TER-1, RET-1: what a holder reports is flagged if it should not be. None: nothing is wrong with it."""
    if reported.finding is Finding.STORED:
        reason, clause = _wrongly_stored(agreement, reported)
    else:
        reason, clause = _wrongly_processed(agreement, termination, reported.seen_at), agreement.termination.clause
    if reason is None:
        return None
    return RetentionFlagged(
        client_id=reported.client_id,
        holder_id=reported.holder_id,
        category=reported.category,
        seen_at=reported.seen_at,
        reason=f"{reason}: {reported.detail}" if reported.detail else reason,
        clause=clause,
    )


def weigh_processing(
    agreement: Agreement, termination: Termination, permitted: PermissionSet, now: datetime
) -> RetentionFlagged | None:
    """TER-1: after the end nobody is permitted to process the client's data any more. None: it was before the end."""
    if permitted.permitted_from is None or permitted.permitted_from < termination.terminated_on:
        return None
    return RetentionFlagged(
        client_id=permitted.client_id,
        holder_id=permitted.subprocessor_id,
        seen_at=now,
        reason=f"it is permitted from {permitted.permitted_from}, after the end of the contract",
        clause=agreement.termination.clause,
    )


def weigh_access(
    agreement: Agreement, termination: Termination | None, holds: Sequence[Hold], category: str, now: datetime
) -> str | None:
    """TER-4: what is kept after the end is kept for its hold alone. None: the data may be processed; else why not."""
    if termination is None or termination.stage is Stage.REINSTATED or termination.signed_again_at is not None:
        return None
    if now < deadlines.start_of_day(agreement, termination.terminated_on):
        return None
    why = [
        f"{hold.hold_id} ({hold.legal_basis})"
        for hold in holds
        if hold.keeps(category, deadlines.local_date(agreement, now))
    ]
    why += [code for rule in agreement.retention if rule.category == category for code in rule.holds]
    kept = f"; what is kept is kept for {', '.join(why)} alone" if why else ""
    return f"the contract ended on {termination.terminated_on}{kept}"


def _wrongly_stored(agreement: Agreement, reported: HolderReported) -> tuple[str | None, str]:
    rule = next((rule for rule in agreement.retention if rule.category == reported.category), None)
    if rule is None:
        return "it stores a category that the agreement doesn't know", agreement.termination.clause
    label = next((each.label for each in agreement.data_categories if each.code == rule.category), rule.category)
    return (f"it stores {label}, which is never stored" if rule.rule is Rule.NEVER_STORED else None), rule.clause


def _wrongly_processed(agreement: Agreement, termination: Termination | None, seen_at: datetime) -> str | None:
    if termination is None or termination.stage in (Stage.PLANNED, Stage.REINSTATED):
        return None
    if termination.signed_again_at is not None and seen_at >= termination.signed_again_at:
        return None
    if seen_at < deadlines.start_of_day(agreement, termination.terminated_on):
        return None
    return f"it processed data after the end of the contract on {termination.terminated_on}"
