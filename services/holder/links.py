"""Links to return packages: signed, and good for a while. Pure."""

import hashlib
import hmac
from datetime import datetime
from typing import Final
from urllib.parse import urlencode

_PATH: Final = "/packages/{}.tar"
_LONGEST: Final = 20


def path_of(order_id: str) -> str:
    """Where a package is fetched."""
    return _PATH.format(order_id)


def link(public_url: str, key: bytes, order_id: str, expires_at: datetime) -> str:
    """The link to a package; whoever has it may fetch it until then."""
    expires = str(int(expires_at.timestamp()))
    query = urlencode({"expires": expires, "signature": _sign(key, order_id, expires)})
    return f"{public_url.rstrip('/')}{path_of(order_id)}?{query}"


def is_good(key: bytes, order_id: str, expires: str, signature: str, now: datetime) -> bool:
    """Whether a link was made here and is still good; how far a wrong one is right can't be told from the time."""
    signed = hmac.compare_digest(_sign(key, order_id, expires).encode(), signature.encode())
    return signed and expires.isascii() and expires.isdecimal() and _is_ahead(expires, now)


def _is_ahead(expires: str, now: datetime) -> bool:
    return len(expires) <= _LONGEST and int(expires) > now.timestamp()


def _sign(key: bytes, order_id: str, expires: str) -> str:
    message = f"GET\n{path_of(order_id)}\n{expires}".encode()
    return hmac.new(key, message, hashlib.sha256).hexdigest()
