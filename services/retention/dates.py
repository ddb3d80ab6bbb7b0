"""The names of a termination's dated events in the agenda: one of each per client."""

from retention.terminations import Termination


def reached_name(termination: Termination) -> str:
    """The name of the contract's end in the agenda."""
    return f"reached/{termination.client_id}"


def choice_name(termination: Termination) -> str:
    """The name of the end of the time to choose in the agenda."""
    return f"choice/{termination.client_id}"


def return_name(termination: Termination) -> str:
    """The name of the end of the time to fetch in the agenda."""
    return f"return/{termination.client_id}"


def deletion_name(termination: Termination) -> str:
    """The name of the next day of deletion in the agenda."""
    return f"deletion/{termination.client_id}"


def certificate_name(termination: Termination) -> str:
    """The name of the next look whether to certify in the agenda."""
    return f"certificate/{termination.client_id}"
