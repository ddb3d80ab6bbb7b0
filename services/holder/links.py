"""Links to return packages: signed, and good as long as the package may be fetched. Pure.

A link has no end of its own: that of its package is one date, which moves while another package is awaited.
"""

import hashlib
import hmac
from typing import Final
from urllib.parse import urlencode

_PATH: Final = "/packages/{}.tar"


def path_of(order_id: str) -> str:
    """Where a package is fetched."""
    return _PATH.format(order_id)


def link(public_url: str, key: bytes, order_id: str) -> str:
    """The link to a package; whoever has it may fetch it while the package is there."""
    query = urlencode({"signature": _sign(key, order_id)})
    return f"{public_url.rstrip('/')}{path_of(order_id)}?{query}"


def is_good(key: bytes, order_id: str, signature: str) -> bool:
    """Whether a link was made here; how far a wrong one is right can't be told from the time."""
    return hmac.compare_digest(_sign(key, order_id).encode(), signature.encode())


def _sign(key: bytes, order_id: str) -> str:
    message = f"GET\n{path_of(order_id)}".encode()
    return hmac.new(key, message, hashlib.sha256).hexdigest()
