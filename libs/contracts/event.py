"""What every event is: a frozen, strict model with a CloudEvents type and the fields that key it."""

from typing import Annotated, ClassVar, Final

from pydantic import AwareDatetime, BaseModel, ConfigDict, StringConstraints

COUNTRY_PATTERN: Final = r"^[A-Z]{2}$"
ID_PATTERN: Final = r"^[A-Za-z0-9][A-Za-z0-9._:-]*$"
TEXT_PATTERN: Final = r"^[^\x00]*\S[^\x00]*$"

Id = Annotated[str, StringConstraints(pattern=ID_PATTERN, max_length=128)]
"""An identifier that is safe in a Kafka key, a URL path and a log line."""

Text = Annotated[str, StringConstraints(min_length=1, max_length=10_000, strip_whitespace=True, pattern=TEXT_PATTERN)]
"""What a person wrote; never blank, never a whole book, and without the NUL that PostgreSQL can't store."""

Country = Annotated[str, StringConstraints(pattern=COUNTRY_PATTERN)]
"""ISO 3166-1 alpha-2."""

Instant = AwareDatetime
"""An aware datetime; RFC 3339 on the wire."""

__all__ = ["Country", "Event", "Id", "Instant", "Part", "Reckoning", "Text"]


class Part(BaseModel):
    """A piece of an event: frozen, strict; fields that this version doesn't know are ignored."""

    model_config = ConfigDict(frozen=True, strict=True, extra="ignore")


class Event(Part):
    """A past-tense fact. It only ever gains optional fields."""

    TYPE: ClassVar[str]
    KEY: ClassVar[tuple[str, ...]]

    @property
    def key(self) -> str:
        """The Kafka key: everything said about one subject under one key stays in order."""
        names = self.KEY
        return getattr(self, names[0]) if len(names) == 1 else "/".join([getattr(self, name) for name in names])

    @classmethod
    def topic(cls) -> str:
        """The topic is the word before the dot."""
        return cls.TYPE.partition(".")[0]


class Reckoning(Part):
    """How a date was reached: the rule, its clause, the calendar's version and the steps, one sentence each.

    `coded` are the steps for words in another language, as `contracts.coded` has it; they may be finer.
    """

    rule: str
    clause: str
    because: tuple[str, ...]
    calendar: str
    coded: tuple[str, ...] | None = None
