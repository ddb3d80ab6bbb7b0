"""The names of a termination's dated events in the agenda: one of each per end of a contract."""

from retention.terminations import Termination


def reached_name(termination: Termination) -> str:
    """The name of the contract's end in the agenda."""
    return f"reached/{termination.termination_id}"


def choice_name(termination: Termination) -> str:
    """The name of the end of the time to choose in the agenda."""
    return f"choice/{termination.termination_id}"


def return_name(termination: Termination) -> str:
    """The name of the end of the time to fetch in the agenda."""
    return f"return/{termination.termination_id}"


def deletion_name(termination: Termination) -> str:
    """The name of the next day of deletion in the agenda."""
    return f"deletion/{termination.termination_id}"


def certificate_name(termination: Termination) -> str:
    """The name of the next look whether to certify in the agenda."""
    return f"certificate/{termination.termination_id}"
