"""Why a connection or an exchange failed, in the few words that an attempt records."""

import socket
import ssl
from typing import Final

from aiohttp import (
    ClientConnectorDNSError,
    ClientConnectorError,
    ClientError,
    ClientOSError,
    ClientPayloadError,
    ClientResponseError,
    ServerDisconnectedError,
    ServerTimeoutError,
)

# In this order: what is said more precisely comes first.
_REASONS: Final[tuple[tuple[tuple[type[BaseException], ...], str], ...]] = (
    ((TimeoutError,), "timeout"),
    ((ClientConnectorDNSError, socket.gaierror), "name not found"),
    ((ssl.SSLError, ssl.CertificateError), "tls"),
    ((ConnectionRefusedError,), "connection refused"),
    ((ClientResponseError, ClientPayloadError), "malformed answer"),
    ((ClientConnectorError,), "unreachable"),
    ((OSError, ClientError), "connection lost"),
)


def is_stale(error: BaseException) -> bool:
    """Whether an exchange broke off in a way that a kept connection does when its other end has just closed it."""
    if isinstance(error, ClientConnectorError | ServerTimeoutError):
        return False
    return isinstance(error, ServerDisconnectedError | ConnectionResetError | BrokenPipeError) or (
        isinstance(error, ClientOSError) and isinstance(error.__cause__, ConnectionResetError | BrokenPipeError)
    )


def reason_of(error: BaseException) -> str:
    """The reason of a failed exchange, looking through the library's wrapping to what the system said."""
    causes = _causes(error)
    for kinds, reason in _REASONS:
        if any(isinstance(cause, kinds) for cause in causes):
            return reason
    return "protocol"


def _causes(error: BaseException) -> list[BaseException]:
    causes = [error]
    while cause := causes[-1].__cause__:
        causes.append(cause)
    return causes
