"""Standard Webhooks 1.0 signatures: HMAC-SHA256 over `id.timestamp.body`, one per secret in force.

The keyed hash of a secret is made once and copied per message, which is what makes this cheaper than the reference
library, whose verification the tests hold it to.
"""

import hashlib
import hmac
import secrets
from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from binascii import b2a_base64
from functools import lru_cache
from typing import Final

PREFIX: Final = "whsec_"
SECRET_BYTES: Final = 32
_LEAST_BYTES: Final = 24  # the standard's bounds
_MOST_BYTES: Final = 64


class SecretMalformed(ValueError):
    """A secret is not `whsec_` and 24 to 64 bytes in base64; the message doesn't repeat it."""


def new_secret() -> str:
    """A fresh random secret, in the form that receivers' libraries take."""
    return PREFIX + b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def sign(secrets_in_force: tuple[str, ...], message_id: str, timestamp: int, body: bytes) -> str:
    """The `webhook-signature` header: one signature per secret, so that both sides of a rotation verify.

    `timestamp` is in Unix seconds.
    """
    content = b"%s.%d.%s" % (message_id.encode(), timestamp, body)
    return " ".join([_signature(secret, content) for secret in secrets_in_force])


def _signature(secret: str, content: bytes) -> str:
    keyed = _keyed(secret).copy()
    keyed.update(content)
    return "v1," + b2a_base64(keyed.digest(), newline=False).decode()


@lru_cache(maxsize=16_384)
def _keyed(secret: str) -> hmac.HMAC:
    try:
        key = b64decode(secret.removeprefix(PREFIX), validate=True)
    except NotBase64:
        raise SecretMalformed("a webhook secret is not base64") from None
    if not secret.startswith(PREFIX) or not _LEAST_BYTES <= len(key) <= _MOST_BYTES:
        raise SecretMalformed(f"a webhook secret is not {PREFIX} and {_LEAST_BYTES} to {_MOST_BYTES} bytes in base64")
    return hmac.new(key, digestmod=hashlib.sha256)
