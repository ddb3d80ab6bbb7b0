"""§4.4: what one change means for one client: its window, its objection, what is offered. Values in, events out."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from agreement import deadlines
from agreement.schema import Agreement
from contracts.change import (
    ChangeAnswerRefused,
    ChangeKind,
    ChangeMitigationClosed,
    ChangeMitigationOpened,
    ChangeObjectionAccepted,
    ChangeObjectionRefused,
    ChangeWindowOpened,
)
from contracts.mitigation import MitigationAnswered, MitigationOffered
from contracts.notice import Channel, NoticeReceived
from contracts.objection import ObjectionRaised
from subprocessor_registry.reasons import Reason, ReasonCode, reckon


class Status(StrEnum):
    """Where a client stands with a change."""

    AWAITING_RECEIPT = "awaiting_receipt"
    WINDOW_OPEN = "window_open"
    CLEAR = "clear"
    OBJECTED = "objected"
    MITIGATION_OPEN = "mitigation_open"
    MITIGATED = "mitigated"
    IN_EFFECT = "in_effect"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class ClientChange:
    """One client and one change, as they stand."""

    change_id: str
    client_id: str
    subprocessor_id: str
    kind: ChangeKind
    effective_on: date
    status: Status
    closes_at: datetime | None
    last_day_on: date | None
    mitigation_id: str | None = None


@dataclass(frozen=True, slots=True)
class Receipt:
    """The first proof that a client has the notice of a change: where the client stands with it, and its window."""

    change_id: str
    client_id: str
    received_at: datetime
    channel: Channel
    status: Status
    window: ChangeWindowOpened | None


def weigh_receipt(agreement: Agreement, kind: ChangeKind, status: Status, received: NoticeReceived) -> Receipt:
    """§4.4: the days to object run from the receipt; what the client has said or agreed to before it stands.

    A removal has notice and no days (§4.3), nor has what has ended: withdrawn, or the client is gone.
    """
    has_days = kind is not ChangeKind.REMOVAL and status is not Status.ENDED
    window = open_window(agreement, received.about, received.client_id, received.received_at) if has_days else None
    if status is Status.AWAITING_RECEIPT:
        status = Status.WINDOW_OPEN if has_days else Status.CLEAR
    return Receipt(received.about, received.client_id, received.received_at, received.channel, status, window)


def open_window(agreement: Agreement, change_id: str, client_id: str, received_at: datetime) -> ChangeWindowOpened:
    """§4.4: the client may object within the days of the agreement from its receipt of the notice."""
    window = deadlines.objection_window(agreement, deadlines.local_date(agreement, received_at))
    return ChangeWindowOpened(
        change_id=change_id,
        client_id=client_id,
        received_at=received_at,
        last_day_on=window.day,
        closes_at=deadlines.end_of_day(agreement, window.day),
        reckoning=reckon(window),
    )


def weigh_objection(
    agreement: Agreement, standing: ClientChange, objection: ObjectionRaised
) -> ChangeObjectionAccepted | ChangeObjectionRefused:
    """§4.4: an objection counts when it is about a new sub-processor, in time, and on an objective ground."""
    reason = _no_objection(agreement, standing, objection)
    if reason is not None:
        return ChangeObjectionRefused(
            change_id=objection.change_id,
            client_id=objection.client_id,
            objection_id=objection.objection_id,
            ground=objection.ground,
            reason=str(reason),
            coded=reason.coded,
            clause=agreement.objection.clause,
        )
    return ChangeObjectionAccepted(
        change_id=objection.change_id,
        client_id=objection.client_id,
        objection_id=objection.objection_id,
        ground=objection.ground,
    )


def _no_objection(agreement: Agreement, standing: ClientChange, objection: ObjectionRaised) -> Reason | None:
    if standing.kind is ChangeKind.REMOVAL:
        return Reason(ReasonCode.REMOVAL)
    if standing.status in (Status.OBJECTED, Status.MITIGATION_OPEN, Status.MITIGATED):
        return Reason(ReasonCode.ALREADY_ACCEPTED)
    if standing.status is Status.ENDED:
        return Reason(ReasonCode.ENDED)
    if standing.closes_at is not None and objection.received_at >= standing.closes_at:
        return Reason(ReasonCode.TOO_LATE, {"last_day_on": str(standing.last_day_on)})
    return _no_ground(agreement, objection)


def _no_ground(agreement: Agreement, objection: ObjectionRaised) -> Reason | None:
    if objection.ground is None:
        return Reason(ReasonCode.NO_GROUND)
    ground = agreement.objection.ground(objection.ground)
    if ground is None:
        objective = [each for each in agreement.objection.grounds if each.objective]
        names = {
            "ground": objection.ground,
            "known": "; ".join(f"{each.code} ({each.label.en})" for each in objective),
            "known.fr": "; ".join(f"{each.code} ({each.label.fr})" for each in objective),
        }
        return Reason(ReasonCode.UNKNOWN_GROUND, names)
    if ground.objective:
        return None
    return Reason(ReasonCode.NOT_OBJECTIVE, {"ground": ground.label.en, "ground.fr": ground.label.fr})


def weigh_withdrawal(agreement: Agreement, standing: ClientChange) -> ChangeAnswerRefused | None:
    """§4.4: an accepted objection can be taken back; the client is then clear. None: it is taken back."""
    if standing.status in (Status.OBJECTED, Status.MITIGATION_OPEN):
        return None
    return _refused(agreement, standing, "there is no open objection of this client to take back")


def after_withdrawal(standing: ClientChange, now: datetime) -> Status:
    """§4.4: a client that takes its objection back has the rest of its days still; without any left it is clear.

    One that objected before it had the notice still has all of them: they begin with its receipt.
    """
    if standing.closes_at is None:
        return Status.AWAITING_RECEIPT
    return Status.WINDOW_OPEN if now < standing.closes_at else Status.CLEAR


def weigh_offer(
    agreement: Agreement, standing: ClientChange, offer: MitigationOffered, *, used: bool = False
) -> ChangeMitigationOpened | ChangeAnswerRefused:
    """§4.4: an alternative or a change of configuration answers an accepted objection; one offer at a time.

    `used`: the id is that of an earlier offer, whatever became of it.
    """
    if used:
        reason = f"mitigation_id {offer.mitigation_id} was used for an earlier offer: give each offer an id of its own"
        return _refused(agreement, standing, reason)
    if standing.status is Status.MITIGATION_OPEN:
        return _refused(agreement, standing, "an offer to this client is open: wait for its answer")
    if standing.status is not Status.OBJECTED:
        return _refused(agreement, standing, "there is no accepted objection that this offer could answer")
    return ChangeMitigationOpened(
        change_id=offer.change_id,
        client_id=offer.client_id,
        mitigation_id=offer.mitigation_id,
        description=offer.description,
    )


def weigh_answer(
    agreement: Agreement, standing: ClientChange, answer: MitigationAnswered
) -> ChangeMitigationClosed | ChangeAnswerRefused:
    """§4.4: the client accepts or refuses the open offer; an answer to any other is told so."""
    if standing.status is not Status.MITIGATION_OPEN or standing.mitigation_id != answer.mitigation_id:
        return _refused(agreement, standing, f"the offer {answer.mitigation_id} is not open")
    return ChangeMitigationClosed(
        change_id=answer.change_id,
        client_id=answer.client_id,
        mitigation_id=answer.mitigation_id,
        accepted=answer.accepted,
    )


def consequence_of(
    agreement: Agreement, standing: ClientChange, kind: str, *, accepted: bool, planned: bool
) -> tuple[Status, Reason]:
    """§4.4: a refused offer leaves the client's objection; an accepted one has the effect that the agreement gives it.

    Until a modification that is only `planned` takes effect, the sub-processor stays as it is listed.
    """
    ahead = planned and standing.kind is ChangeKind.MODIFICATION
    day = {"day": str(standing.effective_on)} if ahead else {}
    if not accepted:
        return Status.OBJECTED, Reason(ReasonCode.BARRED_FROM if ahead else ReasonCode.STAYS_BARRED, day)
    if kind not in agreement.mitigation.barred_if_accepted:
        return Status.CLEAR, Reason(ReasonCode.CONFIGURED)
    return Status.MITIGATED, Reason(ReasonCode.ALTERNATIVE_FROM if ahead else ReasonCode.ALTERNATIVE, day)


def _refused(agreement: Agreement, standing: ClientChange, reason: str) -> ChangeAnswerRefused:
    return ChangeAnswerRefused(
        change_id=standing.change_id,
        client_id=standing.client_id,
        reason=reason,
        clause=agreement.objection.clause,
    )
