"""How much goes into one transaction: bounded by bytes as well as by records."""

from itertools import pairwise
from types import SimpleNamespace
from typing import cast

from hypothesis import given
from hypothesis import strategies as st

from chassis.consumer import pieces
from chassis.offsets import Records

VALUES = st.lists(st.none() | st.binary(max_size=40), max_size=60)


def _records(values: list[bytes | None]) -> Records:
    return cast("Records", tuple(SimpleNamespace(value=value, offset=n) for n, value in enumerate(values)))


def _weight(piece: Records) -> int:
    return sum(len(record.value or b"") for record in piece)


@given(VALUES, st.integers(1, 100))
def test_nothing_is_lost_and_nothing_is_too_much(values: list[bytes | None], at_most: int) -> None:
    """All records in their order; no part is longer than it may be but for one record alone, and none is empty."""
    records = _records(values)
    parts = list(pieces(records, at_most))
    assert tuple(record for part in parts for record in part) == records
    assert all(parts)
    assert all(_weight(part) <= at_most or len(part) == 1 for part in parts)


@given(VALUES, st.integers(1, 100))
def test_a_part_ends_where_the_next_would_be_too_much(values: list[bytes | None], at_most: int) -> None:
    """No two parts would have been one."""
    parts = list(pieces(_records(values), at_most))
    assert all(_weight(one) + len(other[0].value or b"") > at_most for one, other in pairwise(parts))
