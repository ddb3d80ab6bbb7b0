"""Connections that lead outside only: the address that is really connected to is judged, at the moment of connecting.

So neither a name that changes its answer (DNS rebinding) nor a literal address, which skips every resolver, gets past.
"""

import socket
from typing import Final

from aiohttp import AddrInfoType, TCPConnector
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import DefaultResolver

from notifier.addresses import check_address

KEPT_ALIVE_S: Final = (
    4.0  # under the 5 s after which common servers close, so that we are seldom the one who is surprised
)


class GuardedResolver(AbstractResolver):
    """Refuses a name if any address of its answer leads inside.

    Filtering those out would let one name be both an outside endpoint and a way in, and its fate would hang on which
    address is tried first; an honest endpoint has no private address in public DNS.
    """

    def __init__(self, inner: AbstractResolver, *, allow_loopback: bool) -> None:
        self._inner = inner
        self._allow_loopback = allow_loopback

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """The name's addresses; AddressRefused if one leads inside, OSError if there are none."""
        answer = await self._inner.resolve(host, port, family)
        if not answer:
            raise OSError(None, f"{host} has no address")
        for result in answer:
            check_address(result["host"], allow_loopback=self._allow_loopback)
        return answer

    async def close(self) -> None:
        """Close the resolver that answers."""
        await self._inner.close()


class GuardedConnector(TCPConnector):
    """Opens sockets to public addresses only; a literal address is judged as well as a resolved one.

    `connections` is how many may be open at once. Names are resolved by `resolver` and remembered for ten seconds.
    """

    def __init__(
        self, *, allow_loopback: bool = False, connections: int = 100, resolver: AbstractResolver | None = None
    ) -> None:
        self._guarded = GuardedResolver(resolver or DefaultResolver(), allow_loopback=allow_loopback)
        self._allow_loopback = allow_loopback
        super().__init__(
            resolver=self._guarded,
            limit=connections,
            keepalive_timeout=KEPT_ALIVE_S,
            socket_factory=self._open_socket,
        )

    def _open_socket(self, info: AddrInfoType) -> socket.socket:
        """The last gate: every connection goes through here with the address that it goes to."""
        family, kind, protocol, _, target = info
        check_address(str(target[0]), allow_loopback=self._allow_loopback)
        return socket.socket(family=family, type=kind, proto=protocol)
