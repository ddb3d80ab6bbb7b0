"""Figures get into the page from what was measured, and no other way."""

from benchmarks.figures import page_with, where_from

_PAGE = "# Page\n\n<!-- figures: day -->\nold\n<!-- end -->\n\n<!-- figures: grown -->\nkept\n<!-- end -->\n"
_ROWS = [
    {"benchmark": "day", "what": "elapsed", "value": 61.25, "unit": "s", "raw": None, "ratio": None},
    {"benchmark": "day", "what": "rate", "value": 12345.6, "unit": "events/s", "raw": 20000.0, "ratio": 0.61728},
    {"benchmark": "day", "what": "lost", "value": 0.0, "unit": "events", "raw": None, "ratio": None},
]


def test_a_block_is_replaced_and_the_others_stay() -> None:
    """The table has what was measured, with what it is beside; a benchmark that wasn't run keeps its figures."""
    page = page_with(_PAGE, _ROWS, "*where*")  # type: ignore[arg-type]
    assert "| elapsed | 61.2 s |  |  |\n| rate | 12,346 events/s | 20,000 | 0.62 |\n| lost | 0 events |" in page
    assert "old" not in page
    assert "<!-- figures: grown -->\nkept\n<!-- end -->" in page
    assert page_with(page, _ROWS, "*where*") == page  # type: ignore[arg-type]


def test_it_says_where_and_whether_others_used_it() -> None:
    """Cores, version, day; a shared machine is no measure."""
    machine = {"cores": 2, "python": "3.11.7", "measured_at": "2026-11-27T18:00:00+00:00"}
    assert where_from(machine, shared=False) == "*2 cores, Python 3.11.7, 2026-11-27; nothing else ran.*"
    assert "others used it" in where_from(machine, shared=True)
