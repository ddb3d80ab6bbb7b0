"""A sentence as a code and what it names, on one line: `too_late?last_day_on=2026-05-19`.

Beside an English sentence it lets whoever writes in another language find words for it. The form is that of a URL's
path and query (RFC 3986), which every language can read.
"""

from collections.abc import Mapping
from urllib.parse import parse_qsl, urlencode


def encode(code: str, names: Mapping[str, str]) -> str:
    """The code and its names, in their order."""
    return f"{code}?{urlencode(names)}" if names else code


def decode(coded: str) -> tuple[str, dict[str, str]]:
    """The code, and the names with their values; of a name that is there twice, the last."""
    code, _, query = coded.partition("?")
    return code, dict(parse_qsl(query, keep_blank_values=True))
