"""When a delivery is tried again."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from notifier.retries import RetryPolicy, next_attempt, retry_after_s

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
POLICY = RetryPolicy(
    first_delay_within=timedelta(seconds=2), factor=2, max_delay_within=timedelta(minutes=1), jitter=0.5
)

policies = st.builds(
    RetryPolicy,
    first_delay_within=st.timedeltas(timedelta(milliseconds=1), timedelta(days=30)),
    factor=st.floats(1, 100),
    max_delay_within=st.timedeltas(timedelta(milliseconds=1), timedelta(days=30)),
    jitter=st.floats(0, 1),
)


@pytest.mark.parametrize(
    ("attempts_made", "random", "seconds"),
    [(1, 0.0, 2), (2, 0.0, 4), (3, 0.0, 8), (3, 0.5, 6), (6, 0, 60), (900, 0, 60)],
)
def test_delays_grow_to_their_limit(attempts_made: int, random: float, seconds: float) -> None:
    """Each delay is the one before times the factor, up to the longest, less its share of chance."""
    at = next_attempt(POLICY, attempts_made, NOW, NOW + timedelta(days=1), None, random)
    assert at == NOW + timedelta(seconds=seconds)


def test_past_the_deadline_comes_the_next_channel() -> None:
    """There is an attempt at the deadline and none after it."""
    assert next_attempt(POLICY, 1, NOW, NOW + timedelta(seconds=2), None, 0) == NOW + timedelta(seconds=2)
    assert next_attempt(POLICY, 1, NOW, NOW + timedelta(seconds=1.9), None, 0) is None


@pytest.mark.parametrize(("asked", "seconds"), [(0.0, 2), (30.0, 30), (3600.0, 60), (1e300, 60)])
def test_a_receiver_may_slow_us_but_not_silence_us(asked: float, seconds: float) -> None:
    """What the receiver asks for lengthens the delay, up to the policy's longest."""
    assert next_attempt(POLICY, 1, NOW, NOW + timedelta(days=1), asked, 0) == NOW + timedelta(seconds=seconds)


@given(
    policies,
    st.integers(1, 10**9),
    st.timedeltas(timedelta(days=-1), timedelta(days=400)),
    st.none() | st.floats(0, allow_nan=False, allow_infinity=False),
    st.floats(0, 1, exclude_max=True),
)
def test_it_stays_in_bounds(
    policy: RetryPolicy, attempts_made: int, left: timedelta, asked: float | None, random: float
) -> None:
    """The next attempt is never before now, after the deadline, or later than the longest delay."""
    at = next_attempt(policy, attempts_made, NOW, NOW + left, asked, random)
    if at is not None:
        assert NOW <= at <= NOW + left
        assert at - NOW <= policy.max_delay_within
    else:
        assert left < policy.max_delay_within


@given(policies, st.integers(1, 100), st.floats(0, 1, exclude_max=True))
def test_delays_never_shrink(policy: RetryPolicy, attempts_made: int, random: float) -> None:
    """With the same luck a later attempt never waits less."""
    deadline_at = NOW + timedelta(days=1000)
    first = next_attempt(policy, attempts_made, NOW, deadline_at, None, random)
    then = next_attempt(policy, attempts_made + 1, NOW, deadline_at, None, random)
    assert first is not None
    assert then is not None
    assert first <= then


@pytest.mark.parametrize("wrong", [{"factor": 0.5}, {"jitter": 1.1}, {"first_delay_within": timedelta(0)}])
def test_a_policy_that_would_hammer_is_refused(wrong: dict[str, object]) -> None:
    """Delays that shrink or vanish are no policy."""
    with pytest.raises(ValidationError):
        RetryPolicy.model_validate(wrong)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"Retry-After": "120"}, 120),
        ({"Retry-After": "0"}, 0),
        ({"Retry-After": "Mon, 02 Mar 2026 09:01:00 GMT"}, 60),
        ({"Retry-After": "Mon, 02 Mar 2026 08:00:00 GMT"}, 0),
        ({"Retry-After": "Mon, 02 Mar 2026 09:01:00 GMT", "Date": "Mon, 02 Mar 2026 09:00:50 GMT"}, 10),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": "-1"}, None),
        ({"Retry-After": "1e9"}, None),
        ({"Retry-After": "²"}, None),
        ({"Retry-After": "9" * 400}, None),
        ({"Retry-After": "Mon, 02 Mar 99999 09:01:00 GMT"}, None),
        ({"Retry-After": ""}, None),
        ({"Retry-After": "60", "Date": "nonsense"}, 60),
    ],
)
def test_retry_after_is_read(headers: dict[str, str], seconds: float | None) -> None:
    """Seconds or a date by the receiver's clock are understood; what is neither says nothing."""
    assert retry_after_s(headers, int(NOW.timestamp())) == seconds
