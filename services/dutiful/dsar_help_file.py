"""Who help is about, as a client writes it into a file."""

from pydantic import BaseModel, ConfigDict, Field

from contracts.choice import Recipient
from contracts.dsar import Corrections, Identifier


class SubjectFile(BaseModel):
    """How systems know the person, what is to be corrected, and for whose key exports are encrypted."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    identifiers: tuple[Identifier, ...] = Field((), max_length=100)
    corrections: Corrections = Field({}, max_length=100)
    recipient: Recipient | None = None
