"""What is personal of a request lies closed, each text bound to its place, under a key from outside."""

from collections.abc import Sequence
from typing import Final, TypeVar

from cryptography.hazmat.primitives import hashes, hmac
from pydantic import BaseModel, Field, SecretStr

from chassis import vault
from contracts.dsar import Attachments, Corrections, Identifier
from contracts.event import Part

M = TypeVar("M", bound=BaseModel)
_CLOSED: Final = b"dutiful/requests/vault/1"
_MARKED: Final = b"dutiful/requests/mark/1"


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

    def __init__(self, key: SecretStr, others: Sequence[SecretStr] = ()) -> None:
        """`key` closes; `others` open too."""
        keys = [each.get_secret_value() for each in (key, *others)]
        self.box = vault.Vault(_CLOSED, keys)
        self._marks = [vault.derive(each, _MARKED) for each in keys]

    def close(self, what: BaseModel, place: str) -> bytes:
        """Encrypt; `place` names where it lies, and it opens nowhere else."""
        return self.close_bytes(what.model_dump_json().encode(), place)

    def close_bytes(self, content: bytes, place: str) -> bytes:
        """The same of bytes."""
        return self.box.close(content, place)

    def open(self, kind: type[M], closed: bytes, place: str) -> M:
        """Decrypt what was closed for this place; raises WrongKey."""
        return kind.model_validate_json(self.open_bytes(closed, place))

    def open_bytes(self, closed: bytes, place: str) -> bytes:
        """The same of bytes."""
        return self.box.open(closed, place)

    def marks(self, *words: str) -> list[bytes]:
        """By each key the same for the same words, telling nothing to who has none; the first is to be kept."""
        return [_mark(key, words) for key in self._marks]


def _mark(key: bytes, words: Sequence[str]) -> bytes:
    mac = hmac.HMAC(key, hashes.SHA256())
    for word in words:
        mac.update(len(word.encode()).to_bytes(8) + word.encode())
    return mac.finalize()
