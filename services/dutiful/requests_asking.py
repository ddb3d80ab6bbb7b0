"""What the commands about requests have alike: whom they ask, and under which key."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Final

import typer

from dutiful.asking import act, ask

REQUESTS: Final = "http://127.0.0.1:8086"

Request = Annotated[str, typer.Argument(help="the request's id")]
Token = Annotated[str, typer.Option(envvar="DUTIFUL_TOKEN", help="`dutiful token --role operator` mints one")]
Url = Annotated[str, typer.Option("--requests", envvar="DUTIFUL_REQUESTS", help="URL of the service requests")]
Reason = Annotated[str, typer.Option(help="why")]
At = Annotated[
    str | None, typer.Option(metavar="INSTANT", help="with its offset, as in 2026-03-31T09:00:00Z; now by default")
]
Json = Annotated[bool, typer.Option("--json", help="print JSON")]


def read(path: str, token: str, url: str) -> object:
    """What a GET answers."""
    return ask(f"{url}{path}", token, "--requests")


def say(path: str, body: Mapping[str, object], token: str, url: str) -> object:
    """Post what is said, without what is not; without an answer, the same again is carried out once."""
    return act(f"{url}{path}", token, "--requests", _said(body))


def _said(body: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in body.items() if value not in (None, [], ())}


def instant(at: str | None) -> str:
    """The instant that was given, or this one."""
    return at or datetime.now(UTC).isoformat()
