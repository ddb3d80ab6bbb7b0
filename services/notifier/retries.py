"""When to try a delivery again: later each time, never at the same moment as everyone else, never past the deadline."""

import math
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Positive = Annotated[timedelta, Field(gt=timedelta(0))]


class RetryPolicy(BaseModel):
    """Delays grow from `first_delay_within` by `factor` up to `max_delay_within`; `jitter` is the share left to chance.

    Each delay is drawn between itself less that share and itself.
    """

    model_config = ConfigDict(frozen=True)

    first_delay_within: Positive = timedelta(seconds=5)
    factor: float = Field(2.0, ge=1, le=100, allow_inf_nan=False)
    max_delay_within: Positive = timedelta(hours=6)
    jitter: float = Field(0.3, ge=0, le=1)


def next_attempt(
    policy: RetryPolicy,
    attempts_made: int,
    now: datetime,
    deadline_at: datetime,
    retry_after_s: float | None,
    random: float,
) -> datetime | None:
    """The next attempt after `attempts_made` failed ones (at least 1); None when it would come after the deadline.

    None means: on to the next channel. `retry_after_s` is what the receiver asked for, in seconds; it is honoured up to
    the policy's longest delay, so that a receiver can slow a notice down but not hold it up. `random` is in [0, 1).
    """
    longest = policy.max_delay_within.total_seconds()
    doublings = min(attempts_made - 1, 64)  # beyond that any growth has reached its limit, and floats theirs
    delay = min(policy.first_delay_within.total_seconds() * policy.factor**doublings, longest)
    delay -= delay * policy.jitter * random
    if retry_after_s is not None:
        delay = max(delay, min(retry_after_s, longest))
    at = now + timedelta(seconds=delay)
    return at if at <= deadline_at else None


def retry_after_s(headers: Mapping[str, str], sent_at_s: int) -> float | None:
    """The seconds of a Retry-After header, which may be a date by the receiver's own clock (RFC 9110, 10.2.3).

    None where there is none or it can't be read. `sent_at_s` stands in, in Unix seconds, where the answer has no Date.
    """
    value = headers.get("Retry-After")
    if value is None:
        return None
    try:
        seconds = (
            float(value) if value.isascii() and value.isdigit() else _date_s(value) - _answered_s(headers, sent_at_s)
        )
    except (ValueError, OverflowError):
        return None
    return max(0.0, seconds) if math.isfinite(seconds) else None


def _answered_s(headers: Mapping[str, str], sent_at_s: int) -> float:
    date = headers.get("Date")
    return float(sent_at_s) if date is None else _date_s(date)


def _date_s(http_date: str) -> float:
    date = parsedate_to_datetime(http_date)
    return (date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp()
