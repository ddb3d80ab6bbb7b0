"""What the platform says about sub-processors (§4, §8.2, Appendix B)."""

from datetime import date
from typing import Annotated, ClassVar

from pydantic import Field

from contracts.event import Country, Event, Id, Part, Text


class Transfer(Part):
    """What covers a transfer outside the EEA: a mechanism by the agreement's code, and its document (§8.2)."""

    mechanism: Id
    document: Text | None = None


class WrittenAgreement(Part):
    """The written agreement with a sub-processor (§4.1); not `confirmed`: nobody has vouched for it yet."""

    reference: Text
    signed_on: date
    confirmed: bool = True


class SubprocessorFacts(Part):
    """Who a sub-processor is and what it does to the clients' data."""

    name: Text
    actions: Annotated[tuple[Text, ...], Field(min_length=1)]
    data_categories: tuple[Id, ...] = ()
    location: Country
    transfer: Transfer | None = None
    written_agreement: WrittenAgreement | None = None
    parent_id: Id | None = None


class SubprocessorAdded(Event, SubprocessorFacts):
    """A sub-processor is to be appointed, or its material facts are to change, from `effective_on` on."""

    TYPE: ClassVar[str] = "subprocessor.added"
    KEY: ClassVar[tuple[str, ...]] = ("subprocessor_id",)

    subprocessor_id: Id
    effective_on: date | None = None


class SubprocessorRemoved(Event):
    """A sub-processor is to leave the list from `effective_on` on."""

    TYPE: ClassVar[str] = "subprocessor.removed"
    KEY: ClassVar[tuple[str, ...]] = ("subprocessor_id",)

    subprocessor_id: Id
    effective_on: date | None = None
    reason: Text | None = None


class SubprocessorCorrected(Event, SubprocessorFacts):
    """The list said something wrong about a sub-processor; nothing about the processing itself changes."""

    TYPE: ClassVar[str] = "subprocessor.corrected"
    KEY: ClassVar[tuple[str, ...]] = ("subprocessor_id",)

    subprocessor_id: Id
    reason: Text
