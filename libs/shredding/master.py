"""A master key of this process's own, for where there is no key management service."""

import secrets
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_NONCE: Final = 12


class MasterKey:
    """Wraps data keys with AES-256-GCM."""

    def __init__(self, secret: bytes) -> None:
        """`secret` is 32 random bytes, kept apart from the database."""
        if len(secret) != 32:  # noqa: PLR2004 - AES-256
            raise ValueError("a master key has 32 bytes")
        self._cipher = AESGCM(secret)

    async def wrap(self, key: bytes, context: bytes) -> bytes:
        """Close a data key."""
        nonce = secrets.token_bytes(_NONCE)
        return nonce + self._cipher.encrypt(nonce, key, context)

    async def unwrap(self, wrapped: bytes, context: bytes) -> bytes:
        """Open a data key; ValueError where it was closed by another, or in another context."""
        try:
            return self._cipher.decrypt(wrapped[:_NONCE], wrapped[_NONCE:], context)
        except InvalidTag:
            raise ValueError("the data key was wrapped by another master key, or for another client") from None
