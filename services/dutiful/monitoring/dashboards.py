"""Four dashboards, each for a question that an SRE asks."""

from typing import Final

from dutiful.monitoring.bus import BUS
from dutiful.monitoring.deadlines import DEADLINES
from dutiful.monitoring.deliveries import DELIVERIES
from dutiful.monitoring.flows import FLOWS
from dutiful.monitoring.grafana import written

DASHBOARDS: Final = (FLOWS, DEADLINES, DELIVERIES, BUS)


def dashboards() -> dict[str, str]:
    """Each as JSON, by the name of its file."""
    return {each.name: written(each) for each in DASHBOARDS}
