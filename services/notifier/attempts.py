"""What came of one attempt to give a notice, by whichever channel."""

from typing import Final, NamedTuple

ANSWER_CHARACTERS: Final = 1024


class AttemptOutcome(NamedTuple):
    """One attempt's result.

    `status` is the HTTP or SMTP code where one came; `answer` the beginning of what was answered, printable;
    `reason` why it failed, in a few words; `retry_after_s` how many seconds the receiver asks to be left alone;
    `permanent` that trying again by this channel is pointless.
    """

    ok: bool
    status: int | None
    latency_ms: float
    answer: str = ""
    reason: str | None = None
    retry_after_s: float | None = None
    permanent: bool = False


def printable(text: str) -> str:
    """The first 1,024 characters, with control and invisible ones written as escapes."""
    if not text.isprintable():
        text = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text[:ANSWER_CHARACTERS])
    return text[:ANSWER_CHARACTERS]
