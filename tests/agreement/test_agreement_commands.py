"""`dutiful agreement` and `dutiful deadline`, as typed."""

import json
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from agreement import default_path
from dutiful import agreement_commands, deadline_commands

Edit = Callable[..., Path]
VECTORS = json.loads((Path(__file__).parent / "vectors.json").read_text(encoding="utf-8"))
OPTIONS = {"from": "--from", "effective_on": "--effective-on", "aware_at": "--aware-at"}


@pytest.fixture(autouse=True)
def _wide(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tables and error boxes are not folded, and are not coloured."""
    for name, value in {"COLUMNS": "400", "NO_COLOR": "1", "TERM": "dumb"}.items():
        monkeypatch.setenv(name, value)


def agreement(*arguments: str) -> Result:
    """`dutiful agreement …`."""
    return CliRunner().invoke(agreement_commands.app, arguments)


def deadline(*arguments: str) -> Result:
    """`dutiful deadline …`."""
    return CliRunner().invoke(deadline_commands.app, arguments)


def arguments_of(vector: dict[str, str | int]) -> Iterable[str]:
    """A vector as one types it."""
    yield str(vector["rule"])
    for name, option in OPTIONS.items():
        if name in vector:
            yield from (option, str(vector[name]))
    if vector["rule"] in {"months_after", "retention_end"}:
        yield from ("--n", str(vector["n"]))


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: f"{vector['rule']}-{vector['expect']}")
def test_json_answers_every_vector(vector: dict[str, str | int]) -> None:
    """--json prints the result and the steps, and the unrolled day where there is one, and nothing else."""
    result = deadline(*arguments_of(vector), "--json")
    assert result.exit_code == 0, result.output
    answer = json.loads(result.stdout)
    assert answer["result"] == vector["expect"]
    assert answer["because"]
    assert answer.get("unrolled") == vector.get("expect_unrolled")
    assert set(answer) - {"unrolled"} == {"result", "because"}


def test_people_get_the_weekday_and_the_steps() -> None:
    """Without --json: the day, the rule with its clause, one line per step, the calendar."""
    said = deadline("objection_window", "--from", "2026-04-30").stdout
    assert said.startswith("Tuesday 2026-05-19  objection_window, clause 4.4\n")
    assert "  · skipped: Fri 2026-05-01 (Labor Day)" in said
    assert "calendar: holidays " in said


def test_the_unrolled_day_comes_first() -> None:
    """The day that is moved is shown before the one it is moved to; where nothing moves, one day is shown."""
    assert deadline("months_after", "--from", "2026-01-31", "--n", "1").stdout.startswith("Saturday 2026-02-28")
    assert deadline("months_after", "--from", "2026-01-05", "--n", "1").stdout.startswith(
        "Thursday 2026-02-05  months_after"
    )


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("objection_window", "--from", "2026-13-30"), ("'--from'", "'2026-13-30' is no date", "YYYY-MM-DD")),
        (("latest_notice_day", "--effective-on", "soon"), ("'--effective-on'", "'soon' is no date")),
        (("breach_notice_due", "--aware-at", "2026-03-27T16:20:00"), ("'--aware-at'", "no UTC offset")),
        (("breach_notice_due", "--aware-at", "noon"), ("'--aware-at'", "'noon' is no instant")),
        (("objection_window", "--from", "2100-12-30"), ("--from", "holidays of FR in 2101 are not known")),
        (("retention_end", "--from", "9999-01-01", "--n", "1"), ("--from", "dates end with 9999")),
        (("months_after", "--from", "2026-01-01", "--n", "-1"), ("'--n'",)),
        (("earliest_audit_day",), ("--from",)),
        (
            ("earliest_audit_day", "--from", "2026-03-02", "--agreement", "nowhere.toml"),
            ("--agreement", "can't be read"),
        ),
    ],
)
def test_mistakes_name_the_option(arguments: tuple[str, ...], said: tuple[str, ...]) -> None:
    """A wrong value ends with exit code 2 and a sentence that names its option."""
    result = deadline(*arguments)
    assert result.exit_code == 2
    for text in said:
        assert text in result.output


def test_another_agreement_has_other_dates(edited: Edit) -> None:
    """--agreement counts by that file's period."""
    file = edited(("n = 10\n", "n = 1\n"))
    answer = json.loads(
        deadline("earliest_effective_day", "--from", "2026-04-30", "--agreement", str(file), "--json").stdout
    )
    assert answer["result"] == "2026-05-05"


@pytest.mark.parametrize("rule", sorted({vector["rule"] for vector in VECTORS}))
def test_help_teaches_by_an_example_that_works(rule: str) -> None:
    """The example in a command's help can be typed as it stands."""
    said = deadline(rule, "--help").stdout
    example = next(line for line in said.splitlines() if "Example: dutiful deadline" in line)
    typed = example.partition("dutiful deadline ")[2].split()
    assert typed[0] == rule
    assert deadline(*typed).exit_code == 0


def test_check_passes_the_shipped_file_with_its_warnings() -> None:
    """Warnings are shown, and the exit code is 0; the shipped file is the default."""
    result = agreement("check")
    assert result.exit_code == 0, result.output
    assert "Appendix C 1.1" in result.stdout
    assert f"{default_path()}: 25 warnings" in result.stdout
    assert agreement("check", str(default_path())).stdout == result.stdout


@pytest.mark.parametrize(
    ("pair", "said"),
    [
        (("n = 10\n", "n = 0\n"), ("periods.change_notice.n", "1 error")),
        (('id = "orange"', 'id = "orange"\nparent_id = "orange"'), ("run in a circle", "1 error, 25 warnings")),
    ],
)
def test_check_fails_on_errors(edited: Edit, pair: tuple[str, str], said: tuple[str, ...]) -> None:
    """A file that can't be read as an agreement, or can't be run, gives exit code 1 and the place."""
    result = agreement("check", str(edited(pair)))
    assert result.exit_code == 1
    for text in said:
        assert text in result.stdout


def test_check_takes_a_directory(edited: Edit) -> None:
    """As `dutiful up --agreement` does: each file is checked, an error in one fails; none at all is a mistake."""
    wrong = edited(("n = 10\n", "n = 0\n"))
    right = wrong.with_name("right.toml")
    right.write_text(default_path().read_text(encoding="utf-8"), encoding="utf-8")
    result = agreement("check", str(wrong.parent))
    assert result.exit_code == 1, result.output
    assert f"{wrong}: 1 error" in result.stdout
    assert f"{right}: 25 warnings" in result.stdout
    wrong.unlink()
    assert agreement("check", str(wrong.parent)).exit_code == 0
    right.unlink()
    assert "without any *.toml" in agreement("check", str(wrong.parent)).output


def test_show_prints_every_clause() -> None:
    """The readable form has the numbered clauses and the appendices."""
    result = agreement("show")
    assert result.exit_code == 0
    for text in ("4.3 ─", "Appendix B ─", "sub_processors[16]", "DeepTranscript", "periods.objection"):
        assert text in result.stdout


def test_show_json_is_the_whole_file() -> None:
    """--json holds what the file holds."""
    shown = json.loads(agreement("show", "--json").stdout)
    assert len(shown["sub_processors"]) == 17
    assert shown["periods"]["change_notice"]["n"] == 10


def test_show_of_no_agreement(tmp_path: Path) -> None:
    """A file that isn't one gives exit code 1, the sentence on stderr and nothing on stdout."""
    result = agreement("show", str(tmp_path / "none.toml"))
    assert (result.exit_code, result.stdout) == (1, "")
    assert "can't be read" in result.stderr
