"""Reading the file: what is wrong is named with its place and a remedy."""

from collections.abc import Callable
from pathlib import Path

import pytest
from pydantic import ValidationError

from agreement import AgreementInvalid, default_path, load
from agreement.loading import ENVIRONMENT

Edit = Callable[..., Path]


def problems(path: Path) -> list[str]:
    """What is wrong with a file, one sentence each; the message of the whole names the file."""
    with pytest.raises(AgreementInvalid) as caught:
        load(path)
    assert str(path) in str(caught.value)
    return [str(problem) for problem in caught.value.problems]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('timezone = "Europe/Paris"', 'timezone = "Europe/Pairs"', ["timezone: ", "'Europe/Pairs'", "IANA"]),
        (
            'unit = "working_days"',
            'unit = "workdays"',
            ["periods.change_notice.unit: ", "'working_days'", '"workdays" now'],
        ),
        ("n = 10\n", 'n = "10"\n', ["periods.change_notice.n: ", "integer", '"10" now']),
        ("n = 10\n", "n = 0\n", ["periods.change_notice.n: ", "greater than or equal to 1"]),
        ("n = 10\n", "", ["periods.change_notice.n: it is missing", "add n here"]),
        (
            'gate = "per_client"',
            'gate = "per_client"\ngates = "all"',
            ["sub_processing.gates: there is no such field", "did you mean gate?"],
        ),
        (
            'gate = "per_client"',
            'gate = "per_client"\nxyzzy = 1',
            ["sub_processing.xyzzy", "remove it; known here: clause, gate"],
        ),
        ('location = "US"', 'location = "USA"', ["sub_processors[2].location: "]),
        ('id = "colt"', 'id = "orange"', ["sub_processors[7]", "'orange' is there already"]),
        (
            'mechanism = "scc"',
            'mechanism = "cct"',
            ["sub_processors[4].transfer.mechanism", "use one of adequacy, bcr"],
        ),
        (
            'calendar = "france"',
            'calendar = "italy"',
            ["periods.change_notice.calendar", "'italy'", "use one of france"],
        ),
        (
            'data_categories = ["transact',
            'data_categories = ["x", "transact',
            ["sub_processors[13].data_categories", "'x'"],
        ),
        (
            'convention = "clear_days_between"',
            'convention = "elapsed_hours"',
            ["periods.change_notice: ", "can't count working_days"],
        ),
        ('calendar = "france"\nterm', "term", ["periods.change_notice: calendar is missing"]),
        (
            'rule = "term_plus"\nn = 1\nunit = "years"',
            'rule = "term_plus"',
            ["retention[0]: rule term_plus needs n and unit"],
        ),
        (
            'country = "FR"',
            'country = "FR"\nsubdivision = "67"',
            ["calendars.france: subdivision '67' of FR is unknown"],
        ),
        (
            'if_accepted = ["alternative"]',
            'if_accepted = ["x"]',
            ["mitigation.barred_if_accepted", "'x'", "alternative"],
        ),
        ('default = "deletion"', 'default = "burn"', ["termination.default", "use one of deletion, return"]),
        ('id = "quicktalk"', "id = quicktalk", ["(file): this is not TOML", "line 6"]),
        ('elapsed_hours = "', 'elapsing_hours = "', ["conventions.elapsing_hours"]),
    ],
)
def test_errors_name_the_place_and_the_remedy(edited: Edit, old: str, new: str, said: list[str]) -> None:
    """Each mistake gives one problem that names its TOML path, what is wrong and what to do."""
    found = problems(edited((old, new)))
    assert len(found) == 1, found
    for text in said:
        assert text in found[0]


def test_every_problem_is_told_at_once(edited: Edit) -> None:
    """Two mistakes are two problems."""
    assert len(problems(edited(("n = 10\n", "n = 0\n"), ('location = "US"', 'location = "us"')))) == 2


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    """The sentence says what to set."""
    assert ENVIRONMENT in problems(tmp_path / "none.toml")[0]


def test_a_file_that_is_no_text(tmp_path: Path) -> None:
    """Bytes that are no UTF-8 are told as such."""
    path = tmp_path / "latin1.toml"
    path.write_bytes("title = 'Données'".encode("latin-1"))
    assert "this is not TOML" in problems(path)[0]


def test_the_environment_names_the_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """DUTIFUL_AGREEMENT is taken before the shipped file, which is there."""
    monkeypatch.delenv(ENVIRONMENT, raising=False)
    assert load(default_path()).id == "quicktalk"
    monkeypatch.setenv(ENVIRONMENT, str(tmp_path / "other.toml"))
    assert default_path() == tmp_path / "other.toml"


def test_an_agreement_is_frozen() -> None:
    """Nobody changes a signed version in memory."""
    agreement = load(default_path())
    with pytest.raises(ValidationError, match="frozen"):
        agreement.version = "2"  # type: ignore[misc]
