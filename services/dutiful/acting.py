"""A command that does something has a key, kept until its answer has come: the same command again is then a retry.

What was answered, be it by a refusal, is done with: the same words after it are a new act, under a key of their own.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from hashlib import blake2b
from pathlib import Path
from time import time
from typing import Final
from uuid import uuid4

import typer
from pydantic_core import to_json

_KEPT: Final = timedelta(days=1)
"""Whoever says the same so long after means it anew."""


class NoAnswer(Exception):
    """Nobody knows whether it was carried out: nothing came back, or the service could not say."""


@contextmanager
def key_of(said: object) -> Iterator[str]:
    """The key of what is said: the one under which the same was said before, if nobody knows what came of that.

    It is forgotten once something came: an answer, or a refusal, after which a command exits. Where it can't be kept it
    is fresh each time.
    """
    path = _home() / blake2b(to_json(said), digest_size=16).hexdigest()
    key = _kept(path) or uuid4().hex
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(key)
    try:
        yield key
    except typer.Exit:
        _forget(path)
        raise
    _forget(path)


def _kept(path: Path) -> str | None:
    try:
        return path.read_text() if time() - path.stat().st_mtime < _KEPT.total_seconds() else None
    except OSError:
        return None


def _forget(path: Path) -> None:
    with suppress(OSError):
        path.unlink()


def _home() -> Path:
    """Where programs keep their state (XDG Base Directory Specification)."""
    state = os.environ.get("XDG_STATE_HOME")
    return (Path(state) if state else Path.home() / ".local" / "state") / "dutiful" / "unanswered"
