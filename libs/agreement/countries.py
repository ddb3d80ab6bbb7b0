"""The countries that there are: ISO 3166-1 as the time zone database lists it (`tzdata`), moving with the lock file."""

from functools import cache
from importlib.resources import files


def is_country(code: str) -> bool:
    """Whether two letters stand for a country."""
    return code in _listed()


@cache
def _listed() -> frozenset[str]:
    lines = files("tzdata").joinpath("zoneinfo", "iso3166.tab").read_text(encoding="utf-8").splitlines()
    return frozenset(line.partition("\t")[0] for line in lines if line and not line.startswith("#"))
