"""Whom a task is about: asked of `requests` with the holder's own token, kept in memory alone, gone with the work (§9).

Nothing that is raised here names an identifier: what is said of an error goes on the bus.
"""

import asyncio
from collections.abc import Callable
from http import HTTPStatus
from pathlib import Path
from typing import Final

import aiohttp
from pydantic import ValidationError

from contracts.task import TaskOrdered, TaskSubject
from holder.executors import ExecutorFailed

_TIMEOUT: Final = aiohttp.ClientTimeout(total=30)
_AT_MOST_BYTES: Final = 1024 * 1024
_SAID: Final = {
    HTTPStatus.UNAUTHORIZED: "requests doesn't take this holder's token",
    HTTPStatus.FORBIDDEN: "requests doesn't let this holder's token read whom a task is about",
    HTTPStatus.NOT_FOUND: "requests knows no such task of this holder",
    HTTPStatus.GONE: "the task is over: whom it was about is not kept any more",
}


class SubjectAway(OSError):
    """Requests doesn't answer now; it is asked again."""


class Subjects:
    """Reads subjects; `token` gives a token that is good now."""

    def __init__(self, url: str | None, token: Callable[[], str]) -> None:
        self._url = url
        self._token = token

    async def read(self, order: TaskOrdered) -> TaskSubject:
        """Whom an order is about; ExecutorFailed says why it can't be had."""
        try:
            subject = TaskSubject.model_validate_json(await self._get(order.order_id))
        except ValidationError as error:
            fields = ", ".join(".".join(str(step) for step in each["loc"][:1]) for each in error.errors())
            raise ExecutorFailed(f"requests names nobody that can be looked for: {fields or 'no JSON'}") from None
        if (subject.order_id, subject.client_id) != (order.order_id, order.client_id):
            raise ExecutorFailed("requests names somebody of another task")
        return subject

    async def _get(self, order_id: str) -> bytes:
        if self._url is None:
            raise ExecutorFailed("this holder isn't told where requests answers: DUTIFUL_REQUESTS_URL")
        headers = {"Authorization": f"Bearer {await asyncio.to_thread(self._token)}"}
        url = f"{self._url.rstrip('/')}/tasks/{order_id}/subject"
        try:
            async with (
                aiohttp.ClientSession(timeout=_TIMEOUT, trust_env=False) as session,
                session.get(url, headers=headers, allow_redirects=False) as answer,
            ):
                if answer.status == HTTPStatus.OK:
                    return await _read(answer)
        except (aiohttp.ClientError, TimeoutError) as error:
            raise SubjectAway(f"requests: {type(error).__name__}") from None
        if answer.status in _SAID:
            raise ExecutorFailed(_SAID[HTTPStatus(answer.status)])
        raise SubjectAway(f"requests answers {answer.status}")


async def _read(answer: aiohttp.ClientResponse) -> bytes:
    body = b""
    while chunk := await answer.content.read(_AT_MOST_BYTES):
        body += chunk
        if len(body) > _AT_MOST_BYTES:
            raise ExecutorFailed(f"requests names more than fits into {_AT_MOST_BYTES} bytes")
    return body


def token_of(file: Path) -> str:
    """A token that somebody else keeps fresh, in a file."""
    try:
        return file.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        raise ExecutorFailed(f"{file} holds no token for requests") from None
