"""`dutiful notices`: where a client's notices are: received, under way by which channel, or failed."""

from datetime import UTC, datetime
from typing import Annotated, Final
from urllib.parse import urlencode

import typer
from pydantic import BaseModel
from rich.console import Console
from rich.text import Text

from dutiful.asking import ask

_COLOURS: Final = {"received": "green", "failed": "red", "under way": "yellow"}


class _Notice(BaseModel):
    """What is shown of a notice."""

    notice_id: str
    about: str
    kind: str
    state: str
    created_at: datetime
    deadline_at: datetime
    received_at: datetime | None
    receipt_channel: str | None


class _Way(BaseModel):
    """What is shown of a delivery."""

    delivery_id: str
    channel: str
    status: str
    attempts: int
    next_attempt_at: datetime | None


class _Attempt(BaseModel):
    """What is shown of an attempt."""

    at: datetime
    ok: bool
    status: int | None
    reason: str | None


class _Notices(BaseModel):
    items: list[_Notice]


class _Ways(BaseModel):
    items: list[_Way]


class _Delivery(BaseModel):
    attempts: list[_Attempt]


def notices(
    client: Annotated[str, typer.Option(help="the client's id")],
    token: Annotated[str, typer.Option(envvar="DUTIFUL_TOKEN", help="of an operator; `dutiful token` mints one")],
    about: Annotated[
        str | None, typer.Option(help="those about this alone: a change, an incident, a termination")
    ] = None,
    last: Annotated[int, typer.Option(min=1, max=500, help="so many, the newest")] = 20,
    notifier: Annotated[
        str, typer.Option(envvar="DUTIFUL_NOTIFIER", help="URL of the notifier")
    ] = "http://127.0.0.1:8082",
    as_json: Annotated[bool, typer.Option("--json", help="print JSON")] = False,
) -> None:
    """Where a client's notices are: since when it has them, or which way was tried, what was answered, what comes next.

    Example: dutiful notices --client client-42 --token "$(dutiful token --role operator)"
    """
    query = urlencode({"client_id": client, "limit": last} | ({"about": about} if about else {}))
    answer = ask(f"{notifier}/notices?{query}", token, "--notifier")
    console = Console(soft_wrap=True, highlight=False)
    if as_json:
        console.print_json(data=answer)
        return
    found = _Notices.model_validate(answer).items
    for notice in found:
        console.print(_line(notice))
        for way in _ways(notifier, notice, token):
            console.print(Text(f"  {way}"))
    if not found:
        print(f"no notice to {client}" + (f" about {about}" if about else ""))


def _line(notice: _Notice) -> Text:
    line = Text(f"{_time(notice.created_at)}  ")
    line.append(f"{notice.kind} {notice.about}", style="bold")
    line.append(f"  {notice.state}", style=_COLOURS[notice.state])
    if notice.received_at:
        line.append(f" {_time(notice.received_at)} by {notice.receipt_channel}")
    else:
        line.append(f", deadline {_time(notice.deadline_at)}")
    line.append(f"  {notice.notice_id}", style="dim")
    return line


def _ways(notifier: str, notice: _Notice, token: str) -> list[str]:
    """The deliveries of a notice that its client doesn't have."""
    if notice.received_at:
        return []
    ways = ask(f"{notifier}/deliveries?notice_id={notice.notice_id}", token, "--notifier")
    said = []
    for way in reversed(_Ways.model_validate(ways).items):
        answer = ask(f"{notifier}/deliveries/{way.delivery_id}", token, "--notifier")
        said.append(_way(way, _Delivery.model_validate(answer).attempts))
    return said


def _way(way: _Way, attempts: list[_Attempt]) -> str:
    parts = [f"by {way.channel}: {way.status}, {way.attempts} attempt{'' if way.attempts == 1 else 's'}"]
    if attempts:
        last = attempts[-1]
        answer = " ".join(str(each) for each in (last.status, last.reason) if each) or "ok"
        parts.append(f"the last {_time(last.at)} answered {answer}")
    if way.next_attempt_at:
        parts.append(f"the next {_time(way.next_attempt_at)}")
    return ", ".join(parts)


def _time(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%SZ")
