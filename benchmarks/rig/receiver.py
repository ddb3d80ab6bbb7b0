"""A webhook receiver that costs next to nothing, in a process of its own: `python -m benchmarks.rig.receiver`.

It answers 200 to every request, after twenty seconds where the path begins with `/hang`. `GET /count` tells how many
requests it has had, how many different webhook ids, and when the first and the last one came; `GET /arrivals` when each
sub-processor was first heard of; `GET /forget` begins anew.
"""

import asyncio
import json
import sys
import time
from typing import ClassVar, cast

import uvloop

_OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
_HANG_S = 20.0
_NAMED = b'"subprocessor_id":"'


class State:
    """What has come in, over all connections."""

    requests = 0
    hanging = 0
    ids: ClassVar[set[bytes]] = set()
    first_at: float | None = None
    last_at: float | None = None
    arrivals: ClassVar[dict[str, float]] = {}


class Receiver(asyncio.Protocol):
    """One connection; requests are read by their Content-Length and nothing else."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is one in all but its bases
        self._buffer = b""

    def data_received(self, data: bytes) -> None:
        """Answer every request that is whole."""
        self._buffer += data
        while (end := self._buffer.find(b"\r\n\r\n")) >= 0:
            head = self._buffer[:end].lower()
            at = head.find(b"content-length:")
            length = int(head[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0
            if len(self._buffer) < end + 4 + length:
                return
            body = self._buffer[end + 4 : end + 4 + length]
            self._buffer = self._buffer[end + 4 + length :]
            self._answer(head, body)

    def _answer(self, head: bytes, body: bytes) -> None:
        if head.startswith(b"post /hang"):
            State.hanging += 1
            asyncio.get_running_loop().call_later(_HANG_S, self._answer_late)
        elif head.startswith(b"post "):
            self._note(head, body)
            self._transport.write(_OK)
        elif head.startswith(b"get /arrivals"):
            self._tell(State.arrivals)
        else:
            self._tell(_count())
            if head.startswith(b"get /forget"):
                _forget()

    def _answer_late(self) -> None:
        if not self._transport.is_closing():
            self._transport.write(_OK)

    def _note(self, head: bytes, body: bytes) -> None:
        State.requests += 1
        State.last_at = time.time()
        State.first_at = State.first_at or State.last_at
        if (at := head.find(b"webhook-id:")) >= 0:
            State.ids.add(head[at + 11 :].split(b"\r\n", 1)[0].strip())
        if (at := body.find(_NAMED)) >= 0:
            named = body[at + len(_NAMED) :].split(b'"', 1)[0].decode()
            State.arrivals.setdefault(named, State.last_at)

    def _tell(self, what: object) -> None:
        body = json.dumps(what).encode()
        self._transport.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))


def _count() -> dict[str, float | None]:
    return {
        "requests": State.requests,
        "hanging": State.hanging,
        "ids": len(State.ids),
        "first_at": State.first_at,
        "last_at": State.last_at,
        "cpu_s": time.process_time(),
    }


def _forget() -> None:
    State.requests, State.hanging, State.first_at, State.last_at = 0, 0, None, None
    State.ids.clear()
    State.arrivals.clear()


async def main() -> None:
    """Serve on a free port, said on stdout, until stdin closes."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Receiver, "127.0.0.1", 0, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
    server.close()


if __name__ == "__main__":
    uvloop.run(main())
