"""The tree of a flow, from what services say of it: pure."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dutiful.flow_shown import print_lines, show
from dutiful.flow_tree import DELIVERED_BY, RECORD, Delivery, Step, grow, kinds

_NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


def step(event_id: str, cause_id: str, event_type: str = "change.announced", **changed: str) -> Step:
    """An event that was published."""
    said = {"key": "k", "cause_source": "dutiful/retention", "stands": "published", "service": "retention"} | changed
    return Step(event_id=event_id, type=event_type, cause_id=cause_id, at=_NOW, **said)


def delivery(nth: int, status: str = "delivered") -> Delivery:
    """A delivery of a notice of its own."""
    return Delivery(
        delivery_id=f"d-{nth}",
        notice_id=f"n-{nth}",
        client_id=f"c-{nth}",
        channel="email",
        status=status,
        attempts=1,
        next_attempt_at=None,
        created_at=_NOW,
    )


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), max_size=40))
def test_every_event_is_in_the_tree_once(causes: list[tuple[int, int]]) -> None:
    """Whatever the records say, twice, with causes that are missing: nothing is lost, and nothing is there twice."""
    later = {event: cause for event, cause in causes if cause < event}
    steps = [step(f"e{event}", f"e{cause}") for event, cause in later.items()] * 2
    roots = grow(steps, {})
    ids = [node.id for root in roots for _, node in root.walk() if node.service]
    assert sorted(ids) == sorted({each.event_id for each in steps})


def test_what_an_attempt_proved_stands_under_its_notice() -> None:
    """A receipt follows from a delivery, which no event says; where no deliveries are known, from what it names."""
    order = step("o", "outside", "change.notice_ordered", key="order-1", cause_source="https://platform.example")
    receipt = step("r", "n-1/receipt", "notice.received", cause_source=DELIVERED_BY, service="notifier")
    (root,) = grow([receipt, order], {"order-1": [delivery(1)]})
    assert [(depth, node.what) for depth, node in root.walk()] == [
        (0, "event"),
        (1, "change.notice_ordered"),
        (2, "notice"),
        (3, "by email"),
        (3, "notice.received"),
    ]
    assert sorted(each.id for each in grow([receipt, order], {})) == ["n-1/receipt", "outside"]


def test_a_chain_may_be_long(capsys: pytest.CaptureFixture[str]) -> None:
    """What orders itself again day by day is shown in one column, and printed as JSON, however long it went on."""
    (root,) = grow([step(f"e{nth}", f"e{nth - 1}") for nth in range(1, 5000)], {})
    show(root, [], "e0", unfold=False)
    print_lines(root)
    printed = capsys.readouterr().out.splitlines()
    assert len(printed) == 2 * 5000
    assert printed[4999].startswith("↳ change.announced  k  published 2026-03-02 09:00:00.000Z  by retention  e4999")
    way = root.way_to("e4000")
    assert way is not None
    assert [node.id for node in way] == [f"e{nth}" for nth in range(4001)]


def test_what_stands_otherwise_is_not_hidden(capsys: pytest.CaptureFixture[str]) -> None:
    """Of a thousand notices all delivered but one, that one is shown."""
    order = step("o", "outside", "change.notice_ordered", key="order-1")
    ways = [delivery(nth, "failed" if nth == 700 else "delivered") for nth in range(1000)]
    (root,) = grow([order], {"order-1": ways})
    assert len(set(kinds(root).values())) == 6
    show(root, [], "o", unfold=False)
    printed = capsys.readouterr().out
    assert "by email  failed, 1 attempt" in printed
    assert "… and 996 more notice, the last c-999" in printed
    assert printed.count("\n") < 20


def test_lines_are_whole_where_there_is_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    """An id that is cut off can't be searched for."""
    (root,) = grow([step("e" * 64, "c" * 64, key="k" * 100)], {})
    show(root, [], "x", unfold=True)
    assert "e" * 64 in capsys.readouterr().out


def test_the_record_is_one_line_below_the_tree(capsys: pytest.CaptureFixture[str]) -> None:
    """It hears nearly everything: said once, with what is still to come; on each line by `--all` alone."""
    (root,) = grow([step(f"e{nth}", "e0") for nth in range(1, 4)], {})
    for node in root.caused[:2]:
        node.heard = [("notifier", _NOW), (RECORD, _NOW)]
    root.caused[2].heard = [("notifier", _NOW)]
    assert len(set(kinds(root).values())) == 2
    show(root, [], "e0", unfold=False)
    *lines, last = capsys.readouterr().out.splitlines()
    assert last == "and the record of evidence: 2 of these, 1 not yet, the last 2026-03-02 09:00:00.000Z  by console"
    assert RECORD not in "".join(lines)
    show(root, [], "e0", unfold=True)
    assert capsys.readouterr().out.count(f"{RECORD} 2026-03-02") == 2


def test_a_tree_that_is_not_on_record_says_nothing_of_it(capsys: pytest.CaptureFixture[str]) -> None:
    """Where the console isn't there or wasn't asked, nothing is claimed about it."""
    (root,) = grow([step("e1", "e0")], {})
    show(root, [], "e0", unfold=False)
    assert "record" not in capsys.readouterr().out
