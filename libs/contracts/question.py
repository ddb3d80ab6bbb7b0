"""Questions and questionnaires about the processing of a client's data, and their answers (§7)."""

from typing import Annotated, ClassVar

from pydantic import Field

from contracts.event import Event, Id, Instant, Part, Text
from contracts.evidence import Documents, Person


class QuestionEvent(Event):
    """An event about a client's question; a questionnaire is a question of many items."""

    KEY: ClassVar[tuple[str, ...]] = ("client_id",)

    client_id: Id
    question_id: Id
    said_by: Person


class QuestionAsked(QuestionEvent):
    """A client asks, in writing."""

    TYPE: ClassVar[str] = "question.asked"

    items: Annotated[tuple[Text, ...], Field(min_length=1, max_length=200)]
    documents: Documents = ()
    received_at: Instant


class Answer(Part):
    """The answer to an item; the first is 1."""

    item: Annotated[int, Field(ge=1, le=200)]
    text: Text


class QuestionAnswered(QuestionEvent):
    """The processor answers some items; what is answered again replaces what was said before."""

    TYPE: ClassVar[str] = "question.answered"

    answers: Annotated[tuple[Answer, ...], Field(min_length=1, max_length=200)]
    documents: Documents = ()


class QuestionFoundInsufficient(QuestionEvent):
    """The client can't reasonably verify by these answers that the agreement is kept: a reason for an audit."""

    TYPE: ClassVar[str] = "question.found_insufficient"

    reason: Text
