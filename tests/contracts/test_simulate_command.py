"""`dutiful simulate`, as typed; what it asks of a registry is tested with the registry."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from dutiful.cli import app

_EXAMPLE = Path(__file__).parents[2] / "docs" / "contracts" / "examples" / "subprocessor.added.json"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (json.dumps({**json.loads(_EXAMPLE.read_text()), "efective_on": "2027-01-04"}), "did you mean 'effective_on'?"),
        (json.dumps({**json.loads(_EXAMPLE.read_text()), "location": 4}), "location: must be text"),
        ("{", "data: is no JSON"),
    ],
)
def test_a_wrong_file_is_refused_before_anybody_is_asked(tmp_path: Path, content: str, said: str) -> None:
    """In the words of `dutiful emit`, and with the nearest field for one that is misspelt."""
    file = tmp_path / "added.json"
    file.write_text(content)
    result = CliRunner().invoke(
        app, ["simulate", "--add", str(file), "--token", "t", "--registry", "http://127.0.0.1:9"]
    )
    assert result.exit_code == 1
    assert said in result.stderr
    assert "can't be reached" not in result.stderr


def test_examples_can_be_typed_as_they_stand() -> None:
    """Each names the token that it needs."""
    said = CliRunner().invoke(app, ["simulate", "--help"], env={"COLUMNS": "200"}).stdout
    examples = [line for line in said.splitlines() if "Example:" in line]
    assert len(examples) == 2
    assert all("--token" in each for each in examples)


def test_a_right_file_is_asked_about() -> None:
    """The published example gets as far as the registry, which isn't there."""
    arguments = ["simulate", "--add", str(_EXAMPLE), "--token", "t", "--registry", "http://127.0.0.1:9"]
    assert "can't be reached" in CliRunner().invoke(app, arguments).stderr
