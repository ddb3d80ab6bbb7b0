"""`dutiful deadlines`: what must happen soon and hasn't, of all services."""

import asyncio
import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated, Final

import typer
from pydantic import BaseModel
from pydantic_core import to_json
from rich.console import Console
from rich.text import Text

from dutiful.everyone import Urls, everyone

_UNITS: Final = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}


class _Due(BaseModel):
    """What is shown of something that is open."""

    kind: str
    about: str
    client_id: str | None
    due_at: datetime
    lacks: str
    service: str = ""


class _Answer(BaseModel):
    service: str
    items: list[_Due]


def deadlines(
    token: Annotated[str, typer.Option(envvar="DUTIFUL_TOKEN", help="of an operator; `dutiful token` mints one")],
    within: Annotated[str, typer.Option(help="from now: such as 30m, 48h, 7d")] = "48h",
    client: Annotated[str | None, typer.Option(help="this client's alone")] = None,
    service: Urls = None,
    as_json: Annotated[bool, typer.Option("--json", help="print JSON")] = False,
) -> None:
    """Which deadlines are at risk: what is open and due soon, what is overdue first; 1 where a service didn't answer.

    Example: dutiful deadlines --within 48h --token "$(dutiful token --role operator)"
    """
    found, missing = asyncio.run(_ask(token, _span(within), service))
    shown = [due for due in found if client in {None, due.client_id}]
    if as_json:
        print(to_json(shown).decode())
    else:
        _show(shown, within, missing=missing)
    if missing:
        raise typer.Exit(1)


def _show(shown: Sequence[_Due], within: str, *, missing: bool) -> None:
    console = Console(soft_wrap=True, highlight=False)
    for due in shown:
        console.print(_line(due, datetime.now(UTC)))
    if not shown:
        known = ", as far as those know that answered" if missing else ""
        print(f"nothing is open that is due within {within}{known}")


def _line(due: _Due, now: datetime) -> Text:
    left = due.due_at - now
    word = f"{_said(left)} left" if left > timedelta(0) else f"overdue by {_said(-left)}"
    at = due.due_at.astimezone(UTC).strftime("%Y-%m-%d %H:%MZ")
    line = Text(f"{at}  ")
    line.append(word, style="yellow" if left > timedelta(0) else "red")
    line.append(f"  {due.kind} {due.about}", style="bold")
    line.append(f"  {due.client_id}" if due.client_id else "")
    line.append(f"  lacks {due.lacks}")
    line.append(f"  {due.service}", style="cyan")
    return line


def _said(span: timedelta) -> str:
    hours, minutes = divmod(int(span.total_seconds()) // 60, 60)
    return f"{hours} h {minutes:02} min"


def _span(text: str) -> timedelta:
    match = re.fullmatch(r"([0-9]{1,5})([mhd])", text)
    if match is None or match[1].strip("0") == "":
        raise typer.BadParameter("say a number of minutes, hours or days: 30m, 48h, 7d", param_hint="--within")
    return int(match[1]) * _UNITS[match[2]]


async def _ask(token: str, within: timedelta, urls: Sequence[str] | None) -> tuple[list[_Due], bool]:
    async with everyone(token, urls) as services:
        hours = str(within / timedelta(hours=1))
        answers = await services.ask_all(_Answer, "/deadlines", within=hours)
        services.say_who_is_silent()
    found = [due.model_copy(update={"service": answer.service}) for answer in answers for due in answer.items]
    return sorted(found, key=lambda due: due.due_at), bool(services.silent)
