"""The chain: each entry's hash is that of the one before it and of its own canonical form (RFC 8785, SHA-256). Pure."""

import hashlib
from collections.abc import Mapping
from typing import Final, NamedTuple

from contracts.canonical import canonical

FIRST: Final = "0" * 64
"""What the first entry of a chain follows."""


class Head(NamedTuple):
    """Where a chain ends; `seq` 0: it has no entry yet."""

    seq: int = 0
    hash: str = FIRST


class Linked(NamedTuple):
    """An entry in its place: the chain ends with it."""

    head: Head
    body: str


def hash_of(before: str, body: bytes) -> str:
    """The hash of an entry whose canonical form is `body`, after the one with the hash `before`."""
    return hashlib.sha256(before.encode("ascii") + b"\n" + body).hexdigest()


def link(chain: str, before: Head, fact: Mapping[str, object]) -> Linked:
    """A fact as the next entry of a chain."""
    body = canonical({**fact, "chain": chain, "seq": before.seq + 1})
    return Linked(Head(before.seq + 1, hash_of(before.hash, body)), body.decode())
