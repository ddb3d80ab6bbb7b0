"""What a careful reader finds in an agreement: contradictions, gaps and guesses, all computed from its own data."""

from typing import Final

from agreement import contradictions, gaps, soundness
from agreement.findings import Finding, Severity
from agreement.schema import Agreement

ORDER: Final = tuple(Severity)

__all__ = ["Finding", "Severity", "check"]


def check(agreement: Agreement) -> list[Finding]:
    """Everything that can be found in the data: errors first, then warnings, then notes."""
    readers = (*soundness.READERS, *contradictions.READERS, *gaps.READERS)
    findings = [finding for reader in readers for finding in reader(agreement)]
    return sorted(findings, key=lambda finding: ORDER.index(finding.severity))
