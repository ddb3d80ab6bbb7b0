"""A download that is on record once its last byte went out, though whoever fetches it hangs up at that moment (TER-5).

Starlette cancels an answer when its client is gone, and many clients are gone as soon as they have what was announced.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from http import HTTPStatus
from typing import Any, Final

from fastapi.responses import StreamingResponse
from starlette.types import Message, Send

_UNDER_WAY: Final[set["asyncio.Task[None]"]] = set()
"""Records that are being written: the loop itself holds tasks weakly."""


class Download(StreamingResponse):
    """An archive, or a part of it; `record` runs when all of its `size` bytes were handed over, and not before."""

    def __init__(
        self,
        body: AsyncIterator[bytes],
        size: int,
        record: Callable[[], Coroutine[Any, Any, None]],
        *,
        status: HTTPStatus,
        headers: Mapping[str, str],
    ) -> None:
        super().__init__(body, status, headers, "application/x-tar")
        self._left = size
        self._record = record

    async def stream_response(self, send: Send) -> None:
        """Send it; once all of it is handed over that is recorded, even if this is cancelled meanwhile."""

        async def counted(message: Message) -> None:
            await send(message)
            self._left -= len(message.get("body", b""))
            if self._left == 0 and message.get("more_body"):
                await self._recorded()

        await super().stream_response(counted)

    async def _recorded(self) -> None:
        task = asyncio.create_task(self._record(), name="record a download")
        _UNDER_WAY.add(task)
        task.add_done_callback(_UNDER_WAY.discard)
        await asyncio.shield(task)
