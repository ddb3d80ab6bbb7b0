"""How panels look: colors, limits, words, in the terms of Grafana's panels."""

from collections.abc import Mapping
from typing import Final

from dutiful.monitoring.panels import Kind, Panel

Json = dict[str, object]

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

_REDUCED: Final[Json] = {"calcs": ["lastNotNull"], "fields": "", "values": False}
OPTIONS: Final[Mapping[Kind, Json]] = {
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


def defaults(panel: Panel) -> Json:
    """Of all that a panel shows: unit, limits, colors, words."""
    drawn = panel.kind == "timeseries"
    found: Json = {
        "unit": panel.unit,
        "thresholds": _thresholds(panel),
        "color": {"mode": "palette-classic" if drawn else "thresholds"},
    }
    if panel.below is None and not panel.reads:
        found["min"] = 0
    if panel.none:
        found["noValue"] = panel.none
    found["mappings"] = _worded(panel)
    if drawn:
        limited = panel.above is not None or panel.below is not None
        found["custom"] = {
            "drawStyle": "bars" if panel.bars else "line",
            "lineWidth": 1,
            "fillOpacity": 80 if panel.bars else 0,
            "stacking": {"mode": "normal" if panel.bars else "none", "group": "A"},
            "showPoints": "auto",
            "spanNulls": False,
            "thresholdsStyle": {"mode": "off" if not limited else "dashed" if panel.below is None else "area"},
        }
    return found


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


def colored(panel: Panel) -> list[Json]:
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
