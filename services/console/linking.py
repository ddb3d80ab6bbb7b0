"""The chain: each entry's hash is that of the one before it and of its own canonical form (RFC 8785, SHA-256). Pure."""

import hashlib
from collections.abc import Mapping
from json.encoder import encode_basestring
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


def spell(fact: Mapping[str, object]) -> str:
    """What of an entry is the same in every chain, once for all of them: its canonical form without the braces.

    Its names stand between `clause` and `seq`, which `link` puts around it.
    """
    return canonical(fact)[1:-1].decode()


def link(chain: str, before: Head, clause: str | None, spelt: str) -> Linked:
    """A fact as the next entry of a chain; the body is what `canonical` makes of all of it."""
    seq = before.seq + 1
    rests_on = "" if clause is None else f'"clause":{encode_basestring(clause)},'
    body = f'{{"chain":{encode_basestring(chain)},{rests_on}{spelt},"seq":{seq}}}'
    return Linked(Head(seq, hash_of(before.hash, body.encode())), body)
