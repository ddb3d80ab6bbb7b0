"""§8.3: what counts of what a platform, a client or a holder says when a contract ends. Values in, events out."""

from collections.abc import Sequence
from datetime import date
from typing import Final

from agreement import deadlines
from agreement.schema import Agreement
from contracts.choice import Choice, ChoiceMade
from contracts.coded import encode
from contracts.event import Reckoning
from contracts.hold import HoldPlaced
from contracts.retention import (
    MissedWhy,
    OrderKind,
    RetentionAnswerRefused,
    RetentionChoiceAccepted,
    RetentionChoiceDefaulted,
    RetentionChoiceRefused,
    RetentionChoiceRequested,
    RetentionHoldRefused,
    RetentionReinstated,
    RetentionReinstatementRefused,
    RetentionTerminationRefused,
)
from contracts.returning import ReturnAbandoned, ReturnWaived
from retention.terminations import Order, Stage, Taken, Termination

_FOLLOWS: Final = {
    Stage.ASKING: "the client is being asked what becomes of its data",
    Stage.RETURNING: "the client's data are being returned",
    Stage.DELETING: "the client's data are being deleted",
    Stage.COMPLETE: "the client's data are deleted, as the last certificate says",
}


def weigh_termination(
    agreement: Agreement, client_id: str, current: Termination | None, terminated_on: date
) -> RetentionTerminationRefused | None:
    """§8.3: a contract ends once; before its day has come another day takes its place. None: it counts."""
    if current is None or current.stage in (Stage.PLANNED, Stage.REINSTATED) or current.signed_again_at is not None:
        return None
    same = "" if current.terminated_on == terminated_on else f", not on {terminated_on}"
    return RetentionTerminationRefused(
        client_id=client_id,
        reason=f"the contract has ended on {current.terminated_on}{same}: {_FOLLOWS[current.stage]}",
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
        termination_id=termination.termination_id,
        reckoning=Reckoning(
            rule=window.rule,
            clause=window.clause,
            because=window.because,
            calendar=window.calendar,
            coded=tuple(encode(step.code, step.names) for step in window.steps),
        ),
    )


def meant(ends: Sequence[Termination], made: ChoiceMade) -> Sequence[Termination]:
    """§8.3: which of a client's ends, in their order, a choice can be for.

    The one that it names; else what was asked about when it reached the processor; else what is still to come; else the
    last.
    """
    if made.termination_id is not None:
        return [end for end in ends if end.termination_id == made.termination_id]
    asked = [end for end in ends if end.was_asked(made.received_at)]
    return asked or [end for end in ends if end.stage is Stage.PLANNED] or ends[-1:]


def refuse_unclear(agreement: Agreement, made: ChoiceMade, ends: Sequence[Termination]) -> RetentionChoiceRefused:
    """§8.3: the choice names no end that there is, or may be for several: each is listed."""
    return RetentionChoiceRefused(
        client_id=made.client_id,
        choice=made.choice,
        reason=unclear(made, ends),
        clause=agreement.termination.clause,
        waiting=tuple(end.termination_id for end in ends),
    )


def unclear(made: ChoiceMade, ends: Sequence[Termination]) -> str:
    """Why it isn't clear for which end a choice is."""
    if not ends and made.termination_id is not None:
        return f"no end {made.termination_id} of this client's contract is known"
    if not ends:
        return "the contract has not ended: there is nothing to choose"
    listed = ", ".join(f"{end.termination_id} (on {end.terminated_on})" for end in ends)
    return f"it may be for any of these ends of the contract: {listed}; say which by termination_id"


def weigh_choice(
    agreement: Agreement, termination: Termination, made: ChoiceMade, taken: Taken
) -> RetentionChoiceAccepted | RetentionChoiceRefused:
    """§8.3: a choice that was made in time counts until another is carried out, or the default has taken something."""
    reason = _no_choice(agreement, termination, made, taken)
    if reason is None:
        return RetentionChoiceAccepted(
            client_id=made.client_id,
            choice=made.choice,
            made_by=made.made_by,
            termination_id=termination.termination_id,
        )
    return RetentionChoiceRefused(
        client_id=made.client_id,
        choice=made.choice,
        reason=reason,
        clause=agreement.termination.clause,
        gone=taken.gone,
        ordered=taken.ordered,
    )


def _no_choice(agreement: Agreement, termination: Termination, made: ChoiceMade, taken: Taken) -> str | None:
    if made.choice not in agreement.termination.choices:
        return f"the agreement offers {', '.join(agreement.termination.choices)}"
    if termination.stage is Stage.REINSTATED:
        return "the contract has not ended: there is nothing to choose"
    late = termination.closes_at is not None and made.received_at >= termination.closes_at
    if termination.stage in (Stage.PLANNED, Stage.ASKING):
        return "it came too late: the time to choose is over" if late else None
    return _being_carried_out(termination, made, taken, late=late)


def _being_carried_out(termination: Termination, made: ChoiceMade, taken: Taken, *, late: bool) -> str | None:
    if termination.choice is made.choice:
        return f"{made.choice} is what is being carried out already"
    if termination.chosen_on is not None:
        return f"{termination.choice} was chosen on {termination.chosen_on} and is being carried out"
    if not late and not taken:
        return None
    begun = f"without a choice, {termination.choice} began on {termination.settled_on}"
    what = f"; {taken.spell()}" if taken else ""
    return f"it came too late: {begun}{what}" if late else f"it was made in time and heard too late: {begun}{what}"


def default_choice(agreement: Agreement, termination: Termination) -> RetentionChoiceDefaulted:
    """§8.3: without a choice the data are deleted."""
    return RetentionChoiceDefaulted(
        client_id=termination.client_id,
        choice=Choice(agreement.termination.default),
        clause=agreement.termination.clause,
    )


def weigh_reinstatement(
    termination: Termination | None, client_id: str, reason: str | None, taken: Taken
) -> RetentionReinstated | RetentionReinstatementRefused:
    """§8.3: a termination can be taken back until a deletion was ordered; then it is said of what."""
    if termination is None or termination.stage is Stage.REINSTATED:
        return RetentionReinstatementRefused(client_id=client_id, reason="no end of this contract is known")
    if taken or termination.stage is Stage.COMPLETE:
        why = f"the contract ended on {termination.terminated_on} and its data are being deleted; sign a new one"
        return RetentionReinstatementRefused(client_id=client_id, reason=why, gone=taken.gone, ordered=taken.ordered)
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


def weigh_waiver(order: Order | None, said: ReturnWaived) -> RetentionAnswerRefused | None:
    """§8.3: a client may give up what is still to be returned to it, at any time. None: it counts."""
    reason = _no_return(order, said.client_id)
    return None if reason is None else _refuse(order, said.order_id, reason)


def weigh_abandonment(order: Order | None, said: ReturnAbandoned) -> RetentionAnswerRefused | None:
    """§8.3: a holder is unreachable once it was reminded in vain, or said that it can't. None: it counts."""
    reason = _no_return(order, said.client_id)
    if reason is None and order is not None and order.state == MissedWhy.UNREACHABLE:
        reason = "its holder is declared unreachable already"
    elif reason is None and order is not None and not order.escalated:
        reason = "its holder was not reminded in vain yet, nor did it say that it can't"
    return None if reason is None else _refuse(order, said.order_id, reason)


def _no_return(order: Order | None, client_id: str) -> str | None:
    if order is None or order.kind is not OrderKind.RETURN or client_id not in order.client_ids:
        return "no return to this client was ordered under this id"
    return None if order.is_open else "its package is made, or nobody waits for it any more"


def _refuse(order: Order | None, order_id: str, reason: str) -> RetentionAnswerRefused:
    return RetentionAnswerRefused(order_id=order_id, holder_id=order.holder_id if order else "unknown", reason=reason)


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
