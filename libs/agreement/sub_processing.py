"""Sub-processors: the rules of §4, the notices of §15, and the list of Appendix B."""

from collections.abc import Iterable
from datetime import date, timedelta
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from agreement.part import Clausal, Country, Label, Part, Slug, Text


class Fact(StrEnum):
    """What is known of a sub-processor; the names are those of its event."""

    NAME = "name"
    ACTIONS = "actions"
    DATA_CATEGORIES = "data_categories"
    LOCATION = "location"
    TRANSFER = "transfer"
    WRITTEN_AGREEMENT = "written_agreement"
    PARENT_ID = "parent_id"


class Gate(StrEnum):
    """Whom an open window, or an accepted objection, holds a change back for."""

    PER_CLIENT = "per_client"
    ALL = "all"


class Kind(StrEnum):
    """A change of the list."""

    ADDITION = "addition"
    MODIFICATION = "modification"
    REMOVAL = "removal"


class SubProcessing(Clausal):
    """§4.1 to §4.3: what is announced, to whom the list is shown, and whom a window holds back."""

    written_agreement_required: bool
    notified: frozenset[Kind]
    material_facts: Annotated[frozenset[Fact], Field(min_length=1)]
    gate: Gate
    list_visible_to: frozenset[Slug]

    def needs_notice(self, changed: Iterable[str]) -> tuple[str, ...]:
        """Those of the changed facts that need a notice (§4.3); the others are corrections."""
        return tuple(name for name in changed if name in self.material_facts)


class Ground(Part):
    """A ground for an objection; an objective one names a legal obligation that is put at risk (§4.4)."""

    code: Slug
    label: Label
    objective: bool


class Objection(Clausal):
    """§4.4: what a client may object to, and on which grounds."""

    in_writing: bool
    against: frozenset[Kind]
    grounds: Annotated[tuple[Ground, ...], Field(min_length=1)]

    def ground(self, code: str) -> Ground | None:
        """The ground with this code."""
        return next((ground for ground in self.grounds if ground.code == code), None)


class Mitigation(Clausal):
    """§4.4, second paragraph: what is offered after an objection, and what holds meanwhile."""

    kinds: tuple[Slug, ...]
    barred_while_open: bool
    barred_if_refused: bool
    barred_if_accepted: frozenset[Slug] = Field(description="the kinds that go around the sub-processor altogether")


class Channel(StrEnum):
    """A way to a client."""

    WEBHOOK = "webhook"
    EMAIL = "email"
    POST = "post"
    API = "api"


class Receipt(Clausal):
    """What proves that a channel brought the notice, and whether that proof opens the client's window."""

    channel: Channel
    proof: Text
    counts: bool


class Retry(Part):
    """How attempts are spaced: `first_delay · factorⁿ`, never over `max_delay`, spread by ± `jitter` of itself."""

    first_delay: timedelta
    factor: Annotated[float, Field(ge=1)]
    max_delay: timedelta
    jitter: Annotated[float, Field(ge=0, le=1)]


class Stage(Part):
    """Channels that are tried together, and how long before the next stage begins beside them."""

    channels: Annotated[tuple[Channel, ...], Field(min_length=1)]
    retry: Retry


class Escalation(Clausal):
    """When a client without receipt goes on to the next stage: so many working days before the planned day."""

    working_days_before: Annotated[int, Field(ge=1)]


class Notices(Clausal):
    """§15: the ways to a client in their order, what counts as receipt, and when a person is called."""

    in_writing: bool
    languages: Annotated[tuple[Text, ...], Field(min_length=1)]
    stages: Annotated[tuple[Stage, ...], Field(min_length=1)]
    receipts: Annotated[tuple[Receipt, ...], Field(min_length=1)]
    escalation: Escalation

    def counts_as_receipt(self, channel: str) -> bool:
        """Whether a proof by this channel is a receipt (§4.4)."""
        return any(receipt.counts for receipt in self.receipts if receipt.channel == channel)


class Transfer(Part):
    """The mechanism that covers a transfer outside the EEA, its document, and the list's own words for it."""

    mechanism: Slug
    document: Text | None = None
    as_written: Text


class WrittenAgreement(Part):
    """The written agreement with a sub-processor (§4.1); not `confirmed`: the agreement itself names none."""

    reference: Text
    signed_on: date
    confirmed: bool


class SubProcessor(Clausal):
    """One line of Appendix B."""

    id: Slug
    name: Text
    as_written: Text
    actions: Annotated[tuple[Text, ...], Field(min_length=1)]
    location: Country
    location_as_written: Text
    data_categories: tuple[Slug, ...]
    transfer: Transfer
    written_agreement: WrittenAgreement | None = None
    parent_id: Slug | None = None
