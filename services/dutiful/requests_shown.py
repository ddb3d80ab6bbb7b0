"""Requests, instructions and what is sealed, as a person reads them on a terminal."""

from datetime import UTC, datetime
from typing import TypeVar

from pydantic import BaseModel, JsonValue
from rich.console import Console
from rich.text import Text

M = TypeVar("M", bound=BaseModel)


class _Answer(BaseModel):
    """What is shown of an answer."""

    answer_id: str
    sha256: str
    sent_at: datetime | None
    instruction_id: str | None


class _Attempt(BaseModel):
    """What is shown of a try that was refused."""

    at: datetime
    answer_id: str
    tried_by: str
    reason: str


class _Candidate(BaseModel):
    """What is shown of a candidate."""

    client_id: str
    because: str


class _Quote(BaseModel):
    """What is shown of a quote."""

    quote_id: str
    amount: str
    currency: str


class _Help(BaseModel):
    """What is shown of help that was asked for."""

    assistance_id: str
    acts: list[str]
    standing: str
    quote: _Quote | None


class _Request(BaseModel):
    """What is shown of a request."""

    request_id: str
    kind: str
    about: str
    status: str
    client_id: str | None
    times: int
    tell_by: datetime
    told_at: datetime | None
    answer_by_unrolled: str | None
    answer_by: str | None
    handler: str | None
    requester: JsonValue = None
    candidates: list[_Candidate] = []
    answers: list[_Answer] = []
    refused: list[_Attempt] = []
    assistance: list[_Help] = []


class _Instruction(BaseModel):
    """What is shown of an instruction."""

    instruction_id: str
    request_id: str | None
    standing: str
    version: int
    channel: str
    given_by: str
    received_at: datetime
    purpose: str
    sha256: str
    reason: str | None = None
    text: str | None = None


def show_request(answer: object, asked: str | None = None) -> None:
    """How a request stands: its client, its dates, its answers and what was refused."""
    request = _Request.model_validate(answer)
    console = Console()
    times = f", came {request.times} times" if request.times > 1 else ""
    lines = [f"{request.request_id}: {request.kind}, {request.about}, {request.status}{times}"]
    lines += [f"{asked} is another id of it"] if asked not in (None, request.request_id) else []
    lines.append(f"client: {request.client_id or 'nobody has said yet whose data it is about'}")
    lines.append(_told(request))
    if request.answer_by_unrolled:
        lines.append(
            f"the client's own date: {request.answer_by_unrolled} (moved to a working day: {request.answer_by})"
        )
    lines += [f"perhaps {each.client_id}: {each.because}" for each in request.candidates if not request.client_id]
    lines.append(f"who asks: {_words(request)}")
    lines += [_answer(each) for each in request.answers]
    lines += [
        f"refused at {_at(each.at)}: {each.answer_id}, by {each.tried_by}: {each.reason}" for each in request.refused
    ]
    lines += [_help(each) for each in request.assistance]
    for line in lines:
        console.print(inert(line), soft_wrap=True)


def show_requests(answer: object) -> None:
    """Requests, two lines each, so that ids are whole on a terminal of any width."""
    console = Console()
    for each in _items(answer, _Request):
        console.print(inert(f"{each.request_id}  {each.about}, {each.status}"), soft_wrap=True)
        own = f"; its own date: {each.answer_by_unrolled}" if each.answer_by_unrolled else ""
        console.print(inert(f"    {each.client_id or 'nobody yet'}: {_told(each)}{own}"), soft_wrap=True)


def show_instruction(answer: object) -> None:
    """How an instruction stands, its evidence, its words for whoever may read them, and why it does not count."""
    each = _Instruction.model_validate(answer)
    about = f", about {each.request_id}" if each.request_id else ""
    console = Console()
    standing = each.standing.replace("_", " ")
    head = f"{each.instruction_id}: {standing}, version {each.version}{about}; {each.purpose}"
    console.print(inert(head), soft_wrap=True)
    evidence = f"{each.given_by}, by {each.channel}, {_at(each.received_at)}; SHA-256 {each.sha256}"
    console.print(inert(f"    {evidence}"), soft_wrap=True)
    if each.text is not None:
        console.print(inert(f"    it says: {each.text}"), soft_wrap=True)
    if each.reason is not None:
        console.print(inert(f"    {standing} because: {each.reason}"), soft_wrap=True)


def show_register(answer: object) -> None:
    """Instructions, as each is shown alone, with what each is for."""
    for each in _Page.model_validate(answer).items:
        show_instruction(each)


class _Page(BaseModel):
    """A page of anything."""

    items: list[JsonValue]


def _items(answer: object, kind: type[M]) -> list[M]:
    return [kind.model_validate(each) for each in _Page.model_validate(answer).items]


def inert(line: str) -> Text:
    """What a stranger wrote is text: what could move the cursor, or colour what follows, is a space."""
    return Text("".join(c if c.isprintable() else " " for c in line))


def _at(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def _told(request: _Request) -> str:
    return f"told {_at(request.told_at)}" if request.told_at else f"not told yet, must know by {_at(request.tell_by)}"


def _words(request: _Request) -> str:
    if isinstance(request.requester, dict):
        return f"{request.requester.get('reply_to') or 'nobody who can be reached'}: {request.requester.get('text')}"
    return f"shown to the client, and to its handler ({request.handler or 'nobody has taken it'})"


def _answer(answer: _Answer) -> str:
    if answer.sent_at is None:
        return f"answer {answer.answer_id}: a draft, nothing has left; SHA-256 {answer.sha256}"
    return (
        f"answer {answer.answer_id}: left at {_at(answer.sent_at)} on {answer.instruction_id}; SHA-256 {answer.sha256}"
    )


def _help(help_: _Help) -> str:
    quote = f", quote {help_.quote.quote_id}: {help_.quote.amount} {help_.quote.currency}" if help_.quote else ""
    return f"help {help_.assistance_id}: {', '.join(help_.acts)}, {help_.standing}{quote}"
