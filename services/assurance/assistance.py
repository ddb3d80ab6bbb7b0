"""Help that a client asks for (§10): due on a day, quoted before costly work, given. Pure."""

from datetime import datetime

from agreement.assurance_days import assistance_due
from agreement.deadlines import local_date
from assurance.words import Notice, Of, Record, Refusal, Step, World, ahead, reckon
from contracts import assistance as says
from contracts.appointment import AppointmentMatterDue
from contracts.assurance import (
    AssuranceAnswered,
    AssuranceClosed,
    AssuranceNoticeKind,
    AssuranceOpened,
    AssuranceOverdue,
    AssuranceQuoteDecided,
    Matter,
)


class Assistance(Record):
    """A request for help as it stands: `open`, `begun`, `given` or `withdrawn`.

    `accepted` is the client's answer to the quote that stands, None while there is none.
    """

    request: says.AssistanceRequested
    quote: says.AssistanceQuoted | None = None
    accepted: bool | None = None
    answered_by: str | None = None
    quotes: tuple[says.AssistanceQuoted, ...] = ()
    given: tuple[says.AssistanceGiven, ...] = ()
    begun_at: datetime | None = None
    ended_because: str | None = None

    @property
    def is_over(self) -> bool:
        """Whether the help is given, or needed no more."""
        return self.status in {"given", "withdrawn"}


Said = says.AssistanceEvent | AppointmentMatterDue


def weigh(world: World, help_: Assistance | None, said: Said) -> Step | Refusal | None:
    """§10: what comes of a word about help; None: nothing at all."""
    if isinstance(said, says.AssistanceRequested):
        return _request(world, help_, said)
    if help_ is None:
        return None
    if isinstance(said, AppointmentMatterDue):
        return _fall_due(help_, said)
    if help_.is_over:
        return Refusal(f"it is {help_.status} already", world.agreement.cooperation.clause)
    return _go_on(world, help_, said)


def _go_on(world: World, help_: Assistance, said: says.AssistanceEvent) -> Step | Refusal | None:
    clause = world.agreement.cooperation.clause
    match said:
        case says.AssistanceQuoted():
            return _quote(help_, said, clause)
        case says.AssistanceQuoteAnswered():
            return _answer(help_, said, clause)
        case says.AssistanceWorkBegun():
            return _unpaid(help_, clause) or _begin(world, help_, clause)
        case says.AssistanceGiven():
            return _unpaid(help_, clause) or _give(world, help_, said)
        case says.AssistanceWithdrawn():
            after = help_.model_copy(update={"status": "withdrawn", "ended_because": said.reason})
            return Step(after, (AssuranceClosed(**_of(said), how="withdrawn", reason=said.reason),))
        case _:
            return None


def _request(world: World, help_: Assistance | None, said: says.AssistanceRequested) -> Step | Refusal:
    cooperation = world.agreement.cooperation
    kinds = [each.code for each in cooperation.items]
    if help_ is not None:
        return Refusal(f"the request {said.assistance_id!r} is there already", cooperation.clause)
    if said.kind not in kinds:
        return Refusal(f"the agreement knows help with {', '.join(kinds)}", cooperation.clause, "kind")
    refusal = ahead(world, said.received_at, cooperation.clause, "received_at")
    if refusal is not None:
        return refusal
    asked_on = local_date(world.agreement, said.received_at)
    if said.needed_on is not None and said.needed_on < asked_on:
        return Refusal(f"it was asked for on {asked_on}", cooperation.clause, "needed_on")
    due = assistance_due(world.agreement, asked_on)
    due_on = said.needed_on or due.day
    reckoning = None if said.needed_on else reckon(due)
    opened = AssuranceOpened(**_of(said), asked_on=said.needed_on, due_on=due_on, reckoning=reckoning)
    return Step(Assistance(status="open", due_on=due_on, request=said), (opened,))


def _quote(help_: Assistance, said: says.AssistanceQuoted, clause: str) -> Step | Refusal:
    if any(each.quote_id == said.quote_id for each in help_.quotes):
        return Refusal(f"the quote {said.quote_id!r} was offered already", clause, "quote_id")
    if help_.status == "begun":
        return Refusal("the work has begun: a quote comes before it", clause)
    update = {"quote": said, "accepted": None, "answered_by": None, "quotes": (*help_.quotes, said)}
    facts = {
        "assistance_id": said.assistance_id,
        "quote_id": said.quote_id,
        "costs": f"{said.costs.amount} {said.costs.currency}",
        "text": said.text,
    }
    notice = Notice(AssuranceNoticeKind.QUOTE_OFFERED, {**facts})
    decided = AssuranceQuoteDecided(**_of(said), quote_id=said.quote_id)
    return Step(help_.model_copy(update=update), (decided,), (notice,))


def _answer(help_: Assistance, said: says.AssistanceQuoteAnswered, clause: str) -> Step | Refusal:
    if help_.quote is None or help_.quote.quote_id != said.quote_id:
        standing = "none" if help_.quote is None else repr(help_.quote.quote_id)
        return Refusal(f"the quote that stands is {standing}", clause, "quote_id")
    if help_.accepted is not None:
        how = "accepted" if help_.accepted else "declined"
        return Refusal(f"{help_.answered_by} {how} it already", clause)
    decided = AssuranceQuoteDecided(**_of(said), quote_id=said.quote_id, accepted=said.accepted)
    after = help_.model_copy(update={"accepted": said.accepted, "answered_by": said.said_by})
    return Step(after, (decided,))


def _unpaid(help_: Assistance, clause: str) -> Refusal | None:
    """§10: costly work waits for the client's word on its quote."""
    if help_.quote is None or help_.accepted:
        return None
    if help_.accepted is None:
        return Refusal(f"the client has not answered the quote {help_.quote.quote_id!r} yet", clause)
    return Refusal(f"the client declined the quote {help_.quote.quote_id!r}: offer another", clause)


def _begin(world: World, help_: Assistance, clause: str) -> Step | Refusal:
    if help_.begun_at is not None:
        return Refusal(f"it has begun at {help_.begun_at.isoformat()}", clause)
    return Step(help_.model_copy(update={"status": "begun", "begun_at": world.now}))


def _give(world: World, help_: Assistance, said: says.AssistanceGiven) -> Step:
    late = help_.due_on is not None and world.today > help_.due_on
    answered = AssuranceAnswered(**_of(said), complete=True, late=late)
    notice = Notice(AssuranceNoticeKind.ASSISTANCE_GIVEN, {"assistance_id": said.assistance_id, "text": said.text})
    return Step(help_.model_copy(update={"status": "given", "given": (said,)}), (answered,), (notice,))


def _fall_due(help_: Assistance, due: AppointmentMatterDue) -> Step | None:
    if help_.is_over or help_.overdue or help_.due_on != due.due_on:
        return None
    overdue = AssuranceOverdue(
        client_id=due.client_id, matter=Matter.ASSISTANCE, matter_id=due.matter_id, due_on=due.due_on
    )
    return Step(help_.model_copy(update={"overdue": True}), (overdue,))


def _of(said: says.AssistanceEvent) -> Of:
    return Of(client_id=said.client_id, matter=Matter.ASSISTANCE, matter_id=said.assistance_id)
