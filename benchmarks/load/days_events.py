"""What is said to the bus in a day of a company, from midnight on."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, TypeAlias

from benchmarks.load.stories import SOURCE
from chassis.message import Cause
from contracts.publishing import Outgoing, draft

TENTH: Final = 10
Json: TypeAlias = Mapping[str, object]
_SUB: Final = "new-transcriber"
_CATEGORIES: Final = ["call_fax_logs", "crm_contacts", "client_contacts_manual", "call_recordings"]


@dataclass(frozen=True, slots=True)
class Day:
    """How much of each there is; `clients` are `client-1` … before the day."""

    clients: int
    signed: int
    contacts: int
    settings: int
    asked: int
    questions: int
    ended: int
    objections: int
    holders: int


def morning(day: Day, prefix: str) -> Iterator[Outgoing]:
    """Everything but what answers something of this very day: the change and the breach come amid the rest."""
    for n in range(day.signed):
        yield _say(prefix, "client.signed", _signature(f"fresh-{n}"))
    for n in range(1, day.contacts + 1):
        contact = {"name": f"New contact {n}", "email": f"new@client-{n}.example"}
        yield _say(prefix, "client.contact_changed", {"client_id": f"client-{n}", "contact": contact})
    yield _change(prefix)
    for n in range(1, day.settings + 1):
        kept = [{"category": "call_recordings", "n": 60 + n % 30, "unit": "days"}]
        yield _say(prefix, "client.settings_changed", {"client_id": f"client-{n}", "retention": kept})
    for n in range(1, day.asked + 1):
        yield _say(prefix, "dsar.received", _request(n))
    yield _breach(day, prefix)
    for n in range(1, day.questions + 1):
        asked = {
            "client_id": f"client-{n}",
            "question_id": f"q-{n}",
            "said_by": "dpo@client.example",
            "items": ["Who?"],
        }
        yield _say(prefix, "question.asked", {**asked, "received_at": _now()})
    for n in range(1, day.ended + 1):
        today = datetime.now(UTC).date().isoformat()
        yield _say(prefix, "contract.terminated", {"client_id": f"client-{n}", "terminated_on": today})


def answers(day: Day, prefix: str) -> Iterator[Outgoing]:
    """What people say to what came in the morning."""
    change_id = Cause(SOURCE, _change(prefix).id, "").derive("change")
    for n in range(day.ended + 1, day.ended + day.objections + 1):
        objection = {"objection_id": f"obj-{n}", "change_id": change_id, "client_id": f"client-{n}"}
        yield _say(prefix, "objection.raised", {**objection, "received_at": _now(), "ground": "legal_obligation"})
    for n in range(1, day.asked + 1):
        yield _say(prefix, "handling.taken", {"request_id": f"dsar-{n}", "taken_by": "N. Petit"})
        draft_ = {"request_id": f"dsar-{n}", "answer_id": f"answer-{n}", "text": "Enclosed.", "drafted_by": "N. Petit"}
        yield _say(prefix, "handling.answer_drafted", draft_)
    for n in range(1, day.questions + 1):
        answer = {"client_id": f"client-{n}", "question_id": f"q-{n}", "said_by": "n.petit@processor.example"}
        yield _say(prefix, "question.answered", {**answer, "answers": [{"item": 1, "text": "Six people."}]})
    for n in range(1, day.ended + 1):
        chosen = {"client_id": f"client-{n}", "choice": "deletion", "made_by": "The DPO", "received_at": _now()}
        yield _say(prefix, "choice.made", chosen)


def systems(day: Day, prefix: str) -> Iterator[Outgoing]:
    """Systems of the company's own, for which each day's orders to delete are made, and which answer tomorrow."""
    for n in range(day.holders):
        holder = {"holder_id": f"system-{n}", "name": f"System {n}", "kind": "internal", "categories": _CATEGORIES}
        yield _say(prefix, "holder.declared", holder)


def _change(prefix: str) -> Outgoing:
    agreement = {"reference": "DPA-1", "signed_on": "2026-01-12"}
    data = {"subprocessor_id": _SUB, "name": "New Transcriber", "actions": ["Transcription"], "location": "FR"}
    facts = {**data, "written_agreement": agreement, "effective_on": "2099-06-01"}
    return _say(prefix, "subprocessor.added", facts)


def _breach(day: Day, prefix: str) -> Outgoing:
    """It affects one client in ten, by name."""
    named = [f"client-{n}" for n in range(TENTH, day.clients + 1, TENTH)]
    seen = {"incident_id": "the-breach", "origin": "detector", "detected_at": _now(), "aware_at": _now()}
    data = {"description": "An export of call logs was found.", "data_categories": ["call_recordings"]}
    return _say(prefix, "breach.detected", {**seen, **data, "client_ids": named})


def _request(n: int) -> Json:
    words = {"text": f"Please send me a copy of what you hold about me, file {n}.", "reply_to": "person@example.org"}
    return {"request_id": f"dsar-{n}", "right": "access", "received_at": _now(), "client_id": f"client-{n}", **words}


def _signature(client_id: str) -> Json:
    contact = {"name": "DPO", "email": f"dpo@{client_id}.example"}
    bound = {"agreement_id": "quicktalk", "agreement_version": "1", "signed_on": "2026-02-02"}
    return {"client_id": client_id, "name": client_id.title(), "contact": contact, **bound}


def _say(prefix: str, event_type: str, data: Json) -> Outgoing:
    key = "/".join(str(each) for name, each in data.items() if name.endswith("_id"))
    return draft(event_type, data, source=SOURCE, event_id=f"{event_type}/{key}", prefix=prefix)


def _now() -> str:
    return (datetime.now(UTC) - timedelta(seconds=1)).isoformat()
