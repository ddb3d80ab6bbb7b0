"""What would make an agreement impossible to run."""

from collections.abc import Iterator
from typing import Final

from agreement.findings import Finding, Reader, Severity
from agreement.periods import Unit
from agreement.schema import Agreement


def agreements_missing(agreement: Agreement) -> Iterator[Finding]:
    """§4.1: a listed sub-processor without a written agreement, where one is required."""
    for index, each in enumerate(agreement.sub_processors):
        if each.written_agreement is None and agreement.sub_processing.written_agreement_required:
            what = f"{each.name} has no written agreement"
            yield Finding(
                Severity.ERROR, "4.1", f"sub_processors[{index}].written_agreement", what, "conclude one and name it"
            )


def documents_missing(agreement: Agreement) -> Iterator[Finding]:
    """§8.2: a mechanism without the document that proves it."""
    accepted = agreement.transfers.accepted()
    for index, each in enumerate(agreement.sub_processors):
        if each.transfer.mechanism in accepted and each.transfer.document is None:
            what = f"{each.name} names the mechanism {each.transfer.mechanism} and no document"
            path = f"sub_processors[{index}].transfer.document"
            yield Finding(Severity.ERROR, agreement.transfers.clause, path, what, "name the document that proves it")


def parents_in_a_circle(agreement: Agreement) -> Iterator[Finding]:
    """A sub-processor that is, through its parents, its own parent."""
    parents = {each.id: each.parent_id for each in agreement.sub_processors}
    for index, each in enumerate(agreement.sub_processors):
        seen, parent = {each.id}, each.parent_id
        while parent is not None and parent not in seen:
            seen.add(parent)
            parent = parents[parent]
        if parent is not None:
            what = f"the parents of {each.name} run in a circle"
            yield Finding(
                Severity.ERROR, each.clause, f"sub_processors[{index}].parent_id", what, "one of them has no parent"
            )


def escalation_too_early(agreement: Agreement) -> Iterator[Finding]:
    """An escalation that comes due before the notice has to go out."""
    lead, notice = agreement.notices.escalation, agreement.periods.change_notice
    if notice.unit is Unit.WORKING_DAYS and lead.working_days_before > notice.n:
        what = f"{lead.working_days_before} working days before the change is earlier than the notice's own {notice.n}"
        remedy = f"at most {notice.n}"
        yield Finding(Severity.ERROR, lead.clause, "notices.escalation.working_days_before", what, remedy)


def receipts_that_never_count(agreement: Agreement) -> Iterator[Finding]:
    """§4.4: a stage of channels by which no notice can ever be received."""
    for index, stage in enumerate(agreement.notices.stages):
        if not any(agreement.notices.counts_as_receipt(channel) for channel in stage.channels):
            what = f"no receipt by {', '.join(stage.channels)} counts, so no window would ever open by this stage"
            path = f"notices.stages[{index}].channels"
            yield Finding(Severity.ERROR, agreement.notices.clause, path, what, "add a receipt that counts")


def categories_without_retention(agreement: Agreement) -> Iterator[Finding]:
    """Appendix A: every category of data has a retention period."""
    ruled = {rule.category for rule in agreement.retention}
    for index, category in enumerate(agreement.data_categories):
        if category.code not in ruled:
            what = f"the data category {category.code} has no retention rule"
            yield Finding(
                Severity.ERROR, category.clause, f"data_categories[{index}]", what, "add a [[retention]] for it"
            )


def laws_not_yet(agreement: Agreement) -> Iterator[Finding]:
    """A law that comes into force after the day that this version states."""
    for index, law in enumerate(agreement.legal_bases):
        if law.in_force_on is not None and law.in_force_on > agreement.version_on:
            what = f"{law.title} is in force from {law.in_force_on} on, after this version's {agreement.version_on}"
            path = f"legal_bases[{index}].in_force_on"
            yield Finding(Severity.WARNING, law.clause, path, what, "plan a version for that day")


def promises_that_are_kept_anyway(agreement: Agreement) -> Iterator[Finding]:
    """§9: what an agreement waives and Dutiful does nevertheless, so that nobody relies on the waiver."""
    kept = {
        "answered_only_on_instruction": "no answer leaves without the client's instruction, whatever the file says",
        "quote_before_costly_work": "work that was quoted waits for the client's word, whatever the file says",
    }
    for name, what in kept.items():
        if not getattr(agreement.requests, name):
            path = f"requests.{name}"
            yield Finding(Severity.ERROR, agreement.requests.clause, path, f"it is false, and {what}", "write true")


READERS: Final[tuple[Reader, ...]] = (
    agreements_missing,
    documents_missing,
    parents_in_a_circle,
    escalation_too_early,
    receipts_that_never_count,
    categories_without_retention,
    laws_not_yet,
    promises_that_are_kept_anyway,
)
