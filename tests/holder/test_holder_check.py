"""`dutiful holder check` where nothing is set up yet."""

import pytest
from typer.testing import CliRunner

from dutiful.cli import app
from embedded import sample_platform


def test_what_many_sources_lack_is_told_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the first that needs it, and how many more do."""
    monkeypatch.delenv(sample_platform.URL_ENV, raising=False)
    result = CliRunner().invoke(app, ["holder", "check", str(sample_platform.MAP)])
    assert result.exit_code == 1
    (line,) = result.stderr.splitlines()
    assert line.startswith("categories.general_information.0 and ")
    assert line.endswith(f" more: {sample_platform.URL_ENV} is not set in the environment")
