"""Why a connection or an exchange failed, in the few words that an attempt records."""

import socket
import ssl
from typing import Final

from notifier.connections import Unreachable
from notifier.exchange import Malformed

# In this order: what is said more precisely comes first.
_REASONS: Final[tuple[tuple[tuple[type[BaseException], ...], str], ...]] = (
    ((TimeoutError,), "timeout"),
    ((socket.gaierror,), "name not found"),
    ((ssl.SSLError,), "tls"),
    ((ConnectionRefusedError,), "connection refused"),
    ((Malformed,), "malformed answer"),
    ((Unreachable,), "unreachable"),
    ((OSError,), "connection lost"),
)


def reason_of(error: BaseException) -> str:
    """The reason of a failed exchange, looking through our wrapping to what the system said."""
    causes = (error, error.__cause__)
    for kinds, reason in _REASONS:
        if any(isinstance(cause, kinds) for cause in causes):
            return reason
    return "protocol"
