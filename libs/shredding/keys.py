"""What a data key is, where it lies, and who wraps it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


class KeyUnknown(Exception):
    """There is no key of this client and category."""


class KeyDestroyed(Exception):
    """The key was destroyed: what it encrypted is gone, and nothing is encrypted under it any more."""


@dataclass(frozen=True, slots=True)
class DataKey:
    """The key of one client and category; `wrapped` is None once it is destroyed."""

    key_id: bytes
    wrapped: bytes | None
    destroyed_at: datetime | None


class Wrapper(Protocol):
    """What keeps data keys closed: a master key, or a key management service. `context` is authenticated with each."""

    async def wrap(self, key: bytes, context: bytes) -> bytes:
        """Close a data key."""
        ...

    async def unwrap(self, wrapped: bytes, context: bytes) -> bytes:
        """Open a data key; ValueError where it was closed by another, or in another context."""
        ...


class Keys(Protocol):
    """Where data keys lie."""

    async def find(self, client_id: str, category: str) -> DataKey | None:
        """The key, destroyed or not."""
        ...

    async def add(self, client_id: str, category: str, key_id: bytes, wrapped: bytes) -> DataKey:
        """Add a key, unless there is one: the one that is there then."""
        ...

    async def destroy(self, client_id: str, category: str) -> DataKey | None:
        """Destroy the key for ever; twice harms nothing. None where there never was one."""
        ...


def context(client_id: str, category: str, key_id: bytes) -> bytes:
    """What a key is bound to: it opens nothing of another client or category."""
    return b"\0".join((b"dutiful/shredding/1", client_id.encode(), category.encode(), key_id))
