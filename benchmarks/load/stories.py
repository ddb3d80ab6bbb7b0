"""What a platform and people say of one client in the course of years: an example of every event, in its order.

The events are those of `docs/contracts/examples`, with ids of the story's own and with times that have just come. What
comes in one wave may be published at once; a wave names what the ones before it have brought about.
"""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Final

from contracts.publishing import Outgoing, draft

SOURCE: Final = "benchmark"
EXAMPLES: Final = Path(__file__).parents[2] / "docs" / "contracts" / "examples"
CHANGED: Final = "acme-transcription"
"""The sub-processor whose change the stories object to."""

FIRST: Final = ("client.signed",)
COMPANY: Final = (
    ("holder.declared", "staff.undertaking_given", "measure.version_proposed", "subprocessor.added"),
    ("measure.justified", "staff.undertaking_ended", "holder.reported", "subprocessor.corrected"),
    ("measure.version_withdrawn", "holder.restored", "subprocessor.removed"),
    ("holder.retired",),
)
"""What is said once, of everybody."""

CLIENT: Final = (
    (
        "client.contact_changed", "client.settings_changed", "client.amended", "client.desynchronised",
        "objection.raised", "hold.placed", "question.asked", "question.answered", "question.found_insufficient",
        "assistance.requested", "assistance.quoted", "dispute.notified", "dispute.met", "dsar.received",
        "authority.requested", "breach.detected", "breach.awareness_recorded", "breach.step_logged", "breach.updated",
        "breach.dossier_entered", "breach.severity_assessed",
    ),
    (
        "objection.withdrawn", "mitigation.offered", "audit.requested", "audit.plan_submitted", "audit.answered",
        "audit.expert_named", "audit.confidentiality_signed", "audit.terms_proposed", "audit.escort_named",
        "assistance.quote_answered", "assistance.work_begun", "assistance.given", "dispute.settled",
        "authority.ban_extended", "authority.ban_lifted", "handling.taken", "handling.client_named",
        "handling.answer_drafted", "instruction.given", "breach.state_requested", "breach.exempted",
        "breach.exemption_lifted", "breach.authority_decided", "breach.authority_notified",
    ),
    (
        "mitigation.answered", "audit.begun", "audit.report_delivered", "audit.finding_recorded",
        "audit.finding_closed", "audit.certificate_offered", "audit.closed", "assistance.withdrawn",
        "instruction.amended", "instruction.doubted", "instruction.confirmed", "dsar.assistance_requested",
        "breach.delay_explained", "breach.scoped", "breach.scope_corrected", "breach.closed",
    ),
    (
        "dsar.quote_offered", "handling.send_requested", "audit.withdrawn", "hold.lifted", "breach.reopened",
        "client.competitor_marked",
    ),
    ("dsar.quote_answered", "handling.closed", "contract.terminated"),
    ("dsar.assistance_started", "choice.made", "instruction.withdrawn"),
    ("contract.reinstated",),
)  # fmt: skip
"""What is said of each client, wave by wave."""

_OWN: Final = (
    "client-42", "help-2026-5", "quote-1", "audit-2026-3", "q-2026-11", "auth-2026-0004", "inc-2026-0007",
    "inc-2026-0007-s1", "inc-2026-0007-u1", "dsar-2026-0031", "inst-2026-0007", "answer-1", "help-1", "dispute-2026-1",
    "f-1", "mit-2026-0002", "obj-2026-0003", "dispute-7",
)  # fmt: skip
"""Ids in the examples that belong to one client's story."""

_ID: Final = re.compile('"(' + "|".join(map(re.escape, _OWN)) + ')"')
_COME: Final = re.compile(
    r'"(received_at|detected_at|aware_at|taken_at|as_of|submitted_at|begun_at|desynchronised_at)": "[^"]*"'
)
_OTHERWISE: Final = {
    "client.amended": ('"agreement_version": "2"', '"agreement_version": "1"'),
    "authority.requested": ('"2026-07-01"', '"{soon}"'),
    "authority.ban_extended": ('"2026-10-01"', '"{later}"'),
    "breach.scoped": ('"deeptranscript"', '"nobody-{n}"'),  # else every incident is every client's
}


def said(event_type: str, n: int, prefix: str, change_id: str) -> Outgoing:
    """The record by which this is said in the n-th story, `change_id` being the change that was announced to it."""
    text = _COME.sub(rf'"\1": "{_now()}"', _example(event_type))
    old, new = _OTHERWISE.get(event_type, ("", ""))
    text = text.replace(old, new.format(n=n, soon=_day(30), later=_day(60))) if old else text
    text = _ID.sub(rf'"\1-{n}"', text).replace('"change-1"', f'"{change_id}"')
    return draft(event_type, text.encode(), source=SOURCE, event_id=f"{event_type}-{n}", prefix=prefix)


def waves(stories: int, prefix: str, change_id: str) -> Iterator[list[Outgoing]]:
    """All stories, a wave after the other; what is said of everybody goes with the first story."""
    for nth, wave in enumerate(CLIENT):
        records = [said(event_type, n, prefix, change_id) for n in range(stories) for event_type in wave]
        company = COMPANY[nth] if nth < len(COMPANY) else ()
        already = {"subprocessor.added"}
        yield [said(each, 0, prefix, change_id) for each in company if each not in already] + records


@cache
def _example(event_type: str) -> str:
    return json.dumps(json.loads((EXAMPLES / f"{event_type}.json").read_text(encoding="utf-8")))


def _day(days: int) -> str:
    return (datetime.now(UTC) + timedelta(days=days)).date().isoformat()


def _now() -> str:
    return (datetime.now(UTC) - timedelta(seconds=1)).isoformat()
