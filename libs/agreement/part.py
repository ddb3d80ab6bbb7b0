"""What every piece of an agreement file is: a frozen, strict model that refuses fields it doesn't know."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]*$", max_length=64)]
"""A code that people can type: lower-case letters, digits, `_` and `-`."""

Clause = Annotated[str, StringConstraints(pattern=r"^\S.*\S$|^\S$", max_length=120)]
"""Where the agreement, or the law, says it: `4.3`, `Appendix A`, `GDPR art. 33(3)`."""

Country = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]
"""ISO 3166-1 alpha-2."""

Text = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]
"""What a person wrote; never empty."""


class Part(BaseModel):
    """A piece of the file."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")


class Clausal(Part):
    """A piece that rests on a clause; the note says what the file decided where the clause is silent."""

    clause: Clause = Field(description="where the agreement says it")
    note: Text | None = None


class Label(Part):
    """One text in the languages of the notices."""

    en: Text
    fr: Text
