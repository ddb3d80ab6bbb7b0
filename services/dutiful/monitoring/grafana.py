"""Grafana's dashboards as data: rows of panels, each a question, a unit and what it asks Prometheus."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

from pydantic_core import to_json

_WIDTH: Final = 24
_HEIGHT: Final = 8
_LOW: Final = 4
"""Of a row of figures alone."""
_SOURCE: Final = {"type": "prometheus", "uid": "${datasource}"}
_GOOD: Final = "green"
_WARNING: Final = "orange"
_BAD: Final = "red"

SERVICES: Final[Mapping[str, str]] = {
    "subprocessor_registry": "blue",
    "notifier": "orange",
    "retention": "purple",
    "breach": "red",
    "requests": "yellow",
    "assurance": "#70DBED",
    "console": "#FF85C0",
    "holder": "green",
}
"""Each service's color, the same on every panel."""

Json = dict[str, object]
Kind = Literal["timeseries", "stat", "bargauge"]


@dataclass(frozen=True, slots=True)
class Panel:
    """A graph over time, or figures or bars of now; `queries` are PromQL by legend, `unit` is Grafana's.

    What is `above` or `below` is bad and drawn red, what is beyond `warning` is on the way there. `none` is what it
    means that there is nothing to show, and `none_is` its color; `reads` are words for values, with their colors.
    `colors` are of lines by legend; a service has its own. `runbooks` say what to do.
    """

    title: str
    about: str
    unit: str
    queries: Mapping[str, str]
    above: float | None = None
    below: float | None = None
    warning: float | None = None
    kind: Kind = "timeseries"
    none: str = ""
    none_is: str = _GOOD
    reads: Mapping[int, tuple[str, str]] = field(default_factory=dict)
    runbooks: Sequence[str] = ()
    colors: Mapping[str, str] = field(default_factory=dict)
    width: int = 1
    """Beside the others of its row."""
    bars: bool = False


@dataclass(frozen=True, slots=True)
class Dashboard:
    """Panels, some of them side by side; `variables` are label values that one may choose."""

    uid: str
    title: str
    about: str
    rows: Sequence[Sequence[Panel]]
    variables: dict[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """As its file is called."""
        return self.uid.removeprefix("dutiful-")


def written(dashboard: Dashboard) -> str:
    """The JSON that Grafana imports; the same dashboard is always the same text."""
    source: Json = {"name": "datasource", "label": "Prometheus", "type": "datasource", "query": "prometheus"}
    document: Json = {
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
        "fieldConfig": {"defaults": _defaults(panel), "overrides": _colored(panel)},
        "options": _OPTIONS[panel.kind],
    }


_REDUCED: Final[Json] = {"calcs": ["lastNotNull"], "fields": "", "values": False}
_OPTIONS: Final[Mapping[Kind, Json]] = {
    "timeseries": {
        "legend": {"displayMode": "list", "placement": "bottom", "showLegend": True, "calcs": []},
        "tooltip": {"mode": "multi", "sort": "desc"},
    },
    "stat": {
        "reduceOptions": _REDUCED,
        "colorMode": "background_solid",
        "graphMode": "none",
        "justifyMode": "auto",
        "orientation": "auto",
        "textMode": "auto",
    },
    "bargauge": {
        "reduceOptions": _REDUCED,
        "displayMode": "basic",
        "orientation": "horizontal",
        "showUnfilled": True,
        "valueMode": "color",
        "namePlacement": "left",
        "sizing": "auto",
        "minVizWidth": 8,
        "minVizHeight": 16,
        "maxVizHeight": 24,
    },
}


def _defaults(panel: Panel) -> Json:
    drawn = panel.kind == "timeseries"
    defaults: Json = {
        "unit": panel.unit,
        "thresholds": _thresholds(panel),
        "color": {"mode": "palette-classic" if drawn else "thresholds"},
    }
    if panel.below is None and not panel.reads:
        defaults["min"] = 0
    if panel.none:
        defaults["noValue"] = panel.none
    defaults["mappings"] = _worded(panel)
    if drawn:
        limited = panel.above is not None or panel.below is not None
        defaults["custom"] = {
            "drawStyle": "bars" if panel.bars else "line",
            "lineWidth": 1,
            "fillOpacity": 80 if panel.bars else 0,
            "stacking": {"mode": "normal" if panel.bars else "none", "group": "A"},
            "showPoints": "auto",
            "spanNulls": False,
            "thresholdsStyle": {"mode": "off" if not limited else "dashed" if panel.below is None else "area"},
        }
    return defaults


def _worded(panel: Panel) -> list[Json]:
    """Words for values; where there is none, a figure would take the color of the smallest, which may be bad."""
    worded: list[Json] = []
    if panel.reads:
        words = {str(value): {"text": text, "color": color} for value, (text, color) in panel.reads.items()}
        worded.append({"type": "value", "options": words})
    if panel.none and panel.kind == "stat":
        nothing = {"text": panel.none, "color": panel.none_is}
        worded.append({"type": "special", "options": {"match": "null+nan", "result": nothing}})
    return worded


def _colored(panel: Panel) -> list[Json]:
    """Lines that have the same color wherever they are drawn."""
    if panel.kind != "timeseries":
        return []
    colors = SERVICES if "{{service}}" in panel.queries else panel.colors
    return [
        {
            "matcher": {"id": "byName", "options": name},
            "properties": [{"id": "color", "value": {"mode": "fixed", "fixedColor": color}}],
        }
        for name, color in colors.items()
    ]


def _thresholds(panel: Panel) -> Json:
    """What is good first where much is bad, last where little is."""
    if panel.below is not None:
        good = "transparent" if panel.kind == "timeseries" else _GOOD  # there the areas are colored
        bounds = [(_BAD, None), (_WARNING, panel.below), (good, panel.warning)]
        if panel.warning is None:
            bounds = [(_BAD, None), (good, panel.below)]
    else:
        bounds = [(_GOOD, None)]
        bounds += [(_WARNING, panel.warning)] if panel.warning is not None else []
        bounds += [(_BAD, panel.above)] if panel.above is not None else []
    return {"mode": "absolute", "steps": [{"color": color, "value": value} for color, value in bounds]}
