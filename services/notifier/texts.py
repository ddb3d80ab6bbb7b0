"""The words of a notice: a kind and facts in, subject, plain text and HTML out, in the client's language.

Where a fact is a sentence it comes in English, and as `name.code` as well: a code with what it names, which a language
that has a sentence for it says in its own words. What it has no sentence for stays English.

The words are data in `wording/`, one file per language. A part of a notice is a paragraph, or a list where it is one
fact alone that has several values. HTML is made of the filled-in parts by escaping them whole: no fact becomes markup.
"""

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from html import escape
from importlib.resources import files
from string import Template
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict

from contracts.coded import decode

Language = Literal["en", "fr"]
Facts = Mapping[str, str | Sequence[str]]

_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}")
_ALONE: Final = re.compile(r"\$(\w+)")
_BULLET: Final = "  - "


class WordingLacks(ValueError):
    """There is no such kind of notice, or a fact is missing or has a value without words; the message names it."""


class Part(BaseModel):
    """A paragraph, said if every fact of `given` is there and every fact of `when` has one of the values named."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    say: str
    given: tuple[str, ...] = ()
    when: dict[str, tuple[str, ...]] = {}


class Notice(BaseModel):
    """One kind of notice in one language."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    subject: tuple[Part, ...]
    text: tuple[Part, ...]


class Wording(BaseModel):
    """A language: notices to clients and alerts to people by kind, words and sentences for codes, how it dates."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    months: tuple[str, ...]
    date: str
    first_day: str
    notices: dict[str, Notice]
    alerts: dict[str, Notice] = {}
    words: dict[str, dict[str, str]]
    sentences: dict[str, dict[str, str]] = {}


@dataclass(frozen=True, slots=True)
class Rendered:
    """A notice in words; the subject is one line, the HTML a whole document."""

    subject: str
    text: str
    html: str


def render(kind: str, language: Language, facts: Facts) -> Rendered:
    """The notice of this kind in this language; WordingLacks names what is missing.

    A fact `name.fr` is preferred to `name` in French. An ISO 8601 date is written out, and a code that the language has
    words for (a country, a transfer mechanism) is said in them. Every other fact is quoted as it is, on one line.
    """
    wording = load(language)
    notice = wording.notices.get(kind) or wording.alerts.get(kind)
    if notice is None:
        raise WordingLacks(f"there is no notice of the kind {kind!r}")
    sayer = _Sayer(kind, language, facts, wording)
    subject = one_line(" ".join(sayer.fill(part) for part in sayer.said(notice.subject)))
    blocks = [sayer.block(part) for part in sayer.said(notice.text)]
    return Rendered(subject, "\n\n".join(map(_plain, blocks)) + "\n", _document(language, subject, blocks))


@cache
def load(language: Language) -> Wording:
    """The wording of a language."""
    source = files("notifier") / "wording" / f"{language}.toml"
    return Wording.model_validate(tomllib.loads(source.read_text(encoding="utf-8")))


def one_line(text: str) -> str:
    """The text on one line: whatever would break it, or be invisible in it, becomes a single space."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


class _Sayer:
    """Fills the parts of one notice with its facts."""

    def __init__(self, kind: str, language: Language, facts: Facts, wording: Wording) -> None:
        self._kind = kind
        self._language = language
        self._facts = facts
        self._wording = wording

    def said(self, parts: Sequence[Part]) -> list[Part]:
        """Those parts that these facts call for."""
        for name in {name for part in parts for name in part.when}:
            known = {value for part in parts for value in part.when.get(name, ())}
            if self._fact(name) not in known:
                raise WordingLacks(f"{self._kind} has no words for {name} = {self._fact(name)!r}")
        return [
            part
            for part in parts
            if all(self._has(name) for name in part.given)
            and all(self._fact(name) in values for name, values in part.when.items())
        ]

    def block(self, part: Part) -> str | list[str]:
        """A paragraph, or the items of a list."""
        alone = _ALONE.fullmatch(part.say)
        if alone and not isinstance(self._fact(alone[1]), str):
            return self._values(alone[1])
        return self.fill(part)

    def fill(self, part: Part) -> str:
        """The part's words with its facts in them."""
        template = Template(part.say)
        return template.substitute({name: ", ".join(self._values(name)) for name in template.get_identifiers()})

    def _values(self, name: str) -> list[str]:
        """The fact's values in this language: its sentences where it has them all, or else its words."""
        values = self._fact(name)
        said = [self._sentence(name, coded) for coded in _all(self._facts.get(f"{name}.code", ()))]
        spoken = [sentence for sentence in said if sentence is not None]
        if spoken and len(spoken) == len(said):
            return spoken
        return [self._word(name, value) for value in _all(values)]

    def _sentence(self, name: str, coded: str) -> str | None:
        """The sentence for a code, with what it names in this language; None where there are no such words.

        What it names as `name.fr` is preferred to `name` in French, as it is of facts.
        """
        code, names = decode(coded)
        template = Template(self._wording.sentences.get(name, {}).get(code, ""))
        if not template.template or set(template.get_identifiers()) - set(names):
            return None
        mine = {each: names.get(f"{each}.{self._language}", names[each]) for each in template.get_identifiers()}
        return template.substitute({each: self._word(each, value) for each, value in mine.items()})

    def _word(self, name: str, value: str) -> str:
        if word := self._wording.words.get(name, {}).get(value):
            return word
        return self._date(value) if _DATE.fullmatch(value) else one_line(value)

    def _date(self, value: str) -> str:
        try:
            day = date.fromisoformat(value)
        except ValueError:
            return value
        first = self._wording.first_day if day.day == 1 else str(day.day)
        return Template(self._wording.date).substitute(
            day=first, month=self._wording.months[day.month - 1], year=day.year
        )

    def _has(self, name: str) -> bool:
        return bool(self._facts.get(f"{name}.{self._language}", self._facts.get(name)))

    def _fact(self, name: str) -> str | Sequence[str]:
        if not self._has(name):
            raise WordingLacks(f"{self._kind} needs the fact {name!r}")
        return self._facts.get(f"{name}.{self._language}") or self._facts[name]


def _all(fact: str | Sequence[str]) -> Sequence[str]:
    return [fact] if isinstance(fact, str) else fact


def _plain(block: str | list[str]) -> str:
    return block if isinstance(block, str) else "\n".join(_BULLET + item for item in block)


def _document(language: Language, subject: str, blocks: list[str | list[str]]) -> str:
    head = f'<head><meta charset="utf-8"><title>{escape(subject)}</title></head>'
    body = "\n".join(_html(block) for block in blocks)
    return f'<!doctype html>\n<html lang="{language}">\n{head}\n<body>\n{body}\n</body>\n</html>\n'


def _html(block: str | list[str]) -> str:
    if isinstance(block, str):
        return f"<p>{escape(block)}</p>"
    return "<ul>" + "".join(f"<li>{escape(item)}</li>" for item in block) + "</ul>"
