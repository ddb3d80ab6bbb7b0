"""The dossier as an authority gets it: one JSON document, and the same on paper (BRE-4). Pure."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from pydantic_core import from_json, to_json

from agreement.schema import Agreement
from breach.clocks import CLIENTS
from breach.dossier import submission
from breach.views import IncidentView, StepView, SubmissionView
from chassis.paper import Paper
from contracts.breach import Standing

Document = dict[str, Any]


def dossier_of(
    agreement: Agreement,
    incident: IncidentView,
    steps: Sequence[StepView],
    submissions: Sequence[SubmissionView],
    made_at: datetime,
) -> Document:
    """Every element of the agreement, what is entered, and by name what a complete notification lacks."""
    processor = agreement.processor
    document: Document = from_json(
        to_json(
            {
                "incident_id": incident.incident_id,
                "authority": agreement.breach.authority,
                "made_at": made_at,
                "would_be": submission(incident.missing, len(submissions)),
                "missing": incident.missing,
                "processor": {
                    "name": processor.name,
                    "registered_as": processor.registered_as,
                    "postal_address": processor.postal_address,
                },
                "status": incident.status,
                "origin": incident.origin,
                "description": incident.description,
                "detected_at": incident.detected_at,
                "aware_at": incident.aware_at,
                "told_at": incident.told_at,
                "clients_affected": incident.affected,
                "clients_told": incident.told,
                "subprocessors": incident.subprocessor_ids,
                "systems": incident.systems,
                "data_categories": incident.data_categories,
                "elements": [
                    {
                        "code": each.code,
                        "asked_for": each.text,
                        "clause": each.clause,
                        "entered": incident.entries.get(each.code),
                        "missing": each.code in incident.missing,
                    }
                    for each in agreement.breach.dossier
                ],
                "clocks": [each for each in incident.clocks if each.clock != CLIENTS],
                "severity": incident.severity,
                "decisions": incident.decisions,
                "steps": steps,
                "notifications": [each.model_dump(exclude={"entries"}) for each in submissions],
            }
        )
    )
    return document


def paper_of(document: Document) -> bytes:
    """The PDF of a dossier, with its JSON attached."""
    paper = Paper(f"Personal data breach {document['incident_id']}", datetime.fromisoformat(document["made_at"]))
    processor = document["processor"]
    paper.line(f"Personal data breach {document['incident_id']}", size=18, bold=True)
    paper.line(f"{processor['name']}, {processor['registered_as']}, {processor['postal_address']}")
    paper.line(f"for {document['authority']}; made at {document['made_at']}; as it stands: {document['would_be']}")
    lacking = ", ".join(document["missing"]) or "nothing"
    paper.line(f"For a complete notification is missing: {lacking}", bold=True)
    paper.line(document["description"])
    told = f"{document['clients_told']} of {document['clients_affected']} clients told"
    paper.line(f"Detected at {document['detected_at']}, known since {document['aware_at'] or 'never'}; {told}.")
    paper.table(
        "Elements",
        ("element", "asked for by", "standing", "number", "what is known"),
        [_element(each) for each in document["elements"]],
    )
    paper.table(
        "What was done",
        ("at", "kind", "by", "what"),
        [(each["taken_at"], each["kind"], each["taken_by"], each["text"]["en"]) for each in document["steps"]],
    )
    paper.table(
        "Clocks",
        ("clock", "due at", "stopped", "missed"),
        [
            (each["clock"], each["due_at"], each["stopped_why"] or "runs", "yes" if each["missed"] else "no")
            for each in document["clocks"]
        ],
    )
    paper.table(
        "Decisions",
        ("clock", "notify", "by", "reason"),
        [
            (clock, "yes" if each["notify"] else "no", each["decided_by"], each["reason"])
            for clock, each in document["decisions"].items()
        ],
    )
    if severity := document["severity"]:
        paper.line(f"Severity by the ENISA method: {severity['score']:g}, {severity['severity']}", bold=True)
        for step in severity["because"]:
            paper.line(f"- {step}", size=8)
    paper.attach("dossier.json", to_json(document))
    return paper.made()


def _element(each: Document) -> tuple[str, ...]:
    entered = each["entered"]
    name = (each["code"], each["clause"])
    if entered is None:
        return (*name, "MISSING", "", "")
    number = "" if entered["number"] is None else str(entered["number"])
    approximately = "about " if entered["standing"] == Standing.APPROXIMATE and number else ""
    words = "; ".join([*([entered["text"]["en"]] if entered["text"] else []), *entered["choices"]])
    return (*name, entered["standing"], approximately + number, words)
