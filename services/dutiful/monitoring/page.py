"""`docs/metrics.md`, from the code."""

from typing import Final

from dutiful.monitoring.listed import Listed, listed

_HEAD: Final = """# Metrics

Made from the code by `dutiful monitoring export`; `make check` fails where it differs. Each service shows its own at
`/metrics` (Prometheus), and sends the same, under the same names without `_total`, to the OTLP receiver where one is
set ([operations](operations.md)). Every series has the label `service`, but for those of the process. No label holds
an id of a client, an event or a subject, but for `dutiful_breach_seconds_left`, which names incidents and clients and
is bounded by `DUTIFUL_SHOWN_CLOCKS`. Units are [UCUM](https://ucum.org)'s; what is counted is in braces.

| metric | kind | unit | labels | of | |
|---|---|---|---|---|---|
"""


def page() -> str:
    """The page."""
    every = max(len(each.services) for each in listed())
    return _HEAD + "".join(_row(each, every) for each in listed())


def _row(each: Listed, every: int) -> str:
    labels = ", ".join(f"`{label}`" for label in each.labels if label != "service")
    of = "all" if len(each.services) == every else ", ".join(f"`{service}`" for service in each.services)
    return f"| `{each.name}` | {each.kind} | `{each.unit}` | {labels} | {of} | {each.text} |\n"
