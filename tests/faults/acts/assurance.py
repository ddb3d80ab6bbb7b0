"""Questions, audits through every gate, help with its quote, and a dispute (§7, §10, §14)."""

from collections.abc import Iterable

from tests.faults.bus import Bus
from tests.faults.stream import Cast, Said, at, begins_at, say


def assurance(act: int, cast: Cast, _: Bus) -> Iterable[Said]:
    """From the second act on; audits are held in the thirteenth.

    Some help is given so late that people were reminded of it, and so are they of a finding.
    """
    for n, client_id in enumerate(cast.client_ids):
        yield from _question(act, n, client_id)
        if n % 2:
            yield from _help(act, f"aid-{n}", client_id, withdrawn=n % 4 == 3, given_in=14 if n % 8 == 5 else 6)
        if n % 4 == 0:
            yield from _audit(act, f"audit-{n}", f"q-{n}", client_id)
        if n == 0:
            yield from _dispute(act, client_id)


def _question(act: int, n: int, client_id: str) -> Iterable[Said]:
    of = {"client_id": client_id, "question_id": f"q-{n}"}
    match act:
        case 2:
            yield say("question.asked", received_at=at(2), **of)
        case 3:
            yield say("question.answered", **of)
        case 4 if n % 2 == 0:
            yield say("question.found_insufficient", **of)
        case _:
            pass


def _help(act: int, assistance_id: str, client_id: str, *, withdrawn: bool, given_in: int) -> Iterable[Said]:
    of = {"client_id": client_id, "assistance_id": assistance_id}
    match act:
        case 2:
            yield say("assistance.requested", received_at=at(2), needed_on="2026-07-31", **of)
        case 3:
            yield say("assistance.quoted", **of)
        case 4:
            yield say("assistance.quote_answered", **of)
        case 5:
            yield say("assistance.withdrawn" if withdrawn else "assistance.work_begun", **of)
        case _ if act == given_in and not withdrawn:
            yield say("assistance.given", **of)
        case _:
            pass


def _audit(act: int, audit_id: str, question_id: str, client_id: str) -> Iterable[Said]:
    of = {"client_id": client_id, "audit_id": audit_id}
    day = begins_at(13).date().isoformat()
    match act:
        case 5:
            asked = {"question_id": question_id, "received_at": at(5), "proposed_on": day}
            yield say("audit.requested", **asked, **of)
        case 6:
            yield say("audit.certificate_offered", **of)
            yield say("audit.plan_submitted", **of)
            yield say("audit.expert_named", **of)
            yield say("audit.confidentiality_signed", signed_on="2026-05-04", **of)
            session = {"starts_at": f"{day}T09:30:00+02:00", "ends_at": f"{day}T17:00:00+02:00"}
            yield say("audit.terms_proposed", sessions=[session], **of)
        case 7:
            for gate in ("plan", "expert", "confidentiality"):
                yield say("audit.answered", gate=gate, **of)
            yield say("audit.answered", gate="scope_and_costs", side="client", **of)
            yield say("audit.answered", gate="certificate", side="client", accepted=False, **of)
            yield say("audit.escort_named", **of)
            if client_id.endswith("4"):
                yield say("audit.withdrawn", **of)
        case 13:
            yield say("audit.begun", begun_at=at(13), **of)
            yield say("audit.report_delivered", **of)
            yield say("audit.finding_recorded", due_on="2026-08-03", **of)
        case 14:
            yield say("audit.finding_closed", **of)
            yield say("audit.closed", **of)
        case _:
            pass


def _dispute(act: int, client_id: str) -> Iterable[Said]:
    of = {"client_id": client_id, "dispute_id": "dispute-1"}
    match act:
        case 2:
            yield say("dispute.notified", received_on="2026-05-03", **of)
        case 3:
            yield say("dispute.met", met_on="2026-05-04", **of)
        case 12:
            yield say("dispute.settled", signed_on="2026-06-20", **of)
        case _:
            pass
