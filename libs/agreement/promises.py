"""What an agreement promises that software can keep: the rows under which evidence is gathered."""

from typing import Annotated

from pydantic import Field

from agreement.part import Clausal, Text


class Promise(Clausal):
    """One promise, by the code that facts name it with."""

    code: Annotated[str, Field(pattern=r"^[A-Z]{3}-[0-9]{1,2}$")]
    title: Text
    title_fr: Text | None = None
