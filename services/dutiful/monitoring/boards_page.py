"""`docs/dashboards.md`, from the dashboards."""

from typing import Final

from dutiful.monitoring.dashboards import DASHBOARDS
from dutiful.monitoring.panels import Dashboard, Panel

_HEAD: Final = """# Dashboards

Four dashboards for Grafana, to import from [`deploy/monitoring/dashboards`](../deploy/monitoring/dashboards). Each begins with
what is wrong, red where somebody must look; below it stands where, and since when. What stands on a panel, and which
[runbook](runbooks/README.md) goes on from it, is in its description too. This page is made from the code by `dutiful monitoring
export`; `make check` fails where it differs.

**The pictures** are of a real run: all eight services as processes, on Kafka and PostgreSQL, scraped every two seconds by a
Prometheus that then answered every panel's query, with the intervals that Grafana's rules give. They were drawn by Grafana's own
components (`@grafana/ui` and `@grafana/data`, the versions are in
[`package.json`](../tools/pictures/grafana/package.json)) from the JSON that is imported, in a headless Chromium. Grafana's server
is in no package registry and had no part in it: how its panels put these components together is written out in
[`panels.jsx`](../tools/pictures/grafana/panels.jsx). `make pictures` does all of it again, in about ten minutes; it fails where a
query does, or where a panel has nothing to show and no words for that.

What is seen: forty-five clients sign, and all kinds of events go through the system, some of them unreadable or about what nobody
knows; two clients' endpoints hang and four fail; three breaches are heard of after their first clock was over, one of them after
its last; the mail server refuses everybody for half a minute; five contracts end; eight thousand changes come at once, and then
the broker is away for twenty seconds while clients ask through the API; at last the holder is killed while more contracts end.
"""


def page() -> str:
    """The page."""
    return _HEAD + "".join(map(_section, DASHBOARDS))


def _section(dashboard: Dashboard) -> str:
    name = dashboard.name
    rows = "".join(_row(panel) for row in dashboard.rows for panel in row)
    picture = f"![{dashboard.title}](dashboards/{name}.png)"
    return f"\n## {name.capitalize()}\n\n{dashboard.about}\n\n{picture}\n\n| panel | what it shows | go on with |\n|---|---|---|\n{rows}"


def _row(panel: Panel) -> str:
    on = ", ".join(f"[{each}](runbooks/{each}.md)" for each in panel.runbooks)
    return f"| {panel.title} | {panel.about} | {on} |\n"
