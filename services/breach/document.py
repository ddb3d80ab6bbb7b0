"""The dossier as an authority gets it: one JSON document, and the same on paper (BRE-4). Pure."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from pydantic_core import from_json, to_json

from agreement.schema import Agreement
from breach.clocks import CLIENTS
from breach.dossier import submission
from breach.views import IncidentView, StepView, SubmissionView
from chassis.paper import Paper
from contracts.breach import Standing

Document = dict[str, Any]
Column = tuple[str, float]
_ATTACHED: Final = "dossier.json"


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
    title = f"Personal data breach {document['incident_id']}"
    paper = Paper(title)
    paper.set_creation_date(datetime.fromisoformat(document["made_at"]))
    paper.set_title(title)
    paper.line_of(title, size=18, bold=True)
    lacking = ", ".join(document["missing"]) or "nothing"
    paper.line_of(f"For a complete notification is missing: {lacking}", size=10, bold=True, after=3)
    paper.facts(_facts(document))
    for name, columns, rows in _tables(document):
        if rows:
            paper.heading(name)
            paper.grid(columns, rows)
    paper.embed_file(basename=_ATTACHED, bytes=to_json(document), mime_type="application/json")
    return bytes(paper.output())


def _facts(document: Document) -> list[tuple[str, str]]:
    processor, severity = document["processor"], document["severity"]
    return [
        ("For", document["authority"]),
        ("Processor", f"{processor['name']}, {processor['registered_as']}, {processor['postal_address']}"),
        ("Made at", document["made_at"]),
        ("As it stands", document["would_be"]),
        ("What happened", document["description"]),
        ("Detected at", document["detected_at"]),
        ("Known since", document["aware_at"] or "not known to be a breach yet"),
        ("Clients told", f"{document['clients_told']} of {document['clients_affected']}"),
        ("At", ", ".join([*document["subprocessors"], *document["systems"]]) or "the processor"),
        *([("Severity (ENISA)", f"{severity['score']:g}, {severity['severity']}")] if severity else []),
    ]


def _tables(document: Document) -> list[tuple[str, tuple[Column, ...], list[tuple[str, ...]]]]:
    return [
        (
            "Elements",
            (("element", 26), ("asked for by", 30), ("standing", 22), ("number", 20), ("what is known", 76)),
            [_element(each) for each in document["elements"]],
        ),
        (
            "What was done",
            (("at", 44), ("kind", 26), ("by", 28), ("what", 76)),
            [(each["taken_at"], each["kind"], each["taken_by"], each["text"]["en"]) for each in document["steps"]],
        ),
        (
            "Clocks",
            (("clock", 44), ("due at", 60), ("stopped", 40), ("missed", 30)),
            [
                (each["clock"], each["due_at"], each["stopped_why"] or "runs", "yes" if each["missed"] else "no")
                for each in document["clocks"]
            ],
        ),
        (
            "Decisions",
            (("clock", 34), ("notify", 16), ("by", 34), ("reason", 90)),
            [
                (clock, "yes" if each["notify"] else "no", each["decided_by"], each["reason"])
                for clock, each in document["decisions"].items()
            ],
        ),
        (
            "Severity by the ENISA method",
            (("choice", 174),),
            [(each,) for each in (document["severity"] or {"because": []})["because"]],
        ),
    ]


def _element(each: Document) -> tuple[str, ...]:
    entered = each["entered"]
    name = (each["code"], each["clause"])
    if entered is None:
        return (*name, "MISSING" if each["missing"] else "", "", "")
    number = "" if entered["number"] is None else str(entered["number"])
    approximately = "about " if entered["standing"] == Standing.APPROXIMATE and number else ""
    words = "; ".join([*([entered["text"]["en"]] if entered["text"] else []), *entered["choices"]])
    return (*name, entered["standing"], approximately + number, words)
