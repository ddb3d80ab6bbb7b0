"""`dutiful contracts`."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from contracts.bus import EVENTS
from dutiful.contracts_commands import app

RELEASED = Path(__file__).parents[2] / "docs" / "contracts" / "released"


def run(*arguments: object) -> Result:
    """Run a command as from a wide terminal."""
    return CliRunner().invoke(app, [str(each) for each in arguments], env={"COLUMNS": "200"})


@pytest.fixture
def exported(tmp_path: Path) -> Path:
    """The current contracts."""
    assert run("export", tmp_path / "out").exit_code == 0
    return tmp_path / "out"


def test_export_and_check(exported: Path) -> None:
    """What was just exported is compatible; one line says how much was compared."""
    result = run("check", exported)
    assert (result.exit_code, result.stdout) == (0, f"{len(EVENTS)} events compared with {exported}: nothing breaks\n")


def test_check_shows_breaks(exported: Path) -> None:
    """A break is shown with event, place, who breaks and what to do, and the exit code is 1."""
    path = exported / "contract.terminated.schema.json"
    schema = json.loads(path.read_text())
    schema["properties"]["reference"] = {"type": "string"}
    schema["required"].append("reference")
    path.write_text(json.dumps(schema))
    result = run("check", exported)
    assert result.exit_code == 1
    for words in ("contract.terminated", "$.reference", "consumers", "publishers", "keep the field"):
        assert words in result.stdout


def test_check_of_nothing(tmp_path: Path) -> None:
    """A directory without a release is an error in one sentence."""
    result = run("check", tmp_path)
    assert result.exit_code == 2
    assert "holds no *.schema.json" in result.stderr.replace("\n", "")


def test_released() -> None:
    """The release that is kept in the repository is compatible with the models."""
    result = run("check", RELEASED)
    assert result.exit_code == 0, result.stdout


def test_show_all() -> None:
    """Every event is listed."""
    result = run("show")
    assert result.exit_code == 0
    assert all(name in result.stdout for name in EVENTS)


@pytest.mark.parametrize("name", sorted(EVENTS))
def test_show_one(name: str) -> None:
    """Every event's topic, key and fields are shown."""
    result = run("show", name)
    assert result.exit_code == 0, result.exception
    assert f"topic {EVENTS[name].topic()}" in result.stdout
    assert all(field in result.stdout for field in EVENTS[name].model_fields)


def test_show_a_nested_field() -> None:
    """Fields of a part are shown with their path, and what they hold."""
    result = run("show", "client.signed")
    assert "contact.language" in result.stdout
    assert "en | fr" in result.stdout


def test_show_unknown() -> None:
    """A mistyped event is told the nearest one."""
    result = run("show", "subprocessor.add")
    assert result.exit_code == 2
    assert "did you mean 'subprocessor.added'?" in result.stderr
