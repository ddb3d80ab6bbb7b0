"""Questions and questionnaires (§7): asked, answered in time or not, and found to be enough or not. Pure."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from agreement.assurance_days import question_due
from agreement.deadlines import local_date
from assurance.words import Notice, Opening, Record, Refusal, Step, World, ahead, reckon
from contracts.appointment import AppointmentMatterDue
from contracts.assurance import (
    AssuranceAnswered,
    AssuranceClosed,
    AssuranceNoticeKind,
    AssuranceOpened,
    AssuranceOverdue,
    Matter,
)
from contracts.evidence import Document
from contracts.question import QuestionAnswered, QuestionAsked, QuestionEvent, QuestionFoundInsufficient


class Answered(BaseModel):
    """An answer to an item, and whose."""

    model_config = ConfigDict(frozen=True)

    text: str
    said_by: str
    at: datetime


class Question(Record):
    """A question as it stands."""

    asked: QuestionAsked
    answers: dict[int, Answered] = Field(default_factory=dict)
    documents: tuple[Document, ...] = ()
    insufficient: str | None = None

    @property
    def is_over(self) -> bool:
        """Whether every item is answered."""
        return not self.unanswered

    @property
    def unanswered(self) -> list[int]:
        """The items without an answer."""
        return [item for item in range(1, len(self.asked.items) + 1) if item not in self.answers]


def competes(world: World) -> Refusal | None:
    """§7: nothing of this is for a competitor, or who is affiliated with one."""
    audit, why = world.agreement.audit, world.client.competitor
    if not audit.refused_to_competitors or why is None:
        return None
    reason = f"the client is marked as a competitor, or as affiliated with one: {why}"
    return Refusal(reason, audit.clause, gate="competitor", opening=Opening("competitor"))


def weigh(world: World, question: Question | None, said: QuestionEvent | AppointmentMatterDue) -> Step | Refusal | None:
    """§7: what comes of a word about a question; None: nothing at all."""
    clause = world.agreement.audit.clause
    match said:
        case QuestionAsked():
            return _ask(world, question, said)
        case _ if question is None:
            return None
        case QuestionAnswered():
            return competes(world) or _answer(world, question, said)
        case QuestionFoundInsufficient():
            return _find_insufficient(question, said, clause)
        case AppointmentMatterDue():
            return _fall_due(question, said)
        case _:
            return None


def _ask(world: World, question: Question | None, said: QuestionAsked) -> Step | Refusal:
    clause = world.agreement.audit.clause
    if question is not None:
        return Refusal(f"the question {said.question_id!r} is there already", clause)
    refusal = competes(world) or ahead(world, said.received_at, clause, "received_at")
    if refusal is not None:
        return refusal
    due = question_due(world.agreement, local_date(world.agreement, said.received_at))
    opened = AssuranceOpened(
        client_id=said.client_id,
        matter=Matter.QUESTION,
        matter_id=said.question_id,
        due_on=due.day,
        reckoning=reckon(due),
    )
    return Step(Question(status="open", due_on=due.day, asked=said), (opened,))


def _answer(world: World, question: Question, said: QuestionAnswered) -> Step | Refusal:
    items = len(question.asked.items)
    if any(each.item > items for each in said.answers):
        return Refusal(f"the question has {items} items", world.agreement.audit.clause, "answers")
    new = {each.item: Answered(text=each.text, said_by=said.said_by, at=world.now) for each in said.answers}
    after = question.model_copy(
        update={
            "answers": question.answers | new,
            "documents": (*question.documents, *said.documents),
            "insufficient": None,
        }
    )
    complete = not after.unanswered
    after = after.model_copy(update={"status": "answered" if complete else "open"})
    late = question.due_on is not None and world.today > question.due_on
    answered = AssuranceAnswered(
        client_id=said.client_id, matter=Matter.QUESTION, matter_id=said.question_id, complete=complete, late=late
    )
    facts = {"question_id": said.question_id, "first_item": question.asked.items[0]}
    notices = (Notice(AssuranceNoticeKind.QUESTION_ANSWERED, {**facts}),) if complete else ()
    return Step(after, (answered,), notices)


def _find_insufficient(question: Question, said: QuestionFoundInsufficient, clause: str) -> Step | Refusal:
    if question.unanswered and not question.overdue:
        names = (("question_id", said.question_id), ("due_on", str(question.due_on)))
        reason = f"not answered yet: {', '.join(f'item {item}' for item in question.unanswered)}"
        return Refusal(reason, clause, gate="need", opening=Opening("answer_first", names), opens_on=question.due_on)
    if question.insufficient is not None:
        return Refusal("that is said already", clause)
    after = question.model_copy(update={"status": "insufficient", "insufficient": said.reason})
    closed = AssuranceClosed(
        client_id=said.client_id,
        matter=Matter.QUESTION,
        matter_id=said.question_id,
        how="insufficient",
        reason=said.reason,
    )
    return Step(after, (closed,))


def _fall_due(question: Question, due: AppointmentMatterDue) -> Step | None:
    if question.is_over or question.overdue or question.due_on != due.due_on:
        return None
    overdue = AssuranceOverdue(
        client_id=due.client_id, matter=Matter.QUESTION, matter_id=due.matter_id, due_on=due.due_on
    )
    return Step(question.model_copy(update={"overdue": True}), (overdue,))
