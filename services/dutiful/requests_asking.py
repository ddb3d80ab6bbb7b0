"""What the commands about requests have alike: whom they ask, and under which key."""

from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Annotated, Final
from uuid import uuid4

import typer
from pydantic_core import to_json

from dutiful.asking import ask

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
    """Post what is said, without what is not. Said again it is weighed anew: much may have changed since."""
    return ask(f"{url}{path}", token, "--requests", body=_said(body), key=uuid4().hex)


def make(path: str, body: Mapping[str, object], token: str, url: str) -> object:
    """Post what makes something, under a key made of it: the same command again makes nothing more."""
    said = _said(body)
    key = blake2b(to_json([path, {**said, "received_at": None}]), digest_size=16).hexdigest()
    return ask(f"{url}{path}", token, "--requests", body=said, key=key)


def _said(body: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in body.items() if value not in (None, [], ())}


def instant(at: str | None) -> str:
    """The instant that was given, or this one."""
    return at or datetime.now(UTC).isoformat()
