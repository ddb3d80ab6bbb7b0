"""What is personal of a request lies closed: AES-256-GCM, each text bound to its place, under a key from outside."""

import secrets
from typing import Final, TypeVar

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes, hmac
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from pydantic import BaseModel, Field

from chassis.transaction import Transaction
from contracts.dsar import Attachments, Corrections, Identifier
from contracts.event import Part

M = TypeVar("M", bound=BaseModel)
_NONCE: Final = 12


class WrongKey(Exception):
    """The key is not the one that closed what lies here, or the bytes were changed or moved."""


class Requester(Part):
    """Who asks, in their own words."""

    text: str
    reply_to: str | None = None
    hints: tuple[str, ...] = ()
    identifiers: tuple[Identifier, ...] = ()
    attachments: Attachments = ()


class Subject(Part):
    """Who help is about, as systems know the person, and what is to be corrected."""

    identifiers: tuple[Identifier, ...]
    corrections: Corrections = Field({}, repr=False)


class AnswerText(Part):
    """What an answer says; its JSON is what is hashed, and what leaves."""

    text: str
    attachments: Attachments = ()


class Said(Part):
    """What an instruction says."""

    text: str


class Vault:
    """Closes and opens; holds no text."""

    def __init__(self, key: str) -> None:
        self._cipher = AESGCM(_derive(key, b"dutiful/requests/vault/1"))
        self._marks = _derive(key, b"dutiful/requests/mark/1")

    def close(self, what: BaseModel, place: str) -> bytes:
        """Encrypt; `place` names where it lies, and it opens nowhere else."""
        return self.close_bytes(what.model_dump_json().encode(), place)

    def close_bytes(self, content: bytes, place: str) -> bytes:
        """The same of bytes."""
        nonce = secrets.token_bytes(_NONCE)
        return nonce + self._cipher.encrypt(nonce, content, place.encode())

    def open(self, kind: type[M], closed: bytes, place: str) -> M:
        """Decrypt what was closed for this place; raises WrongKey."""
        return kind.model_validate_json(self.open_bytes(closed, place))

    def open_bytes(self, closed: bytes, place: str) -> bytes:
        """The same of bytes."""
        try:
            return self._cipher.decrypt(closed[:_NONCE], closed[_NONCE:], place.encode())
        except InvalidTag:
            raise WrongKey(f"{place} can't be opened: DUTIFUL_VAULT_KEY is not the key that closed it") from None

    def mark(self, *words: str) -> bytes:
        """The same for the same words, and telling nothing of them to who has no key."""
        mac = hmac.HMAC(self._marks, hashes.SHA256())
        for word in words:
            mac.update(len(word.encode()).to_bytes(8) + word.encode())
        return mac.finalize()


async def check_key(tx: Transaction, vault: Vault) -> None:
    """That the key is the one of before is seen at the start, and not when somebody asks for a text; WrongKey."""
    closed = await tx.fetchval("SELECT closed FROM vault_check")
    if closed is None:
        await tx.execute(
            "INSERT INTO vault_check (closed) VALUES ($1) ON CONFLICT DO NOTHING",
            vault.close(Said(text="dutiful"), "vault_check"),
        )
    else:
        vault.open(Said, closed, "vault_check")


def _derive(key: str, purpose: bytes) -> bytes:
    return HKDF(hashes.SHA256(), length=32, salt=None, info=purpose).derive(key.encode())
