"""What no answer may carry; as a check of schemathesis, for `SCHEMATHESIS_HOOKS`."""

import os
import re
from pathlib import Path
from typing import Any, Final

_HERE: Final = re.escape(f"{Path(__file__).parents[2]}/")
INSIDE: Final = re.compile(
    rf"{_HERE}"
    r"|Traceback \(most recent|File \"/|site-packages|/opt/dutiful|/usr/lib|\.py\b|line \d+, in "  # where it runs
    r"|\bSELECT\b.+\bFROM\b|\bINSERT INTO\b|\bUPDATE\b.+\bSET\b|\bDELETE FROM\b|\bON CONFLICT\b"  # what it says
    r"|relation \\?\"|column \\?\"|violates|syntax error at|invalid input for query|\$\d+::"  # and hears back
    r"|asyncpg|pydantic|starlette|fastapi|input_value|object at 0x"
    r"|postgresql://|BEGIN [A-Z ]*PRIVATE KEY|\bwhsec_[\w+/=]{20}",
    re.DOTALL,
)
_ONCE: Final = re.compile(r'"secret":"whsec_[\w+/=]+"')
"""A new secret, in the answer to who asked for it."""


def found_in(answer: str) -> str | None:
    """The inside that an answer shows, if any."""
    leak = INSIDE.search(_ONCE.sub("", answer))
    return leak[0][:100] if leak else None


def register() -> None:
    """Have schemathesis check it, and that nothing of another client, named in DUTIFUL_MARKS, is answered."""
    import schemathesis

    marks = [mark for mark in os.environ.get("DUTIFUL_MARKS", "").split("|") if mark]

    @schemathesis.check
    def no_leak(ctx: Any, response: Any, case: Any) -> None:  # noqa: ANN401 - schemathesis calls it
        said = response.content.decode("latin-1")
        if "/docs" not in response.request.url:
            leak = found_in(said)
            assert leak is None, f"the inside leaks: {leak}"
        sent = f"{response.request.url} {response.request.body!r}"
        inside = response.request.url.endswith("/metrics")  # no route leads there
        others = [mark for mark in marks if mark in said and mark not in sent and not inside]
        assert not others, f"another client's data: {others}"


if "DUTIFUL_MARKS" in os.environ:
    register()
