"""The countries that there are: ISO 3166-1 as the time zone database lists it (`tzdata`), moving with the lock file."""

from importlib.resources import files
from typing import Annotated, Final

from pydantic import AfterValidator, StringConstraints
from pydantic_core import PydanticCustomError

COUNTRY_PATTERN: Final = r"^[A-Z]{2}$"


def _listed() -> frozenset[str]:
    lines = files("tzdata").joinpath("zoneinfo", "iso3166.tab").read_text(encoding="utf-8").splitlines()
    return frozenset(line.partition("\t")[0] for line in lines if line and not line.startswith("#"))


COUNTRIES: Final = _listed()


def _known(code: str) -> str:
    if code not in COUNTRIES:
        raise PydanticCustomError("country", "is no country of ISO 3166-1, as FR or US are")
    return code


Country = Annotated[str, StringConstraints(pattern=COUNTRY_PATTERN), AfterValidator(_known)]
"""ISO 3166-1 alpha-2."""
