"""What comes from others: the image's base, what audits the lock file, and what must never be in either."""

import importlib.util
import re
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]
DIGEST = f"sha256:{'0' * 63}1"
BAD: list[Mapping[str, object]] = [
    {"name": "jinja2", "version": "2.10", "vulns": [{"id": "P-1", "fix_versions": ["2.11"]}]}
]
FINE: Mapping[str, object] = {"name": "fine", "version": "1", "vulns": []}
SKIPPED: Mapping[str, object] = {"name": "odd", "skip_reason": "not found"}
Answer = Sequence[Mapping[str, object]] | None


@pytest.fixture
def audit() -> ModuleType:
    """The script of CI."""
    spec = importlib.util.spec_from_file_location("audit", ROOT / ".ci/audit.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def answering(lock: Answer, control: Answer) -> Callable[[Path], Answer]:
    """A service that knows this of the lock file, and this of a release with a known advisory."""
    return lambda asked: lock if asked.name == "requirements.lock" else control


@pytest.mark.parametrize("control", [None, [{"name": "jinja2", "skip_reason": "not found"}], [FINE]])
def test_what_could_not_be_audited_is_called_so(
    audit: ModuleType, control: Answer, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whoever knows nothing against a release that is known to be bad can acquit none."""
    monkeypatch.setattr(audit, "_asked", answering([FINE], control))
    assert audit.main() == 0
    said = capsys.readouterr().out
    assert said.startswith("NOT AUDITED")
    assert "audited:" not in said


def test_an_advisory_fails_and_what_is_skipped_is_named(
    audit: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What is known is told with the version that mends it; a package that nobody knows is not among the audited."""
    monkeypatch.setattr(audit, "_asked", answering([FINE, SKIPPED, *BAD], BAD))
    assert audit.main() == 1
    said = capsys.readouterr().out
    assert "audited: 2 of 3 packages" in said
    assert "NOT AUDITED: odd" in said
    assert "jinja2 2.10: P-1 (mended in 2.11)" in said
    monkeypatch.setattr(audit, "_asked", answering([FINE], BAD))
    assert audit.main() == 0


@pytest.mark.parametrize("name", ["requirements.lock", ".ci/tools.lock"])
def test_every_package_is_pinned_by_version_and_hash(name: str) -> None:
    """What is installed is what was locked, byte by byte."""
    pins = re.split(r"^(?=[a-z0-9])", (ROOT / name).read_text(), flags=re.MULTILINE)[1:]
    assert len(pins) > 20
    for pin in pins:
        assert re.match(r"[a-z0-9._-]+==\S+ ", pin), pin
        assert "--hash=sha256:" in pin, pin


def test_the_image_holds_no_secret_and_its_base_can_be_pinned(tmp_path: Path) -> None:
    """No key, token or password is set or copied; the script names the base by the digest that the registry gives."""
    text = (ROOT / "Dockerfile").read_text()
    assert not re.search(r"(?i)(password|secret|token|_key)\s*=", text)
    docker = tmp_path / "docker"
    docker.write_text(f"#!/bin/sh\necho {DIGEST}\n")
    docker.chmod(0o755)
    base = re.search(r"^ARG BASE=(\S+)$", text, re.MULTILINE)
    assert base is not None
    path = {"PATH": f"{tmp_path}:/usr/bin:/bin"}
    ran = subprocess.run([ROOT / "deploy/pin-base.sh"], env=path, capture_output=True, text=True, check=True)  # noqa: S603 - ours
    assert ran.stdout == f"{base[1]}@{DIGEST}\n"
    docker.write_text("#!/bin/sh\necho nothing\n")
    ran = subprocess.run([ROOT / "deploy/pin-base.sh"], env=path, capture_output=True, text=True, check=False)  # noqa: S603
    assert ran.returncode == 1
    assert not ran.stdout
