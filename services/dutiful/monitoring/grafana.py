"""Grafana's dashboards as data: a row of panels after the other, each a title, a unit and what it asks Prometheus."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from pydantic_core import to_json

_WIDTH: Final = 24
_HEIGHT: Final = 8
_SOURCE: Final = {"type": "prometheus", "uid": "${datasource}"}
Json = dict[str, object]


@dataclass(frozen=True, slots=True)
class Panel:
    """A graph; `queries` are PromQL by legend. `unit` is Grafana's; `above` or `below` colours what is bad."""

    title: str
    about: str
    unit: str
    queries: dict[str, str]
    above: float | None = None
    below: float | None = None
    kind: str = "timeseries"


@dataclass(frozen=True, slots=True)
class Dashboard:
    """Panels, some of them side by side; `variables` are label values that one may choose."""

    uid: str
    title: str
    about: str
    rows: Sequence[Sequence[Panel]]
    variables: dict[str, str] = field(default_factory=dict)


def written(dashboard: Dashboard) -> str:
    """The JSON that Grafana imports; the same dashboard is always the same text."""
    panels: list[Json] = []
    for nth, row in enumerate(dashboard.rows):
        width = _WIDTH // len(row)
        for place, panel in enumerate(row):
            at = {"h": _HEIGHT, "w": width, "x": place * width, "y": nth * _HEIGHT}
            panels.append(_panel(panel, len(panels) + 1, at))
    source: Json = {"name": "datasource", "label": "Prometheus", "type": "datasource", "query": "prometheus"}
    document: Json = {
        "uid": dashboard.uid,
        "title": dashboard.title,
        "description": dashboard.about,
        "tags": ["dutiful"],
        "schemaVersion": 39,
        "version": 1,
        "editable": True,
        "refresh": "30s",
        "time": {"from": "now-6h", "to": "now"},
        "templating": {"list": [source, *[_variable(name, ask) for name, ask in dashboard.variables.items()]]},
        "panels": panels,
    }
    return to_json(document, indent=2).decode() + "\n"


def _variable(name: str, ask: str) -> Json:
    return {
        "name": name,
        "type": "query",
        "datasource": _SOURCE,
        "query": ask,
        "refresh": 2,
        "multi": True,
        "includeAll": True,
        "allValue": ".*",
        "current": {"text": "All", "value": "$__all"},
    }


def _panel(panel: Panel, panel_id: int, at: dict[str, int]) -> Json:
    targets = [
        {"refId": chr(ord("A") + nth), "datasource": _SOURCE, "expr": query, "legendFormat": legend}
        for nth, (legend, query) in enumerate(panel.queries.items())
    ]
    return {
        "id": panel_id,
        "type": panel.kind,
        "title": panel.title,
        "description": panel.about,
        "datasource": _SOURCE,
        "gridPos": at,
        "targets": targets,
        "fieldConfig": {"defaults": {"unit": panel.unit, "thresholds": _thresholds(panel)}, "overrides": []},
        "options": {"legend": {"displayMode": "list", "placement": "bottom"}} if panel.kind == "timeseries" else {},
    }


def _thresholds(panel: Panel) -> Json:
    good, bad = "green", "red"
    if panel.below is not None:
        good, bad = bad, good
    limit = panel.below if panel.below is not None else panel.above
    steps: list[Json] = [{"color": good, "value": None}]
    if limit is not None:
        steps.append({"color": bad, "value": limit})
    return {"mode": "absolute", "steps": steps}
