"""Whose data a request is about, by what the person wrote of it (§9): sure, perhaps, or nobody. Values in and out."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

_DOMAIN: Final = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}")
_TELLING: Final = 4
"""A shorter word is shared by too many names to say anything."""

CANDIDATES: Final = 20
"""More candidates than a person looks through say as much as none."""


@dataclass(frozen=True, slots=True)
class Names:
    """What is compared: whole names, the words in them, and domains."""

    called: tuple[str, ...]
    words: tuple[str, ...]
    domains: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Known:
    """A client as it can be recognised."""

    client_id: str
    called: str
    words: tuple[str, ...]
    domain: str


@dataclass(frozen=True, slots=True)
class Match:
    """The client, where it is sure; else who it may be, each with its reason."""

    client_id: str | None
    because: str
    candidates: tuple[tuple[str, str], ...] = ()


def called(name: str) -> str:
    """A name as it is compared: without accents, case and punctuation."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", name) if not unicodedata.combining(c)).casefold()
    return " ".join(re.findall(r"[^\W_]+", plain))


def words(name: str) -> tuple[str, ...]:
    """The words of a name that tell something."""
    return tuple(dict.fromkeys(word for word in called(name).split() if len(word) >= _TELLING))


def names_in(hints: Iterable[str]) -> Names:
    """What a person's hints can be compared by."""
    said = list(hints)
    domains = [each.removeprefix("www.") for hint in said for each in _DOMAIN.findall(hint.casefold())]
    return Names(
        tuple(dict.fromkeys(filter(None, map(called, said)))),
        tuple(dict.fromkeys(word for hint in said for word in words(hint))),
        tuple(dict.fromkeys(domains)),
    )


def weigh(names: Names, found: Sequence[Known]) -> Match:
    """§9: sure is only a whole name that one client alone bears; anything less is for a person to decide.

    A domain alone is never sure: many clients write from the same mail provider.
    """
    whole = [each for each in found if each.called in names.called]
    if len(whole) == 1:
        return Match(whole[0].client_id, "its whole name was written, and no other client bears it")
    candidates = [(each.client_id, why) for each in found if (why := _why(names, each))]
    if not candidates:
        return Match(None, "nothing that was written points at a client")
    return Match(None, f"{len(candidates)} clients may be meant", tuple(candidates[:CANDIDATES]))


def _why(names: Names, client: Known) -> str | None:
    if client.called in names.called:
        return "its whole name was written"
    if client.domain in names.domains:
        return f"the domain {client.domain} was written"
    shared = [word for word in client.words if word in names.words]
    return f"its name has {', '.join(shared)}" if shared else None
