"""What a dashboard is made of: rows of panels, each a question, a unit and what it asks Prometheus."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

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
    none_is: str = "green"
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
