"""What happened, in words: one sentence per type of event, in the languages of notices."""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from pydantic import BaseModel, ConfigDict

from contracts.client import Language


class Words(BaseModel):
    """The words of one language."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    title: str
    everybody: str
    seq: str
    recorded_at: str
    what: str
    clause: str
    about: str
    next: str
    events: Mapping[str, str]


@cache
def words(language: Language) -> Words:
    """The words of a language, read once."""
    text = (files("console") / "wording" / f"{language.value}.toml").read_text(encoding="utf-8")
    return Words.model_validate(tomllib.loads(text))
