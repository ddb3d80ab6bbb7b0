"""What is announced again and again: one more sub-processor."""

from datetime import date

from contracts.subprocessor import SubprocessorAdded, WrittenAgreement


def addition(subprocessor_id: str) -> SubprocessorAdded:
    """It may begin as soon as the agreement lets it, and is refused for nothing."""
    return SubprocessorAdded(
        subprocessor_id=subprocessor_id,
        name=subprocessor_id.title(),
        actions=("Hosting",),
        location="FR",
        written_agreement=WrittenAgreement(reference="A-1", signed_on=date(2026, 1, 2)),
        effective_on=date(2099, 6, 1),
    )
