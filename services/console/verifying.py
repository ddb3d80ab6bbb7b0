"""Whether an exported record is whole and unchanged: offline, from the file and the public key alone. Pure.

It is written so that somebody can follow it line by line; nothing of it asks a service or a database.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from chassis.signing import NotVerified, Signature, check, once
from console.exporting import FORMAT, signed_part
from console.linking import FIRST, hash_of
from contracts.canonical import NotCanonical, canonical

Json = Mapping[str, object]
_LAST: Final = "the file ends without its signed heads: its end is missing"


class NotProven(ValueError):
    """The file is not what was exported; the text says where, and what is wrong there."""


@dataclass(slots=True)
class Proven:
    """What a file holds, once all of it fits: its first line, each chain's hashes in order, and the signed heads."""

    header: Json
    hashes: dict[str, list[str]] = field(default_factory=dict)
    sealed_at: str = ""
    key_id: str = ""

    @property
    def entries(self) -> int:
        """Of all chains."""
        return sum(map(len, self.hashes.values()))


def verify(lines: Iterable[bytes], public_pem: bytes) -> Proven:
    """Every hash, the order, no gap, and the signature; raises NotProven at the first line that doesn't fit."""
    numbered = enumerate(lines, start=1)
    proven = Proven(_first(numbered))
    proven.hashes = {str(chain): [] for chain in _list(proven.header.get("chains"))}
    for number, text in numbered:
        line = _read(number, text)
        if "heads" in line:
            _check_end(number, line, proven, public_pem)
            if (after := next(numbered, None)) is not None:
                raise NotProven(f"line {after[0]}: something follows the signed heads")
            return proven
        _check_entry(number, line, proven)
    raise NotProven(_LAST)


def prove_prefix(older: Proven, newer: Proven) -> None:
    """That nothing which the older export holds was rewritten since; raises NotProven."""
    if older.header.get("client_id") != newer.header.get("client_id"):
        raise NotProven(f"they are of two clients: {older.header.get('client_id')}, {newer.header.get('client_id')}")
    for chain, before in older.hashes.items():
        now = newer.hashes.get(chain, [])
        for nth, (was, is_) in enumerate(zip(before, now, strict=False), start=1):
            if was != is_:
                raise NotProven(f"entry {nth} of {chain} is another one than in the older export: it was rewritten")
        if len(now) < len(before):
            raise NotProven(f"{chain} had {len(before)} entries in the older export, and has {len(now)}: some are gone")


def _first(numbered: Iterable[tuple[int, bytes]]) -> Json:
    for number, text in numbered:
        header = _read(number, text)
        if header.get("format") != FORMAT:
            raise NotProven(f"line 1: this is no exported record: its format is not {FORMAT}")
        return header
    raise NotProven("the file is empty")


def _check_entry(number: int, line: Json, proven: Proven) -> None:
    entry, said = line.get("entry"), line.get("hash")
    if not isinstance(entry, dict) or not isinstance(said, str):
        raise NotProven(f"line {number}: this is neither an entry with its hash nor the signed heads")
    chain, seq = str(entry.get("chain")), entry.get("seq")
    hashes = proven.hashes.get(chain)
    if hashes is None:
        raise NotProven(f"line {number}: an entry of {chain}, which this export is not about")
    if any(list(proven.hashes.values())[list(proven.hashes).index(chain) + 1 :]):
        raise NotProven(f"line {number}: an entry of {chain} after those of the next chain: lines were moved")
    where = f"line {number}: entry {seq} of {chain}"
    if seq != len(hashes) + 1:
        raise NotProven(f"{where} stands where entry {len(hashes) + 1} must be: some are missing, or in another order")
    try:
        fits = hash_of(hashes[-1] if hashes else FIRST, canonical(entry)) == said
    except NotCanonical as error:
        raise NotProven(f"{where}: {error}") from None
    if not fits:
        raise NotProven(f"{where} ({_type(entry)}): its content, or the hash of the entry before it, was changed")
    hashes.append(said)


def _check_end(number: int, line: Json, proven: Proven, public_pem: bytes) -> None:
    heads = [each for each in _list(line.get("heads")) if isinstance(each, dict)]
    signature = line.get("signature")
    if not isinstance(signature, dict):
        raise NotProven(f"line {number}: the heads are not signed")
    proven.sealed_at, proven.key_id = str(line.get("sealed_at")), str(signature.get("key_id"))
    made = Signature(proven.key_id, str(signature.get("value")))
    try:
        signed = signed_part(proven.header, heads, proven.sealed_at)
        check(signed, signature.get("algorithm"), made, public_pem, what="the first line or a head")
    except (NotVerified, NotCanonical) as error:
        raise NotProven(f"line {number}: {error}") from None
    for chain, hashes in proven.hashes.items():
        head = next((each for each in heads if each.get("chain") == chain), {"seq": 0, "sha256": FIRST})
        if head.get("seq") != len(hashes):
            raise NotProven(f"{chain}: {head.get('seq')} entries were signed, and the file holds {len(hashes)}")
        if hashes and head.get("sha256") != hashes[-1]:
            raise NotProven(f"{chain}: its last entry is not the one that was signed")


def _read(number: int, text: bytes) -> Json:
    try:
        line = json.loads(text, object_pairs_hook=once)
    except (ValueError, RecursionError) as error:
        raise NotProven(f"line {number}: this is no JSON: {error}") from None
    if not isinstance(line, dict):
        raise NotProven(f"line {number}: this is no JSON object")
    return line


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _type(entry: Json) -> str:
    event = entry.get("event")
    return str(event.get("type")) if isinstance(event, dict) else "no event"
