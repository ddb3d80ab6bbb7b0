"""An incident as a person reads it, the time left first."""

from datetime import UTC, datetime, timedelta
from typing import Final

from pydantic import BaseModel
from rich.console import Console
from rich.table import Table

_SUSPECTED: Final = "suspected"


class _Clock(BaseModel):
    """What is shown of a clock."""

    clock: str
    due_at: datetime
    seconds_left: int
    running: int
    missed: int
    stopped_why: str | None


class _Incident(BaseModel):
    """What is shown of an incident."""

    incident_id: str
    status: str
    clocks: list[_Clock]
    affected: int
    reaches_nobody: bool
    told: int
    exempt: int
    updates: int
    missing: list[str]
    unresolved: list[str]


def show(answer: object) -> None:
    """How it stands."""
    incident = _Incident.model_validate(answer)
    console = Console()
    console.print(
        f"{incident.incident_id}: {incident.status}; {incident.told} of {incident.affected - incident.exempt} clients "
        f"told, {incident.exempt} exempt; {incident.updates} updates",
        markup=False,
    )
    if incident.reaches_nobody:
        nobody = "IT REACHES NOBODY: no client is known to be affected; say who is, with `dutiful breach scope`"
        console.print(nobody, style="bold red", markup=False)
    table = Table(title="Time left", title_justify="left")
    for column in ("clock", "left", "until", "waiting", "missed"):
        table.add_column(column)
    for clock in incident.clocks:
        until = clock.due_at.astimezone(UTC).strftime("%Y-%m-%d %H:%MZ")
        table.add_row(clock.clock, _left(clock), until, str(clock.running), str(clock.missed))
    if incident.clocks:
        console.print(table)
    elif incident.status == _SUSPECTED:
        console.print("no clock runs: nobody has decided yet that it is a breach")
    for name, what in (("missing for an authority", incident.missing), ("nobody knows", incident.unresolved)):
        if what:
            console.print(f"{name}: {', '.join(what)}", markup=False)


def _left(clock: _Clock) -> str:
    if not clock.running:
        return f"stopped: {clock.stopped_why}"
    left = timedelta(seconds=abs(clock.seconds_left))
    hours, minutes = divmod(int(left.total_seconds()) // 60, 60)
    return f"{hours} h {minutes:02} min" + (" OVER" if clock.seconds_left < 0 else "")
