"""§8.2: where a mechanism is needed, as of a day."""

from datetime import date

import pytest

from agreement.schema import Agreement
from agreement.transfers import needs_mechanism

TODAY = date(2026, 6, 1)


@pytest.mark.parametrize(
    ("country", "on", "needed", "said"),
    [
        ("FR", TODAY, False, "FR is in the European Economic Area"),
        ("NO", TODAY, False, "in the European Economic Area"),
        ("HR", date(2012, 1, 1), True, "HR is outside the European Economic Area on 2012-01-01"),
        ("CH", TODAY, False, "CH is adequate on 2026-06-01 by Decision 2000/518/EC"),
        ("GB", date(2020, 12, 31), False, "in the European Economic Area"),
        ("GB", date(2021, 3, 1), True, "no adequacy decision covers it"),
        ("GB", date(2021, 6, 28), False, "Decision (EU) 2021/1772, until 2025-12-27"),
        ("GB", date(2025, 12, 27), False, "2021/1772"),
        ("GB", date(2025, 12, 28), False, "19 December 2025"),
        ("GB", date(2031, 12, 28), True, "outside the European Economic Area"),
        ("US", date(2023, 7, 9), True, "no adequacy decision covers it"),
        ("US", date(2023, 7, 10), True, "certified under the EU-US Data Privacy Framework"),
        ("IN", TODAY, True, "a mechanism is needed (scc, bcr, code_of_conduct, certification)"),
    ],
)
def test_membership_and_adequacy_are_dated(
    quicktalk: Agreement, country: str, on: date, *, needed: bool, said: str
) -> None:
    """The answer holds for its day, and says why."""
    need = needs_mechanism(quicktalk, country, on)
    assert need.needed is needed
    assert said in need.because


@pytest.mark.parametrize(
    ("country", "mechanism", "covered"),
    [
        ("US", "scc", True),
        ("US", "adequacy", True),
        ("IN", "adequacy", False),
        ("IN", "bcr", True),
        ("IN", "derogation", False),
        ("IN", "none", False),
        ("IN", None, False),
        ("DE", None, True),
    ],
)
def test_which_mechanism_covers(quicktalk: Agreement, country: str, mechanism: str | None, *, covered: bool) -> None:
    """Adequacy covers only where a decision of limited scope may include the recipient; a derogation never."""
    assert needs_mechanism(quicktalk, country, TODAY).covered_by(mechanism) is covered
