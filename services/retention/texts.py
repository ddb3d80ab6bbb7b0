"""The words of a certificate on paper: labels, codes, dates and reasons in the client's language (§8.3, §15).

The words are data in `wording/`, one file per language. What a language has no words for stays as it was said.
"""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from importlib.resources import files
from string import Template
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict

from contracts.client import Language
from contracts.coded import decode


class Wording(BaseModel):
    """A language: its labels, column titles, words for codes, sentences for reasons, and how it writes a date."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    date: str
    instant: str
    labels: dict[str, str]
    columns: dict[str, str]
    words: dict[str, str]
    reasons: dict[str, str] = {}


@cache
def load(language: Language) -> Wording:
    """The wording of a language."""
    source = files("retention") / "wording" / f"{language}.toml"
    return Wording.model_validate(tomllib.loads(source.read_text(encoding="utf-8")))


@dataclass(frozen=True, slots=True)
class Texts:
    """Says things in one language, and instants in the agreement's zone."""

    language: Language
    zone: ZoneInfo

    def label(self, name: str, **names: str) -> str:
        """A label, with what it names."""
        return Template(self._wording.labels[name]).substitute(names)

    def column(self, name: str) -> str:
        """The title of a column."""
        return self._wording.columns[name]

    def word(self, value: object) -> str:
        """A code in words, or what it is; nothing for None."""
        return "" if value is None else self._wording.words.get(str(value), str(value))

    def day(self, value: object) -> str:
        """An ISO 8601 date as it is written."""
        return "" if value is None else f"{date.fromisoformat(str(value)):{self._wording.date}}"

    def instant(self, value: object) -> str:
        """To the minute, where the agreement is; the JSON tells it exactly."""
        if value is None:
            return ""
        return f"{datetime.fromisoformat(str(value)).astimezone(self.zone):{self._wording.instant}}"

    def reasons(self, said: Sequence[str], coded: Sequence[str]) -> str:
        """Reasons in this language where it has a sentence for each; else as they were said."""
        spoken = [self._reason(each) for each in coded]
        known = [each for each in spoken if each is not None]
        return "; ".join(known if known and len(known) == len(said) else said)

    @property
    def _wording(self) -> Wording:
        return load(self.language)

    def _reason(self, coded: str) -> str | None:
        code, names = decode(coded)
        template = Template(self._wording.reasons.get(code, ""))
        if not template.template or set(template.get_identifiers()) - set(names):
            return None
        return template.substitute({name: self._named(value) for name, value in names.items()})

    def _named(self, value: str) -> str:
        try:
            return self.day(value)
        except ValueError:
            return self.word(value)
