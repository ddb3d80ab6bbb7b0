"""Which bytes a request asks for (RFC 9110, 14). Pure."""

import re
from typing import Final

_ONE: Final = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")


class Unsatisfiable(Exception):
    """No byte of what is asked for is there."""


def wanted(header: str | None, size: int) -> tuple[int, int] | None:
    """The first and the last byte of the one range that is asked for; None: all of it, as for what isn't understood."""
    found = _ONE.fullmatch(header.strip()) if header else None
    if found is None or found[0] == "bytes=-":
        return None
    first, last = found[1], found[2]
    if not first:
        begin, end = max(size - int(last), 0), size - 1
    else:
        begin, end = int(first), min(int(last), size - 1) if last else size - 1
        if last and int(last) < begin:
            return None
    if begin > end or begin >= size:
        raise Unsatisfiable
    return begin, end
