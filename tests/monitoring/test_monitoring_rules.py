"""Rules and dashboards name what the code has, every alert has its runbook, and every runbook can be followed."""

import importlib
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml
from fastapi import APIRouter
from fastapi.routing import APIRoute
from pydantic_core import from_json
from typer.main import get_command

import assurance
import breach.due
import console
import holder
import notifier.due
import requests_desk.due
import retention
import subprocessor_registry
from contracts.assurance import Matter
from contracts.retention import OrderKind
from dutiful.cli import app
from dutiful.monitoring import boards_page
from dutiful.monitoring.dashboards import DASHBOARDS, dashboards
from dutiful.monitoring.listed import Listed, listed
from dutiful.monitoring.looks import SERVICES as SERVICE_COLORS
from dutiful.monitoring.page import page
from dutiful.services import RUNNABLE

ROOT = Path(__file__).parents[2]
RULES = ROOT / "deploy/monitoring/rules.yaml"
RUNBOOKS = ROOT / "docs/runbooks"
SERVICES = (subprocessor_registry, notifier, retention, breach, requests_desk, assurance, console, holder)


def rules() -> list[dict[str, Any]]:
    """Every alert rule."""
    groups = yaml.safe_load(RULES.read_text())["groups"]
    return [rule for group in groups for rule in group["rules"]]


def panels() -> Iterator[tuple[str, dict[str, Any]]]:
    """Every panel of every dashboard, with the dashboard's name."""
    for name, text in dashboards().items():
        for panel in from_json(text)["panels"]:
            yield name, panel


def queries() -> list[tuple[str, str]]:
    """Every query of a rule or of a dashboard, with where it is."""
    asked = [(str(rule["alert"]), str(rule["expr"])) for rule in rules()]
    return asked + [
        (f"{name}: {each['title']}", target["expr"]) for name, each in panels() for target in each["targets"]
    ]


def metric_of(name: str) -> Listed | None:
    """The metric that a series is of."""
    by_name = {each.name: each for each in listed()}
    of_histogram = by_name.get(re.sub(r"_(bucket|count|sum)$", "", name))
    return by_name.get(name) or (of_histogram if of_histogram and of_histogram.kind == "histogram" else None)


@pytest.mark.parametrize(("where", "query"), queries())
def test_every_metric_and_label_that_is_asked_for_exists(where: str, query: str) -> None:
    """A query that names what the code doesn't have would be silent for ever."""
    asked = set(re.findall(r"\b(?:dutiful|process)_[a-z_]+", query))
    assert asked, where
    labels = {"le", "instance", "job"}
    for name in asked:
        metric = metric_of(name)
        assert metric is not None, f"{where}: no service has {name}"
        labels |= set(metric.labels)
    grouped = {each.strip() for group in re.findall(r"\bby \(([^)]*)\)", query) for each in group.split(",")}
    matched = set(re.findall(r"[{,]\s*([a-z_]+)\s*=", query))
    assert grouped | matched <= labels, where


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: str(rule["alert"]))
def test_every_alert_says_how_urgent_it_is_and_has_its_runbook(rule: dict[str, Any]) -> None:
    """`page` or `ticket`; the page has a symptom, a question, commands and a cure, and the list names it."""
    name = rule["alert"]
    assert rule["labels"]["severity"] in {"page", "ticket"}
    assert rule["annotations"]["summary"]
    assert rule["annotations"]["runbook"] == f"docs/runbooks/{name}.md"
    text = (RUNBOOKS / f"{name}.md").read_text()
    assert text.startswith(f"# {name}\n")
    for part in ("Symptom", "Question", "Command", "Cure"):
        assert f"**{part}.**" in text
    assert f"[{name}]({name}.md)" in (RUNBOOKS / "README.md").read_text()


def test_the_runbook_of_deadlines_knows_every_kind() -> None:
    """Whoever is called reads what the kind is that the alert names."""
    text = (RUNBOOKS / "DutifulDeadlineAtRisk.md").read_text()
    kinds = {notifier.due._NOTICE, *breach.due._KINDS, *OrderKind, requests_desk.due._TELLING, *Matter}
    assert {kind for kind in kinds if f"`{kind}`" not in text} == set()


def test_there_is_no_runbook_without_its_alert() -> None:
    """What is no alert any more has no page any more."""
    assert {path.stem for path in RUNBOOKS.glob("*.md")} - {"README"} == {rule["alert"] for rule in rules()}


@pytest.mark.parametrize("path", sorted(RUNBOOKS.glob("Dutiful*.md")), ids=lambda path: str(path.stem))
def test_what_a_runbook_says_to_do_can_be_done(path: Path) -> None:
    """Each `dutiful …` is a command, each `VERB /path` an operation of an API, each metric one of the code's."""
    text = path.read_text()
    group: Any = get_command(app)
    for said in re.findall(r"`dutiful ([a-z-]+)(?: ([a-z-]+))?", text):
        command = group.commands[said[0]]
        if said[1] and hasattr(command, "commands"):
            assert said[1] in command.commands, said
    there = set(operations())
    for verb, where in re.findall(r"`(GET|POST|PUT) (/[^?`]*)", text):
        assert (verb, re.sub(r"\b[A-Z]{1,2}\b", "{}", where)) in there, f"{verb} {where}"
    for name in re.findall(r"dutiful_[a-z_]+", text):
        assert metric_of(name), name


def operations() -> Iterator[tuple[str, str]]:
    """Every operation of every API, its parameters left empty."""
    for service in SERVICES:
        for module in _modules(service):
            router = getattr(module, "router", None)
            for route in router.routes if isinstance(router, APIRouter) else ():
                if isinstance(route, APIRoute):
                    for verb in route.methods or ():
                        yield verb, re.sub(r"\{[^}]*\}", "{}", route.path)


def _modules(package: ModuleType) -> Iterator[ModuleType]:
    for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        if found.name.endswith("api"):
            yield importlib.import_module(found.name)


def test_dashboards_and_the_list_of_metrics_are_what_the_code_says() -> None:
    """`dutiful monitoring check` in words of a test."""
    assert (ROOT / "docs/metrics.md").read_text() == page()
    assert (ROOT / "docs/dashboards.md").read_text() == boards_page.page()
    for name, text in dashboards().items():
        assert (ROOT / f"deploy/monitoring/dashboards/{name}.json").read_text() == text


def test_panels_do_not_overlap_and_say_what_they_show() -> None:
    """Grafana would draw one over the other."""
    for name in dashboards():
        taken: set[tuple[int, int]] = set()
        for _, panel in [each for each in panels() if each[0] == name]:
            at = panel["gridPos"]
            cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
            assert not cells & taken
            assert at["x"] + at["w"] <= 24
            taken |= cells
            assert panel["title"]
            assert panel["description"]


@pytest.mark.parametrize(
    ("where", "panel"), list(panels()), ids=lambda each: each["title"] if isinstance(each, dict) else each
)
def test_a_panel_draws_what_is_bad_and_knows_where_to_go(where: str, panel: dict[str, Any]) -> None:
    """A limit that nobody sees warns nobody; a runbook that is named is there."""
    defaults = panel["fieldConfig"]["defaults"]
    limited = len(defaults["thresholds"]["steps"]) > 1
    if panel["type"] == "timeseries":
        assert (defaults["custom"]["thresholdsStyle"]["mode"] != "off") == limited
    assert not limited or defaults["thresholds"]["steps"][0]["value"] is None
    for runbook in re.findall(r"Runbook: docs/runbooks/(\w+)\.md", panel["description"]):
        assert (RUNBOOKS / f"{runbook}.md").exists(), where


@pytest.mark.parametrize(("where", "query"), [each for each in queries() if "process_" in each[1]])
def test_what_a_process_says_is_asked_of_our_processes_alone(where: str, query: str) -> None:
    """`process_…` names no service, and whatever else Prometheus scrapes has it too: itself first of all."""
    assert "group_left (service)" in query, where
    assert "dutiful_ready" in query, where


def test_every_service_has_its_color() -> None:
    """One that is added would be drawn in another's, on some panels."""
    assert set(SERVICE_COLORS) == set(RUNNABLE)
    assert len(set(SERVICE_COLORS.values())) == len(RUNNABLE)


def test_each_dashboard_has_its_picture() -> None:
    """A few hundred kilobytes each; `make pictures` draws them."""
    pictures = [ROOT / f"docs/dashboards/{each.name}.png" for each in DASHBOARDS]
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in pictures)
    assert sum(path.stat().st_size for path in pictures) < 1_500_000


def test_what_draws_them_is_locked_and_names_no_host() -> None:
    """Whoever installs it asks the registry that it is set to; what comes is known by its hash."""
    lock = from_json((ROOT / "tools/pictures/grafana/package-lock.json").read_text())
    brought = {name: each for name, each in lock["packages"].items() if name}
    assert all(each["integrity"] for each in brought.values())
    assert not any("resolved" in each for each in brought.values())


def test_every_metric_is_on_a_dashboard_or_in_a_rule() -> None:
    """What nobody looks at is either missing there or not worth its series."""
    asked = {name for _, query in queries() for name in re.findall(r"\b(?:dutiful|process)_[a-z_]+", query)}
    shown = {metric.name for name in asked if (metric := metric_of(name))}
    left = {each.name for each in listed()} - shown
    assert left == {"process_start_time_seconds", "process_virtual_memory_bytes"}
