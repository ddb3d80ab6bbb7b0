"""The statement of account of a dispute on paper (§14): what was said, by whom and when; its JSON is attached. Pure."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Final

from pydantic_core import to_json

from assurance.statement import Statement
from assurance.views import MatterView
from chassis.paper import Paper

_ATTACHED: Final = "evidence.json"
_LEFT_OUT: Final = frozenset({"client_id", "dispute_id", "matter", "matter_id"})
_FINE: Final = (("when", 36.0), ("what", 44.0), ("said", 94.0))


def paper_of(statement: Statement) -> bytes:
    """The PDF."""
    view, zone = statement.view, statement.agreement.zone
    title = f"Dispute {view.matter_id} of {view.client_id}"
    paper = Paper(f"{title}, {_day(statement.made_at.astimezone(zone).date())}")
    paper.set_creation_date(statement.made_at)
    paper.set_title(title)
    paper.line_of("Statement of account", size=18, bold=True)
    paper.line_of(title, size=11, after=3)
    paper.facts(_facts(statement))
    paper.heading("What was said of it, in order")
    paper.grid(_FINE, [(_at(each.at, statement), each.what, _said(each.data)) for each in statement.journal])
    if statement.others:
        paper.heading("What else lies between the parties: questions, audits, help, disputes")
        columns = (("opened", 36.0), ("what", 60.0), ("how it stands", 78.0))
        paper.grid(columns, [_other(each, statement) for each in statement.others])
    paper.embed_file(basename=_ATTACHED, bytes=_attached(statement), mime_type="application/json")
    return bytes(paper.output())


def _facts(statement: Statement) -> list[tuple[str, str]]:
    processor, law, dispute = statement.agreement.processor, statement.agreement.law, statement.dispute
    notified = dispute.notified
    facts = [
        ("Processor", f"{processor.name}, {processor.postal_address}"),
        ("Client", statement.view.client_id),
        ("Clause", f"{law.clause}; {law.governing}"),
        ("How it stands", dispute.status),
        ("Notified", f"by the {notified.side}, received {_day(notified.received_on)}\n{notified.text}"),
        ("Registered letter", notified.registered_mail),
    ]
    if dispute.met is not None:
        facts.append(("Met", f"{_day(dispute.met.met_on)}\n{dispute.met.text}"))
    if dispute.due_on is not None:
        facts.append(("To be settled by", f"{_day(dispute.due_on)}; after that day: {law.court}"))
    if dispute.settled is not None:
        paper = dispute.settled.agreement
        facts.append(("Settled", f"{_day(dispute.settled.signed_on)}; {paper.name}, SHA-256 {paper.sha256}"))
    facts.append(("Times are of", statement.agreement.timezone))
    facts.append(("Made", _at(statement.made_at, statement)))
    return facts


def _other(view: MatterView, statement: Statement) -> tuple[str, str, str]:
    due = f", last day {_day(view.due_on)}" if view.due_on else ""
    return _at(view.opened_at, statement), f"{view.kind} {view.matter_id}", f"{view.status}{due}"


def _said(data: Mapping[str, object]) -> str:
    return "; ".join(f"{name}: {value}" for name, value in data.items() if name not in _LEFT_OUT)


def _attached(statement: Statement) -> bytes:
    return to_json(
        {
            "dispute": statement.view,
            "journal": list(statement.journal),
            "others": [
                each.model_dump(mode="json", include={"kind", "matter_id", "status", "due_on", "opened_at"})
                for each in statement.others
            ],
            "made_at": statement.made_at,
        }
    )


def _day(day: date) -> str:
    return f"{day.day} {day:%B %Y}"


def _at(at: datetime, statement: Statement) -> str:
    local = at.astimezone(statement.agreement.zone)
    return f"{_day(local.date())}, {local:%H:%M}"
