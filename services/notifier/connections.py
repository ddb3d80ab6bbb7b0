"""Connections that lead outside only: the very address that is connected to is judged, just before connecting.

So neither a name that changes its answer (DNS rebinding) nor a literal address gets past: both come out of one
look-up, all of whose addresses are judged, and the connection is made to those numbers and to no name.
"""

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, NamedTuple, TypeAlias

from notifier.addresses import check_address
from notifier.exchange import Connection

KEPT_ALIVE_S: Final = (
    4.0  # under the 5 s after which common servers close, so that we are seldom the one who is surprised
)
RESOLVED_S: Final = 10.0
Resolver: TypeAlias = Callable[[str, int], Awaitable[Sequence[str]]]
"""A host's numeric addresses."""


class Origin(NamedTuple):
    """Where a URL leads: connections to one origin are alike."""

    host: str
    port: int
    tls: bool


class Unreachable(OSError):
    """None of a host's addresses took the connection."""


class Connections:
    """Opens connections to public addresses (and loopback, where that is allowed), and keeps free ones for the next.

    `kept` is how many free ones stay open at most, for four seconds; `connect_within_s` bounds each address's TCP
    connect and TLS handshake. A look-up is remembered for ten seconds.
    """

    def __init__(
        self, *, allow_loopback: bool, connect_within_s: float, kept: int, resolver: Resolver | None = None
    ) -> None:
        self._allow_loopback = allow_loopback
        self._connect_within_s = connect_within_s
        self._kept = kept
        self._resolver = resolver or _resolve
        self._loop = asyncio.get_running_loop()
        self._tls = ssl.create_default_context()
        self._free: dict[Origin, list[Connection]] = {}
        self._free_count = 0
        self._resolved: dict[tuple[str, int], tuple[float, Sequence[str]]] = {}
        self._sweeping: asyncio.TimerHandle | None = None

    def take(self, origin: Origin) -> Connection | None:
        """A free connection, the one used last; None where there is none."""
        free = self._free.get(origin)
        while free:
            connection = free.pop()
            self._free_count -= 1
            if connection.is_free:
                return connection
        return None

    def give_back(self, origin: Origin, connection: Connection) -> None:
        """Keep a connection for the next request, if it is at a clean end."""
        if not connection.is_free:
            return
        if self._free_count >= self._kept:
            connection.close()
            return
        connection.free_since = self._loop.time()
        self._free.setdefault(origin, []).append(connection)
        self._free_count += 1
        if self._sweeping is None:
            self._sweeping = self._loop.call_later(KEPT_ALIVE_S / 4, self._sweep)

    async def open(self, origin: Origin) -> Connection:
        """A new connection. Raises AddressRefused, OSError (`Unreachable`, gaierror, TLS) and TimeoutError."""
        addresses = await self._addresses(origin.host, origin.port)
        for nth, address in enumerate(addresses, 1):
            try:
                return await self._connect(origin, address)
            except ssl.SSLError:
                raise
            except OSError as error:
                if nth == len(addresses):
                    raise Unreachable(str(error)) from error
        raise OSError(None, f"{origin.host} has no address")

    def close(self) -> None:
        """Close what is free; what is in use is its user's to end."""
        if self._sweeping is not None:
            self._sweeping.cancel()
        for free in self._free.values():
            for connection in free:
                connection.close()
        self._free.clear()

    async def _connect(self, origin: Origin, address: str) -> Connection:
        async with asyncio.timeout(self._connect_within_s):
            _, connection = await self._loop.create_connection(
                lambda: Connection(self._loop),
                address,
                origin.port,
                ssl=self._tls if origin.tls else None,
                server_hostname=origin.host if origin.tls else None,
            )
        return connection

    async def _addresses(self, host: str, port: int) -> Sequence[str]:
        """The addresses of a host, all of them judged; AddressRefused if one leads inside.

        Filtering those out would let one name be both an outside endpoint and a way in, and its fate would hang on
        which address is tried first; an honest endpoint has no private address in public DNS.
        """
        now = self._loop.time()
        until, addresses = self._resolved.get((host, port), (0.0, ()))
        if now >= until:
            addresses = await self._resolver(host, port)
            self._resolved[host, port] = (now + RESOLVED_S, addresses)
        for address in addresses:
            check_address(address, allow_loopback=self._allow_loopback)
        return addresses

    def _sweep(self) -> None:
        """Close what has been free too long, and forget old look-ups."""
        now = self._loop.time()
        for origin, free in list(self._free.items()):
            stay = [each for each in free if each.is_free and now - each.free_since < KEPT_ALIVE_S]
            for connection in set(free) - set(stay):
                connection.close()
            self._free_count -= len(free) - len(stay)
            if stay:
                self._free[origin] = stay
            else:
                del self._free[origin]
        self._resolved = {host: found for host, found in self._resolved.items() if found[0] > now}
        again = bool(self._free)
        self._sweeping = self._loop.call_later(KEPT_ALIVE_S / 4, self._sweep) if again else None


async def _resolve(host: str, port: int) -> Sequence[str]:
    """What the system says; raises socket.gaierror."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(info[4][0]) for info in found))
