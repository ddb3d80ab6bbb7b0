"""The register of all breaches (GDPR art. 33(5)): what happened, its effects, what was done, who was told."""

from datetime import datetime
from typing import Any, Final

from agreement.schema import Agreement
from breach.answers import queries
from breach.answers.views import IncidentView
from chassis.database import Pool
from chassis.pages import Cell
from contracts.breach import Standing

COLUMNS: Final = (
    "incident_id",
    "status",
    "detected_at",
    "aware_at",
    "told_at",
    "clients_affected",
    "clients_told",
    "clients_exempt",
    "nature",
    "data_categories",
    "data_subjects",
    "records",
    "cause",
    "consequences",
    "measures",
    "severity",
    "authority_decisions",
    "clocks_missed",
    "closed_at",
)
_PAGE: Final = 500


async def rows(pool: Pool, agreement: Agreement, now: datetime) -> list[list[Cell]]:
    """Every incident, the newest first."""
    found: list[list[Cell]] = []
    before: int | None = None
    while True:
        placed = await queries.incidents(pool, agreement, now, status=None, before=before, limit=_PAGE)
        for incident, _ in placed:
            found.append(_row(incident))
        if len(placed) < _PAGE:
            return found
        before = int(placed[-1][1][0])


def _row(incident: IncidentView) -> list[Cell]:
    severity: Any = incident.severity
    decisions: Any = incident.decisions
    return [
        incident.incident_id,
        incident.status,
        incident.detected_at,
        incident.aware_at,
        incident.told_at,
        incident.affected,
        incident.told,
        incident.exempt,
        _said(incident, "nature") or incident.description,
        incident.data_categories,
        _said(incident, "data_subjects"),
        _said(incident, "records"),
        _said(incident, "cause"),
        _said(incident, "consequences"),
        _said(incident, "measures"),
        f"{severity['score']:g} {severity['severity']}" if severity else None,
        [f"{clock}: {'yes' if each['notify'] else 'no'}, {each['reason']}" for clock, each in decisions.items()],
        [each.clock for each in incident.clocks if each.missed],
        incident.closed_at,
    ]


def _said(incident: IncidentView, code: str) -> str | None:
    entry = incident.filled.get(code)
    if entry is None:
        return None
    number = [] if entry.number is None else [str(entry.number)]
    words = [*number, *([entry.text.en] if entry.text else []), *entry.choices]
    return entry.standing.value if entry.standing is Standing.UNKNOWN else f"{' '.join(words)} ({entry.standing.value})"
