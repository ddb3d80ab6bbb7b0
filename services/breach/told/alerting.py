"""What people on call are told, so that they act in time (BRE-1): through the notifier, which knows who they are."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from agreement.schema import Agreement
from breach.bound import Bound
from breach.course.finding import locked
from breach.course.incident_store import Incident
from breach.timing.clocks import CLIENTS
from breach.told.notices import Facts, moment
from chassis.message import Cause
from chassis.transaction import Transaction
from contracts.clock import ClockThresholdDue
from contracts.incident import AlertKind, IncidentAlertOrdered, IncidentReachedNobody

_NAMED: Final = 20
"""So many names a person reads; the API has them all."""
_HOUR: Final = timedelta(hours=1)


async def reached_nobody(app: Bound, incident_id: str, tx: Transaction) -> None:
    """It is a breach and no client is known to be affected: said on the bus, and to whoever can find out."""
    incident = await locked(tx, incident_id)
    if incident.known.aware_at is None:
        return
    tx.emit(
        IncidentReachedNobody(incident_id=incident_id, aware_at=incident.known.aware_at, unresolved=incident.unresolved)
    )
    _alert(app, incident_id, AlertKind.BREACH_REACHED_NOBODY, _open(app, incident), tx)


def reminded(app: Bound, incident: Incident, tx: Transaction) -> None:
    """What nobody has decided: whether it is a breach, or who is affected."""
    undecided = incident.known.aware_at is None
    kind = AlertKind.BREACH_UNDECIDED if undecided else AlertKind.BREACH_REACHED_NOBODY
    _alert(app, incident.incident_id, kind, _open(app, incident), tx)


def warned(app: Bound, due: ClockThresholdDue, waiting: Sequence[str], cause: Cause, tx: Transaction) -> None:
    """So much is left on a clock, or nothing: who waits, and towards whom it runs."""
    agreement = app.book.latest
    facts = moment("due", due.due_at, agreement.zone) | {
        **_towards(agreement, due.clock),
        "to_clients": "yes" if due.clock == CLIENTS else "",
        "to_authority": "" if due.clock == CLIENTS else due.clock,
        "hours_left": f"{max((due.due_at - tx.now) / _HOUR, 0):.1f}".removesuffix(".0"),
        "waiting": str(len(waiting)),
        "clients": _few(waiting),
    }
    kind = AlertKind.BREACH_TIME_LEFT if due.seconds_left else AlertKind.BREACH_CLOCK_MISSED
    _alert(app, due.incident_id, kind, facts, tx, cause)


def _open(app: Bound, incident: Incident) -> Facts:
    since: datetime = incident.known.aware_at or incident.opened_at
    return moment("since", since, app.book.latest.zone) | {
        "description": incident.description.en,
        "description.fr": incident.description.fr or incident.description.en,
        "unresolved": _few(incident.unresolved),
    }


def _towards(agreement: Agreement, clock: str) -> Facts:
    """An authority by its law, in each language; `clients` is a word that each has."""
    for each in agreement.breach.authority_clocks:
        if each.code == clock:
            return {"towards": each.to, "towards.fr": each.to_fr or each.to}
    return {"towards": clock}


def _few(names: Sequence[str]) -> str | tuple[str, ...]:
    more = len(names) - _NAMED
    return (*names[:_NAMED], f"+ {more}") if more > 0 else tuple(names)


def _alert(
    app: Bound, incident_id: str, kind: AlertKind, facts: Facts, tx: Transaction, cause: Cause | None = None
) -> None:
    cause = cause or tx.cause
    tx.emit(
        IncidentAlertOrdered(
            order_id=cause.derive(f"alert/{kind}/{incident_id}"),
            about=incident_id,
            kind=kind,
            clause=app.book.latest.breach.clause,
            facts={"incident_id": incident_id, **facts},
        ),
        cause=cause,
    )
