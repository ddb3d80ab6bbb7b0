"""The services by name: what `dutiful run` starts."""

import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from dutiful.cli import app
from dutiful.services import NAMES, RUNNABLE, settings_of


def test_a_service_that_is_not_asked_for_is_not_imported() -> None:
    """A process pays in memory for what it runs, and for no other service's libraries."""
    names = imported("import dutiful.cli; from dutiful.services import settings_of; settings_of('notifier')")
    assert "notifier" in names
    assert not names & {
        "holder",
        "retention",
        "breach",
        "requests_desk",
        "assurance",
        "console",
        "subprocessor_registry",
        "embedded",
        "aiohttp",
    }


def test_what_prints_is_loaded_by_who_prints() -> None:
    """Paper costs a process 28 MB: a service that can print has none of it before somebody asks for a page."""
    names = imported("from dutiful.services import RUNNABLE, kind_of; [kind_of(name) for name in RUNNABLE]")
    assert {"retention", "breach", "assurance"} <= names
    assert not names & {"fpdf", "PIL", "fontTools"}


def test_the_command_line_imports_no_server_before_a_command_needs_one() -> None:
    """`dutiful --help` answers at once, and a service's process doesn't carry what other commands need."""
    servers = {"aiohttp", "aiokafka", "asyncpg", "cryptography", "fastapi", "faststream", "opentelemetry", "uvicorn"}
    assert not imported("import dutiful.cli") & servers


def imported(statement: str) -> set[str]:
    """The top-level modules that a fresh interpreter has after a statement."""
    code = f"{statement}; import sys; print(*sys.modules)"
    env = {"DUTIFUL_DATABASE_URL": "postgresql://nobody@127.0.0.1/none", "DUTIFUL_VAULT_KEY": "k" * 32}
    said = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True
    )
    return {name.partition(".")[0] for name in said.stdout.split()}


@pytest.mark.parametrize(
    ("service", "variable"), [("console", "DUTIFUL_EVIDENCE_KEY"), ("retention", "DUTIFUL_CERTIFICATE_KEY")]
)
def test_a_key_that_can_not_be_used_is_one_sentence(service: str, variable: str, tmp_path: Path) -> None:
    """A secret that is not mounted, or holds something else, is said at the start by its file's name."""
    wrong = tmp_path / "wrong.pem"
    wrong.write_text("no key")
    wrong.chmod(0o600)
    for path, why in ((tmp_path / "none.pem", "can't be read"), (wrong, "holds no private key in PEM")):
        said = run(service, variable, path)
        assert said.exit_code == 1
        assert said.stderr.startswith(f"{path} {why}")
        assert said.stderr.count("\n") == 1


def run(service: str, variable: str, path: Path) -> Result:
    """`dutiful run`, with a key."""
    env = {"DUTIFUL_DATABASE_URL": "postgresql://nobody@127.0.0.1/none", variable: str(path)}
    return CliRunner().invoke(app, ["run", service], env=env)


def test_every_name_is_known() -> None:
    """The holder runs where its systems are; whoever misspells is told the names."""
    assert set(NAMES) == set(RUNNABLE) - {"holder"}
    with pytest.raises(
        ValueError,
        match="there are subprocessor_registry, notifier, retention, breach, requests, assurance, console, holder",
    ):
        settings_of("notifer")
