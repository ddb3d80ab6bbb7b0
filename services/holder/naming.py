"""What a data map is written in: parts that refuse what they don't know, and the names that they may hold."""

from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, StringConstraints

Column = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_$ -]{0,62}$")]
Table = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_$ -]{0,62}\.[A-Za-z_][A-Za-z0-9_$ -]{0,62}$")]
Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,62}$")]
Variable = Annotated[str, StringConstraints(pattern=r"^[A-Z_][A-Z0-9_]*$")]
"""The name of an environment variable: a map holds no secret."""

CLIENT: Final = "{client}"


class MapPart(BaseModel):
    """A piece of a data map."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")
