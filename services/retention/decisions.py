"""§8.3: what counts of what a platform, a client or a holder says when a contract ends. Values in, events out."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from agreement import deadlines
from agreement.calendar import DAY, shift
from agreement.duties import Rule
from agreement.schema import Agreement
from contracts.choice import Choice, ChoiceMade, Recipient
from contracts.coded import encode
from contracts.event import Reckoning
from contracts.hold import HoldPlaced
from contracts.holder import Finding, HolderReported
from contracts.ordering import Purpose
from contracts.permission import PermissionSet
from contracts.retention import (
    OrderKind,
    RetentionAnswerRefused,
    RetentionChoiceAccepted,
    RetentionChoiceDefaulted,
    RetentionChoiceRefused,
    RetentionChoiceRequested,
    RetentionFlagged,
    RetentionHoldRefused,
    RetentionReinstated,
    RetentionReinstatementRefused,
    RetentionTerminationRefused,
)
from retention.planning import Ending, Hold


class Stage(StrEnum):
    """How far a termination is."""

    PLANNED = "planned"
    ASKING = "asking"
    RETURNING = "returning"
    DELETING = "deleting"
    COMPLETE = "complete"
    REINSTATED = "reinstated"


class State(StrEnum):
    """How far the data of one category at one holder are."""

    WAITING = "waiting"
    ORDERED = "ordered"
    CONFIRMED = "confirmed"
    DONE = "done"
    HALTED = "halted"


@dataclass(frozen=True, slots=True)
class Termination:
    """The end of one client's contract, as it stands."""

    termination_id: str
    client_id: str
    terminated_on: date
    stage: Stage
    by_expiry: bool
    choice: Choice | None = None
    chosen_on: date | None = None
    recipient: Recipient | None = None
    closes_at: datetime | None = None
    settled_on: date | None = None
    signed_again_at: datetime | None = None

    @property
    def is_over(self) -> bool:
        """Whether nothing follows from it any more."""
        return self.stage in (Stage.COMPLETE, Stage.REINSTATED)

    @property
    def is_running(self) -> bool:
        """Whether its day has come and something still follows from it."""
        return self.stage in (Stage.ASKING, Stage.RETURNING, Stage.DELETING)

    def ending(self, agreement: Agreement) -> Ending:
        """What a plan is made of."""
        closes_on = None if self.closes_at is None else deadlines.local_date(agreement, self.closes_at)
        return Ending(
            terminated_on=self.terminated_on,
            choice=self.choice,
            chosen_on=self.chosen_on,
            asked_until=None if closes_on is None else shift(closes_on, -DAY),
            settled_on=self.settled_on,
        )


@dataclass(frozen=True, slots=True)
class Order:
    """An order to a holder, as it was kept."""

    order_id: str
    kind: OrderKind
    holder_id: str
    category: str | None
    client_ids: tuple[str, ...]
    termination_id: str | None
    purpose: Purpose
    is_open: bool
    due_at: datetime
    reminders: int


def weigh_termination(
    agreement: Agreement, client_id: str, current: Termination | None, terminated_on: date
) -> RetentionTerminationRefused | None:
    """§8.3: a contract ends once; before its day has come another day takes its place. None: it counts."""
    if current is None or current.stage is Stage.PLANNED or current.is_over:
        return None
    same = "" if current.terminated_on == terminated_on else f", not on {terminated_on}"
    return RetentionTerminationRefused(
        client_id=client_id,
        reason=f"the contract has ended on {current.terminated_on}{same}: what follows is {current.stage}",
        clause=agreement.termination.clause,
    )


def request_choice(agreement: Agreement, termination: Termination, today: date) -> RetentionChoiceRequested:
    """§8.3: the client has the days of the agreement, from the end of its contract or from being asked, if later."""
    window = deadlines.choice_window(agreement, max(termination.terminated_on, today))
    return RetentionChoiceRequested(
        client_id=termination.client_id,
        last_day_on=window.day,
        closes_at=deadlines.end_of_day(agreement, window.day),
        default=Choice(agreement.termination.default),
        reckoning=Reckoning(
            rule=window.rule,
            clause=window.clause,
            because=window.because,
            calendar=window.calendar,
            coded=tuple(encode(step.code, step.names) for step in window.steps),
        ),
    )


def weigh_choice(
    agreement: Agreement, termination: Termination | None, made: ChoiceMade
) -> RetentionChoiceAccepted | RetentionChoiceRefused:
    """§8.3: a choice counts from when the end is known until the default has run, or until it is carried out."""
    reason = _no_choice(agreement, termination, made)
    if reason is None:
        return RetentionChoiceAccepted(client_id=made.client_id, choice=made.choice, made_by=made.made_by)
    return RetentionChoiceRefused(
        client_id=made.client_id, choice=made.choice, reason=reason, clause=agreement.termination.clause
    )


def _no_choice(agreement: Agreement, termination: Termination | None, made: ChoiceMade) -> str | None:
    if made.choice not in agreement.termination.choices:
        return f"the agreement offers {', '.join(agreement.termination.choices)}"
    if termination is None or termination.stage is Stage.REINSTATED:
        return "the contract has not ended: there is nothing to choose"
    if termination.stage in (Stage.PLANNED, Stage.ASKING):
        late = termination.closes_at is not None and made.received_at >= termination.closes_at
        return "it came too late: the time to choose is over" if late else None
    return _being_carried_out(termination, made)


def _being_carried_out(termination: Termination, made: ChoiceMade) -> str:
    if termination.choice is made.choice:
        return f"{made.choice} is what is being carried out already"
    if termination.chosen_on is None:
        return f"it came too late: without a choice, {termination.choice} began on {termination.settled_on}"
    return f"{termination.choice} was chosen on {termination.chosen_on} and is being carried out"


def default_choice(agreement: Agreement, termination: Termination) -> RetentionChoiceDefaulted:
    """§8.3: without a choice the data are deleted."""
    return RetentionChoiceDefaulted(
        client_id=termination.client_id,
        choice=Choice(agreement.termination.default),
        clause=agreement.termination.clause,
    )


def weigh_reinstatement(
    termination: Termination | None, client_id: str, reason: str | None, gone: Sequence[str]
) -> RetentionReinstated | RetentionReinstatementRefused:
    """§8.3: a termination can be taken back until a deletion was ordered; then parts may be gone, and it is said which.

    `gone` are the category/holder pairs whose deletion was ordered.
    """
    if termination is None or termination.stage is Stage.REINSTATED:
        return RetentionReinstatementRefused(client_id=client_id, reason="no end of this contract is known")
    if gone or termination.stage is Stage.COMPLETE:
        why = f"the contract ended on {termination.terminated_on} and its data are being deleted; sign a new one"
        return RetentionReinstatementRefused(client_id=client_id, reason=why, gone=tuple(gone))
    return RetentionReinstated(client_id=client_id, reason=reason)


def weigh_answer(order: Order | None, order_id: str, holder_id: str, kind: OrderKind) -> RetentionAnswerRefused | None:
    """An answer counts for the holder that was ordered, and once; None: it counts."""
    if order is None or order.kind is not kind:
        reason = f"no {kind} was ordered under this id"
    elif order.holder_id != holder_id:
        reason = f"it was ordered from {order.holder_id}"
    elif not order.is_open:
        reason = "it is answered already, or was taken back"
    else:
        return None
    return RetentionAnswerRefused(order_id=order_id, holder_id=holder_id, reason=reason)


def weigh_hold(agreement: Agreement, placed: HoldPlaced, today: date) -> RetentionHoldRefused | None:
    """§8.3: a hold names categories that there are, and a day that is still to come. None: it counts."""
    known = {each.code for each in agreement.data_categories}
    unknown = sorted(set(placed.categories) - known)
    if unknown:
        reason = f"the agreement has no category {', '.join(unknown)}"
    elif placed.until is not None and placed.until <= today:
        reason = f"its last day, {placed.until}, has passed"
    else:
        return None
    return RetentionHoldRefused(client_id=placed.client_id, hold_id=placed.hold_id, reason=reason)


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
        reason=f"{reason}; {reported.detail}" if reported.detail else reason,
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
    return ("it stores data that are never stored" if rule.rule is Rule.NEVER_STORED else None), rule.clause


def _wrongly_processed(agreement: Agreement, termination: Termination | None, seen_at: datetime) -> str | None:
    if termination is None or termination.stage in (Stage.PLANNED, Stage.REINSTATED):
        return None
    if termination.signed_again_at is not None and seen_at >= termination.signed_again_at:
        return None
    if seen_at < deadlines.start_of_day(agreement, termination.terminated_on):
        return None
    return f"it processed data after the end of the contract on {termination.terminated_on}"
