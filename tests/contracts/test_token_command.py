"""`dutiful token`, as typed; what a token is good for is tested with the chassis."""

from pathlib import Path

from typer.testing import CliRunner

from dutiful.cli import app


def test_a_key_that_is_made_is_told(tmp_path: Path) -> None:
    """Where it lies, on stderr, and only when it was made: a misspelt --key would else give tokens of no use."""
    key = tmp_path / "typo.pem"
    arguments = ["token", "--role", "operator", "--key", str(key)]
    first, second = (CliRunner().invoke(app, arguments) for _ in range(2))
    assert (first.exit_code, second.exit_code) == (0, 0)
    assert first.stderr.startswith(f"made a new key, {key}: ")
    assert second.stderr == ""
    assert len(first.stdout.splitlines()) == 1
