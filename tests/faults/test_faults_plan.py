"""What the harness says of itself: steps are the services', poison is as much as asked, the table what was found."""

import inspect
import json
import random
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from tests.faults import steps
from tests.faults.figures import page_with
from tests.faults.plan import Schedule
from tests.faults.publishing import Manner, Publisher
from tests.faults.stream import Said

from dutiful.services import RUNNABLE, kind_of

PAGE = "# Page\n\n<!-- figures: faults -->\nold\n<!-- end -->\nkept\n"
ROW = {
    "kind": "kill",
    "seed": 7,
    "faults": 140,
    "sigkills": 139,
    "ready_s": [1.0, 3.0, 2.0],
    "caught_up_s": [],
    "again": [0, None, 12],
    "differences": ["events: lacks 1"],
    "notes": [],
    "took_s": 61.4,
}
RUN = {"commit": "abc", "clients": 9, "undisturbed_s": 60.0, "took_s": 1199.7, "load": {"median": 2.0, "most": 4.04}}
MACHINE = {"cores": 2, "python": "3.11.7", "measured_at": "2026-11-27T18:00:00+00:00"}


@pytest.mark.parametrize("service", RUNNABLE)
def test_who_dates_something_has_the_step_fired(service: str) -> None:
    """A service whose code puts nothing on its agenda has no such step, and every other one has."""
    home = Path(inspect.getfile(kind_of(service))).parent
    dates = any("emit_at(" in path.read_text(encoding="utf-8") for path in home.rglob("*.py"))
    assert ("fired" in steps.of(service)) is dates


@pytest.mark.parametrize(("percent", "times"), [(1.0, 4), (4.0, 1), (0.5, 2), (50.0, 1)])
def test_poison_is_as_much_of_the_stream_as_asked(percent: float, times: int) -> None:
    """Of all that is published, however often each event is, so many of a hundred can't be read."""
    publisher = Publisher("nowhere:1", "", Manner(times=times, poison_percent=percent), random.Random(1))
    records = list(publisher._records([Said("client.signed", f"client-{n}", b"{}") for n in range(1000)]))
    poison = [each for each in records if dict(each[3])["ce_id"].startswith(b"poison-")]
    assert len(records) == publisher.sent
    assert len(poison) == publisher.poisoned == len(records) * percent // 100


def test_what_is_left_follows_from_what_is_over() -> None:
    """A quarter of the shares took a minute: about three more."""
    now = iter([0.0, 60.0, 60.0, 240.0])
    schedule = Schedule({"undisturbed": 1.0, "kill": 3.0}, clock=lambda: next(now))
    assert schedule.left("undisturbed")(0.0) == ""
    assert schedule.left("undisturbed")(1.0) == " (1:00 gone, about 3:00 left)"
    assert schedule.end("undisturbed") == " (4:00 gone, about 12:00 left)"


def test_the_page_has_what_was_found_and_nothing_else() -> None:
    """Half of the times within, the longest; differences counted; the commit, the time and the load."""
    measured: Mapping[str, Any] = json.loads(json.dumps({"machine": MACHINE, "run": RUN, "results": [ROW]}))
    page = page_with(PAGE, measured, shared=True)
    assert "| `kill` | 7 | 140 | 2.0 / 3.0 | - | 0, -, 12 | 1 | 61 s |\n" in page
    assert "on commit abc, with 9 clients: 20:00 minutes, 1:00 of them undisturbed; 139 SIGKILLs; load 2.0" in page
    assert "old" not in page
    assert page.endswith("<!-- end -->\nkept\n")
    assert page_with(page, measured, shared=True) == page
