"""Encrypts and decrypts under a client's key. A key is asked for each time: a destroyed one is nowhere in memory."""

import secrets
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from shredding.keys import DataKey, KeyDestroyed, Keys, KeyUnknown, Wrapper, context

_MAGIC: Final = b"DSH1"
_ID: Final = 16
_NONCE: Final = 12
_HEAD: Final = len(_MAGIC) + _ID + _NONCE


class Unreadable(Exception):
    """The bytes were not encrypted here, or for another client or category, or were changed."""


class Shredder:
    """Encrypts for one client and category what must one day be gone.

    A ciphertext is `DSH1`, the key's id (16 bytes), a nonce (12), the text and its tag (16). A key is good for four
    thousand million of them.
    """

    def __init__(self, keys: Keys, wrapper: Wrapper) -> None:
        self._keys = keys
        self._wrapper = wrapper

    async def encrypt(self, client_id: str, category: str, plaintext: bytes) -> bytes:
        """Encrypt; the first time makes the key. KeyDestroyed where it was destroyed: nothing comes after the end."""
        found = await self._keys.find(client_id, category) or await self._make(client_id, category)
        cipher = await self._open(found, client_id, category)
        head = _MAGIC + found.key_id + secrets.token_bytes(_NONCE)
        return head + cipher.encrypt(head[-_NONCE:], plaintext, _bound(client_id, category, found.key_id))

    async def decrypt(self, client_id: str, category: str, ciphertext: bytes) -> bytes:
        """Decrypt; KeyDestroyed or KeyUnknown where there is no key, Unreadable where it is not the one."""
        found = await self._keys.find(client_id, category)
        if found is None:
            raise KeyUnknown(f"{client_id} has no key of {category}")
        cipher = await self._open(found, client_id, category)
        head, rest = ciphertext[:_HEAD], ciphertext[_HEAD:]
        if head[:-_NONCE] != _MAGIC + found.key_id:
            raise Unreadable("this was not encrypted under the client's key of this category")
        try:
            return cipher.decrypt(head[-_NONCE:], rest, _bound(client_id, category, found.key_id))
        except InvalidTag:
            raise Unreadable("the ciphertext was changed") from None

    async def _make(self, client_id: str, category: str) -> DataKey:
        key_id = secrets.token_bytes(_ID)
        key = AESGCM.generate_key(256)
        wrapped = await self._wrapper.wrap(key, context(client_id, category, key_id))
        return await self._keys.add(client_id, category, key_id, wrapped)

    async def _open(self, found: DataKey, client_id: str, category: str) -> AESGCM:
        if found.wrapped is None:
            raise KeyDestroyed(f"the key of {client_id} for {category} was destroyed at {found.destroyed_at}")
        return AESGCM(await self._wrapper.unwrap(found.wrapped, context(client_id, category, found.key_id)))


def _bound(client_id: str, category: str, key_id: bytes) -> bytes:
    return b"text\0" + context(client_id, category, key_id)
