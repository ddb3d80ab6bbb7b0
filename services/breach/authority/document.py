"""The dossier as an authority gets it, as one JSON document (BRE-4); `printing` puts it on paper. Pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from pydantic_core import from_json, to_json

from agreement.schema import Agreement
from breach.answers.views import IncidentView, PhaseView, StepView, SubmissionView
from breach.authority.dossier import is_known, submission
from breach.timing.clocks import CLIENTS

Document = dict[str, Any]


class Beside(NamedTuple):
    """What belongs to an incident: what was done, told to clients and sent to authorities; names by kind/id."""

    steps: Sequence[StepView]
    updates: Sequence[PhaseView]
    submissions: Sequence[SubmissionView]
    names: Mapping[str, str]


def dossier_of(agreement: Agreement, incident: IncidentView, beside: Beside, made_at: datetime) -> Document:
    """Every element of the agreement, what is known of it, and by name what a complete notification lacks."""
    document: Document = from_json(
        to_json(
            {
                "incident_id": incident.incident_id,
                "authority": agreement.breach.authority,
                "made_at": made_at,
                "zone": agreement.timezone,
                "would_be": submission(incident.missing, len(beside.submissions)),
                "missing": incident.missing,
                "processor": _processor(agreement),
                "status": incident.status,
                "origin": incident.origin,
                "description": incident.description,
                "detected_at": incident.detected_at,
                "aware_at": incident.aware_at,
                "told_at": incident.told_at,
                "clients_affected": incident.affected,
                "clients_told": incident.told,
                "clients_exempt": incident.exempt,
                "subprocessors": incident.subprocessor_ids,
                "systems": incident.systems,
                "where": _where(incident, beside.names),
                "data_categories": incident.data_categories,
                "data": [each.label for each in agreement.data_categories if each.code in incident.data_categories],
                "elements": _elements(agreement, incident),
                "clocks": _clocks(agreement, incident),
                "severity": incident.severity,
                "decisions": incident.decisions,
                "steps": beside.steps,
                "updates": beside.updates,
                "notifications": beside.submissions,
            }
        )
    )
    return document


def _processor(agreement: Agreement) -> Document:
    processor = agreement.processor
    return {
        "name": processor.name,
        "registered_as": processor.registered_as,
        "postal_address": processor.postal_address,
    }


def _where(incident: IncidentView, names: Mapping[str, str]) -> list[str]:
    """As people call them; who or what nobody announced, by its id."""
    at = [
        *(f"subprocessor/{each}" for each in incident.subprocessor_ids),
        *(f"system/{each}" for each in incident.systems),
    ]
    return [names.get(each, each.partition("/")[2]) for each in at]


def _elements(agreement: Agreement, incident: IncidentView) -> list[Document]:
    return [
        {
            "code": each.code,
            "asked_for": each.text,
            "clause": each.clause,
            "entered": incident.filled.get(each.code),
            "by_itself": each.code in incident.filled and not is_known(incident.entries, each.code),
            "missing": each.code in incident.missing,
        }
        for each in agreement.breach.dossier
    ]


def _clocks(agreement: Agreement, incident: IncidentView) -> list[Document]:
    """Those towards authorities, each with whom it is towards and by which law."""
    laws = {each.code: each for each in agreement.breach.authority_clocks}
    return [
        each.model_dump()
        | {"to": laws[each.clock].to, "clause": laws[each.clock].clause, "to_confirm": laws[each.clock].confirm}
        for each in incident.clocks
        if each.clock != CLIENTS and each.clock in laws
    ]
