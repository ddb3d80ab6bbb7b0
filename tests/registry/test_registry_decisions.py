"""What one change means for one client (§4.4): its window, its objection, what is offered. Examples and properties."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agreement import deadlines
from agreement.loading import default_path, load
from chassis.errors import Rejected
from contracts.change import (
    ChangeAnswerRefused,
    ChangeKind,
    ChangeMitigationClosed,
    ChangeMitigationOpened,
    ChangeObjectionAccepted,
    ChangeObjectionRefused,
    NoticeKind,
)
from contracts.coded import decode
from contracts.mitigation import MitigationAnswered, MitigationKind, MitigationOffered
from contracts.notice import Channel, NoticeReceived
from contracts.objection import ObjectionRaised
from subprocessor_registry import notices
from subprocessor_registry.decisions import (
    ClientChange,
    Status,
    after_withdrawal,
    open_window,
    weigh_answer,
    weigh_objection,
    weigh_offer,
    weigh_receipt,
    weigh_withdrawal,
)
from subprocessor_registry.finding import require_come
from subprocessor_registry.reasons import Reason, ReasonCode

AGREEMENT = load(default_path())
CLAUSE = AGREEMENT.objection.clause
LAST_DAY_ON = date(2026, 5, 19)
CLOSES_AT = datetime(2026, 5, 19, 22, 0, tzinfo=UTC)
"""Midnight in Paris, in summer time."""
TICK = timedelta(microseconds=1)
STANDING = {Status.OBJECTED, Status.MITIGATION_OPEN, Status.MITIGATED}
"""Where an objection of the client is accepted already."""


def standing(
    status: Status = Status.WINDOW_OPEN,
    kind: ChangeKind = ChangeKind.ADDITION,
    closes_at: datetime | None = CLOSES_AT,
    mitigation_id: str | None = None,
) -> ClientChange:
    """One client and one change, with a window that runs unless something else is said."""
    last_day_on = LAST_DAY_ON if closes_at else None
    return ClientChange(
        "change-1", "acme", "lingua", kind, date(2026, 5, 20), status, closes_at, last_day_on, mitigation_id
    )


def objection(
    received_at: datetime = CLOSES_AT - timedelta(days=3), ground: str | None = "legal_obligation"
) -> ObjectionRaised:
    """An objection in time and with a ground unless something else is said."""
    return ObjectionRaised(
        objection_id="objection-1", change_id="change-1", client_id="acme", received_at=received_at, ground=ground
    )


OFFER = MitigationOffered(
    mitigation_id="offer-1",
    change_id="change-1",
    client_id="acme",
    kind=MitigationKind.CONFIGURATION,
    description="Translation is switched off",
    offered_by="the DPO",
)


def answer(mitigation_id: str = "offer-1", *, accepted: bool = True) -> MitigationAnswered:
    """The client's answer to an offer."""
    return MitigationAnswered(
        mitigation_id=mitigation_id,
        change_id="change-1",
        client_id="acme",
        accepted=accepted,
        received_at=CLOSES_AT,
    )


@pytest.mark.parametrize(
    ("received_at", "last_day_on", "closes_at"),
    [
        (datetime(2026, 4, 30, 7, 0, tzinfo=UTC), LAST_DAY_ON, CLOSES_AT),
        (datetime(2026, 4, 30, 21, 59, tzinfo=UTC), LAST_DAY_ON, CLOSES_AT),
        # In Paris it is the 1st of May, a holiday, like the 30th of April the eve of the same ten days.
        (datetime(2026, 4, 30, 22, 0, tzinfo=UTC), LAST_DAY_ON, CLOSES_AT),
        (datetime(2026, 5, 3, 22, 0, tzinfo=UTC), date(2026, 5, 20), datetime(2026, 5, 20, 22, 0, tzinfo=UTC)),
        # The clocks go back within the window: it ends at midnight of winter.
        (datetime(2026, 10, 16, 9, 0, tzinfo=UTC), date(2026, 10, 30), datetime(2026, 10, 30, 23, 0, tzinfo=UTC)),
    ],
)
def test_a_window_runs_from_receipt_to_the_end_of_its_last_day(
    received_at: datetime, last_day_on: date, closes_at: datetime
) -> None:
    """§4.4: ten working days after the day of receipt, in the agreement's timezone, and it says why."""
    window = open_window(AGREEMENT, "change-1", "acme", received_at)
    assert (window.last_day_on, window.closes_at) == (last_day_on, closes_at)
    assert (window.received_at, window.reckoning.clause) == (received_at, AGREEMENT.periods.objection.clause)
    assert window.reckoning.because


RECEIVED = NoticeReceived(
    notice_id="notice-1",
    client_id="acme",
    about="change-1",
    kind="change_announced",
    channel=Channel.WEBHOOK,
    received_at=datetime(2026, 4, 30, 7, 0, tzinfo=UTC),
    proof="HTTP 204",
)


@pytest.mark.parametrize("kind", list(ChangeKind))
@pytest.mark.parametrize("status", list(Status))
def test_a_receipt_has_its_days_wherever_the_client_stands(status: Status, kind: ChangeKind) -> None:
    """§4.4: it moves only who waited for it; a removal, and what has ended, has no days to object."""
    receipt = weigh_receipt(AGREEMENT, kind, status, RECEIVED)
    assert (receipt.received_at, receipt.channel) == (RECEIVED.received_at, Channel.WEBHOOK)
    has_days = kind is not ChangeKind.REMOVAL and status is not Status.ENDED
    assert (receipt.window is not None) is has_days
    if status is not Status.AWAITING_RECEIPT:
        assert receipt.status is status
    else:
        assert receipt.status is (Status.WINDOW_OPEN if has_days else Status.CLEAR)


@pytest.mark.parametrize(
    ("closes_at", "status"),
    [
        (None, Status.AWAITING_RECEIPT),
        (CLOSES_AT, Status.WINDOW_OPEN),
        (CLOSES_AT - 2 * TICK, Status.CLEAR),
        (CLOSES_AT - TICK, Status.CLEAR),
    ],
)
def test_who_takes_an_objection_back_has_the_days_that_are_left(closes_at: datetime | None, status: Status) -> None:
    """§4.4: all of them where there is no receipt yet, none from the last instant on."""
    assert after_withdrawal(standing(Status.OBJECTED, closes_at=closes_at), CLOSES_AT - TICK) is status


@pytest.mark.parametrize("kind", [ChangeKind.ADDITION, ChangeKind.MODIFICATION])
@pytest.mark.parametrize(
    ("status", "closes_at", "received_at"),
    [
        (Status.WINDOW_OPEN, CLOSES_AT, CLOSES_AT - timedelta(days=3)),
        (Status.WINDOW_OPEN, CLOSES_AT, CLOSES_AT - TICK),
        (Status.AWAITING_RECEIPT, None, CLOSES_AT),  # whoever objects before it has the notice is in time
        (Status.CLEAR, CLOSES_AT, CLOSES_AT - TICK),  # in time, and handled late
        (Status.IN_EFFECT, CLOSES_AT, CLOSES_AT - TICK),
    ],
)
def test_an_objection_in_time_on_an_objective_ground_is_accepted(
    status: Status, closes_at: datetime | None, received_at: datetime, kind: ChangeKind
) -> None:
    """§4.4: up to the last instant of the window, whenever it is handled."""
    verdict = weigh_objection(AGREEMENT, standing(status, kind, closes_at), objection(received_at))
    assert verdict == ChangeObjectionAccepted(
        change_id="change-1", client_id="acme", objection_id="objection-1", ground="legal_obligation"
    )


@pytest.mark.parametrize(
    ("where", "raised", "said"),
    [
        (standing(), objection(CLOSES_AT), "the last day to object was 2026-05-19"),
        (standing(), objection(CLOSES_AT + TICK), "it came too late"),
        (standing(Status.CLEAR), objection(CLOSES_AT + timedelta(days=9)), "it came too late"),
        (standing(), objection(ground=None), "it gives no ground"),
        (standing(), objection(ground="astrology"), "the ground 'astrology' is unknown"),
        (standing(), objection(ground="commercial_preference"), "is not objective"),
        (standing(), objection(ground="competition"), "is not objective"),
        (standing(Status.OBJECTED), objection(), "already accepted"),
        (standing(Status.MITIGATION_OPEN), objection(), "already accepted"),
        (standing(Status.MITIGATED), objection(), "already accepted"),
        (
            standing(Status.ENDED),
            objection(),
            "is withdrawn, or the client's contract has ended, or the sub-processor has left the list",
        ),
        (standing(kind=ChangeKind.REMOVAL), objection(), "a removal can't be objected to"),
        (standing(Status.AWAITING_RECEIPT, closes_at=None), objection(ground=None), "it gives no ground"),
    ],
)
def test_any_other_objection_is_refused_with_its_reason(
    where: ClientChange, raised: ObjectionRaised, said: str
) -> None:
    """§4.4: the client is told what was wrong, with the clause."""
    verdict = weigh_objection(AGREEMENT, where, raised)
    assert isinstance(verdict, ChangeObjectionRefused)
    assert said in verdict.reason
    code, names = decode(verdict.coded or "")
    assert str(Reason(ReasonCode(code), names)) == verdict.reason
    assert (verdict.objection_id, verdict.ground, verdict.clause) == ("objection-1", raised.ground, CLAUSE)


def test_an_unknown_ground_is_answered_with_the_known_ones() -> None:
    """§4.4: the reason lists the objective grounds and no other."""
    verdict = weigh_objection(AGREEMENT, standing(), objection(ground="astrology"))
    assert isinstance(verdict, ChangeObjectionRefused)
    for ground in AGREEMENT.objection.grounds:
        assert (ground.code in verdict.reason) is ground.objective


def test_the_grounds_are_the_agreements() -> None:
    """§4.4: what counts as objective is read from the version that binds the client, not known here."""
    grounds = tuple(each.model_copy(update={"objective": not each.objective}) for each in AGREEMENT.objection.grounds)
    other = AGREEMENT.model_copy(update={"objection": AGREEMENT.objection.model_copy(update={"grounds": grounds})})
    assert isinstance(weigh_objection(other, standing(), objection()), ChangeObjectionRefused)
    assert isinstance(weigh_objection(other, standing(), objection(ground="competition")), ChangeObjectionAccepted)


@pytest.mark.parametrize("status", list(Status))
def test_only_an_open_objection_is_taken_back(status: Status) -> None:
    """§4.4: one that stands, with or without an offer; anything else is answered with a refusal."""
    refused = weigh_withdrawal(AGREEMENT, standing(status))
    if status in {Status.OBJECTED, Status.MITIGATION_OPEN}:
        assert refused is None
    else:
        assert isinstance(refused, ChangeAnswerRefused)
        assert (refused.client_id, refused.clause) == ("acme", CLAUSE)


@pytest.mark.parametrize("status", list(Status))
def test_an_offer_answers_an_accepted_objection_one_at_a_time(status: Status) -> None:
    """§4.4, second paragraph: there is nothing to mitigate without an objection, and one offer is open at once."""
    verdict = weigh_offer(AGREEMENT, standing(status), OFFER)
    if status is Status.OBJECTED:
        assert verdict == ChangeMitigationOpened(
            change_id="change-1", client_id="acme", mitigation_id="offer-1", description=OFFER.description
        )
        return
    assert isinstance(verdict, ChangeAnswerRefused)
    assert ("wait for its answer" in verdict.reason) is (status is Status.MITIGATION_OPEN)


@pytest.mark.parametrize("status", list(Status))
@pytest.mark.parametrize("accepted", [True, False])
def test_an_answer_closes_the_open_offer(status: Status, *, accepted: bool) -> None:
    """§4.4, second paragraph: an answer before the offer, or after another one closed it, is refused."""
    verdict = weigh_answer(AGREEMENT, standing(status, mitigation_id="offer-1"), answer(accepted=accepted))
    if status is Status.MITIGATION_OPEN:
        assert verdict == ChangeMitigationClosed(
            change_id="change-1", client_id="acme", mitigation_id="offer-1", accepted=accepted
        )
    else:
        assert isinstance(verdict, ChangeAnswerRefused)
        assert "offer-1 is not open" in verdict.reason


@pytest.mark.parametrize("open_one", [None, "offer-2"])
def test_an_answer_to_another_offer_closes_nothing(open_one: str | None) -> None:
    """§4.4, second paragraph: what was answered must be what is open."""
    verdict = weigh_answer(AGREEMENT, standing(Status.MITIGATION_OPEN, mitigation_id=open_one), answer("offer-1"))
    assert isinstance(verdict, ChangeAnswerRefused)


def test_an_id_is_used_for_one_offer() -> None:
    """§4.4: whatever became of the earlier offer, the client must know which one it answers."""
    verdict = weigh_offer(AGREEMENT, standing(Status.OBJECTED), OFFER, used=True)
    assert isinstance(verdict, ChangeAnswerRefused)
    assert "mitigation_id offer-1 was used" in verdict.reason


_INSTANTS = st.integers(1_577_836_800, 2_082_672_000).map(lambda at_s: datetime.fromtimestamp(at_s, UTC))
"""From 2020 to 2035."""
_GROUNDS = st.sampled_from([*(each.code for each in AGREEMENT.objection.grounds), "astrology", None])


@given(
    status=st.sampled_from(Status),
    kind=st.sampled_from(ChangeKind),
    closes_at=st.none() | _INSTANTS,
    late_by=st.timedeltas(timedelta(days=-30), timedelta(days=30)),
    ground=_GROUNDS,
)
def test_an_objection_is_accepted_for_four_reasons_together(
    status: Status, kind: ChangeKind, closes_at: datetime | None, late_by: timedelta, ground: str | None
) -> None:
    """§4.4: exactly what is about something new, in time, objectively grounded, and the first that stands."""
    received_at = (closes_at or CLOSES_AT) + late_by
    verdict = weigh_objection(AGREEMENT, standing(status, kind, closes_at), objection(received_at, ground))
    about_something_new = kind in {ChangeKind.ADDITION, ChangeKind.MODIFICATION}
    in_time = closes_at is None or late_by < timedelta(0)
    known = None if ground is None else AGREEMENT.objection.ground(ground)
    free = status not in STANDING | {Status.ENDED}
    accepted = about_something_new and in_time and known is not None and known.objective and free
    assert isinstance(verdict, ChangeObjectionAccepted) is accepted


@given(received_at=_INSTANTS)
def test_a_window_is_open_from_its_receipt_for_its_whole_last_day(received_at: datetime) -> None:
    """§4.4: it closes after receipt, at the midnight after the day that the agreement counts to."""
    window = open_window(AGREEMENT, "change-1", "acme", received_at)
    assert window.closes_at > received_at
    assert deadlines.local_date(AGREEMENT, window.closes_at - TICK) == window.last_day_on
    assert deadlines.local_date(AGREEMENT, window.closes_at) == window.last_day_on + timedelta(days=1)
    received_on = deadlines.local_date(AGREEMENT, received_at)
    assert window.last_day_on == deadlines.objection_window(AGREEMENT, received_on).day


@pytest.mark.parametrize("kind", NoticeKind)
def test_a_notice_cites_the_clause_that_it_rests_on(kind: NoticeKind) -> None:
    """§4.3 is about changes; objections, and what is offered to meet them, are §4.4."""
    about_a_change = kind in {NoticeKind.CHANGE_ANNOUNCED, NoticeKind.CHANGE_WITHDRAWN}
    assert notices.clause_of(AGREEMENT, kind) == ("4.3" if about_a_change else "4.4")


def test_what_is_received_on_a_day_to_come_is_the_publishers_fault() -> None:
    """A dead letter that names the field, no refusal as too late; a clock that is ahead within the day does no harm."""
    now = datetime(2026, 4, 30, 7, 0, tzinfo=UTC)
    require_come(AGREEMENT, now + timedelta(minutes=1), now, "received_at")
    for at in (now + timedelta(days=1), now.replace(year=2036), datetime.max.replace(tzinfo=UTC)):
        with pytest.raises(Rejected) as rejected:
            require_come(AGREEMENT, at, now, "received_at")
        assert rejected.value.field == "received_at"
