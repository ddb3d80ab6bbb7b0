"""The rules fire when they should, by Prometheus's own `promtool`; `make promtool` installs it where there is Go."""

import shutil
import subprocess
from pathlib import Path

import pytest
import yaml
from pydantic_core import from_json

from dutiful.monitoring.dashboards import dashboards

ROOT = Path(__file__).parents[2]
MONITORING = ROOT / "deploy/monitoring"


@pytest.fixture(scope="module")
def promtool() -> str:
    """Where it is."""
    found = shutil.which("promtool", path=str(ROOT / ".tools/bin")) or shutil.which("promtool")
    if found is None:
        pytest.skip("there is no promtool here: `make promtool` installs it")
    return found


def run(promtool: str, *arguments: str) -> str:
    """What it says; anything but success fails the test."""
    said = subprocess.run([promtool, *arguments], capture_output=True, text=True, check=False)  # noqa: S603 - found above
    assert said.returncode == 0, said.stdout + said.stderr
    return said.stdout


def test_the_rules_are_sound(promtool: str) -> None:
    """Prometheus reads them, and finds nothing to complain of."""
    assert "SUCCESS" in run(promtool, "check", "rules", "--lint=all", "--lint-fatal", str(MONITORING / "rules.yaml"))


def test_each_rule_fires_when_it_should(promtool: str) -> None:
    """On recorded series, with what comes before and after."""
    assert "SUCCESS" in run(promtool, "test", "rules", str(MONITORING / "rules.test.yaml"))


def test_dashboards_ask_what_prometheus_understands(promtool: str, tmp_path: Path) -> None:
    """Each query of each panel, as a rule that records it."""
    queries = [
        target["expr"].replace("$service", ".*").replace("$__rate_interval", "1m").replace("$__range", "6h")
        for text in dashboards().values()
        for panel in from_json(text)["panels"]
        for target in panel["targets"]
    ]
    rules = [{"record": f"asked:{nth}", "expr": query} for nth, query in enumerate(queries)]
    written = tmp_path / "queries.yaml"
    written.write_text(yaml.safe_dump({"groups": [{"name": "dashboards", "rules": rules}]}))
    assert f"{len(queries)} rules found" in run(promtool, "check", "rules", "--lint=none", str(written))


def test_every_rule_is_tested() -> None:
    """With an instant at which it is silent, or a series that it leaves alone, and one at which it fires."""
    groups = yaml.safe_load((MONITORING / "rules.yaml").read_text())["groups"]
    tests = yaml.safe_load((MONITORING / "rules.test.yaml").read_text())["tests"]
    fired = {each["alertname"] for test in tests for each in test["alert_rule_test"] if each["exp_alerts"]}
    assert fired == {rule["alert"] for group in groups for rule in group["rules"]}
