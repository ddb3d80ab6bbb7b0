"""A dashboard as the JSON that Grafana imports."""

from collections.abc import Iterator, Sequence
from typing import Final

from pydantic_core import to_json

from dutiful.monitoring import looks
from dutiful.monitoring.panels import Dashboard, Panel

_WIDTH: Final = 24
_HEIGHT: Final = 8
_LOW: Final = 4
"""Of a row of figures alone."""
_SOURCE: Final = {"type": "prometheus", "uid": "${datasource}"}


def written(dashboard: Dashboard) -> str:
    """The JSON that Grafana imports; the same dashboard is always the same text."""
    source: looks.Json = {"name": "datasource", "label": "Prometheus", "type": "datasource", "query": "prometheus"}
    document: looks.Json = {
        "uid": dashboard.uid,
        "title": dashboard.title,
        "description": dashboard.about,
        "tags": ["dutiful"],
        "schemaVersion": 39,
        "version": 1,
        "editable": True,
        "graphTooltip": 1,
        "refresh": "30s",
        "time": {"from": "now-6h", "to": "now"},
        "templating": {"list": [source, *[_variable(name, ask) for name, ask in dashboard.variables.items()]]},
        "panels": [_panel(panel, nth, at) for nth, (panel, at) in enumerate(_placed(dashboard.rows), start=1)],
    }
    return to_json(document, indent=2).decode() + "\n"


def _placed(rows: Sequence[Sequence[Panel]]) -> Iterator[tuple[Panel, dict[str, int]]]:
    """Each row over the whole width."""
    y = 0
    for row in rows:
        height = _LOW if all(panel.kind == "stat" for panel in row) else _HEIGHT
        parts, before = sum(panel.width for panel in row), 0
        for panel in row:
            x, end = _WIDTH * before // parts, _WIDTH * (before + panel.width) // parts
            yield panel, {"h": height, "w": end - x, "x": x, "y": y}
            before += panel.width
        y += height


def _variable(name: str, ask: str) -> looks.Json:
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


def _panel(panel: Panel, panel_id: int, at: dict[str, int]) -> looks.Json:
    now = panel.kind != "timeseries"
    targets = [
        {
            "refId": chr(ord("A") + nth),
            "datasource": _SOURCE,
            "expr": query,
            "legendFormat": legend,
            "instant": now,
            "range": not now,
        }
        for nth, (legend, query) in enumerate(panel.queries.items())
    ]
    return {
        "id": panel_id,
        "type": panel.kind,
        "title": panel.title,
        "description": "\n\n".join([panel.about, *[f"Runbook: docs/runbooks/{each}.md" for each in panel.runbooks]]),
        "datasource": _SOURCE,
        "gridPos": at,
        "targets": targets,
        "fieldConfig": {"defaults": looks.defaults(panel), "overrides": looks.colored(panel)},
        "options": looks.OPTIONS[panel.kind],
    }
