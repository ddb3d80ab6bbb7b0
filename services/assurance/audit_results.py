"""What follows an audit (§7): its report, which is confidential, its findings, its end. Pure."""

from typing import assert_never

from agreement.duties import AuditGate
from assurance.audit_record import Audit, Finding, end, of
from assurance.gate_state import AuditWorld, refuse
from assurance.gates import judge
from assurance.words import Opening, Refusal, Step
from contracts import audit as says
from contracts.assurance import AssuranceFindingTracked, AssuranceReportReceived

After = says.AuditReportDelivered | says.AuditFindingRecorded | says.AuditFindingClosed | says.AuditClosed


def follow(world: AuditWorld, audit: Audit, said: After) -> Step | Refusal:
    """§7: what is said once an audit has begun."""
    clause = world.agreement.audit.clause
    if audit.status not in {"begun", "reported"}:
        state = f"the audit is {audit.status}" if audit.is_over else "the audit has not begun"
        return Refusal(state, clause, None, AuditGate.REPORT, None if audit.is_over else Opening("begin"))
    match said:
        case says.AuditReportDelivered():
            return _report(audit, said, clause)
        case says.AuditFindingRecorded():
            if any(each.found.finding_id == said.finding_id for each in audit.findings):
                return Refusal(f"the finding {said.finding_id!r} is there already", clause, "finding_id")
            return _track(audit, said, (*audit.findings, Finding(found=said)), closed=False)
        case says.AuditFindingClosed():
            return _mend(audit, said, clause)
        case says.AuditClosed():
            return _close(world, audit, said)
        case _:
            assert_never(said)


def _report(audit: Audit, said: says.AuditReportDelivered, clause: str) -> Step | Refusal:
    if audit.report is not None:
        return Refusal(f"the report was delivered by {audit.report.said_by}", clause)
    received = AssuranceReportReceived(**of(said), sha256=said.report.sha256)
    return Step(audit.model_copy(update={"status": "reported", "report": said}), (received,))


def _mend(audit: Audit, said: says.AuditFindingClosed, clause: str) -> Step | Refusal:
    found = {each.found.finding_id: each for each in audit.findings}
    finding = found.get(said.finding_id)
    if finding is None:
        return Refusal(f"there is no finding {said.finding_id!r}", clause, "finding_id")
    if finding.mended is not None:
        return Refusal(f"it was closed by {finding.mended.said_by}: {finding.mended.remedy}", clause)
    mended = found | {said.finding_id: Finding(found=finding.found, mended=said)}
    return _track(audit, said, tuple(mended.values()), closed=True)


def _track(
    audit: Audit,
    said: says.AuditFindingRecorded | says.AuditFindingClosed,
    findings: tuple[Finding, ...],
    *,
    closed: bool,
) -> Step:
    after = audit.model_copy(update={"findings": findings})
    tracked = AssuranceFindingTracked(
        **of(said), finding_id=said.finding_id, closed=closed, open_findings=after.open_findings
    )
    return Step(after, (tracked,))


def _close(world: AuditWorld, audit: Audit, said: says.AuditClosed) -> Step | Refusal:
    gates = judge(world, audit, audit.held_on or world.today)
    report = next((each for each in gates if each.gate is AuditGate.REPORT and not each.is_open), None)
    if report is not None:
        return refuse(world, report)
    if audit.open_findings:
        reason = f"findings that are open: {audit.open_findings}"
        return Refusal(reason, world.agreement.audit.clause, None, AuditGate.REPORT, Opening("findings"))
    return end(audit, said, "closed", None)
