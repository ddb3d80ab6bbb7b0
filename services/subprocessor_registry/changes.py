"""What is planned, listed and asked for of a sub-processor: values without judgement (§4.3, Appendix B)."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple

from agreement.book import Signed
from agreement.sub_processing import SubProcessor
from contracts.change import ChangeAnnounced, ChangeCorrected, ChangeKind, ChangeRefused
from contracts.event import Reckoning
from contracts.subprocessor import SubprocessorFacts, Transfer, WrittenAgreement


@dataclass(frozen=True, slots=True)
class Change:
    """A change as it was announced, and what has become of it."""

    change_id: str
    subprocessor_id: str
    kind: ChangeKind
    status: str
    facts: SubprocessorFacts
    requested_on: date | None
    effective_on: date
    reckoning: Reckoning


@dataclass(frozen=True, slots=True)
class Listed:
    """What is known of one sub-processor: its facts on the list (None: not on it), and a change under way."""

    facts: SubprocessorFacts | None
    planned: Change | None = None


class Situation(NamedTuple):
    """What is known when something is asked of a sub-processor; `signed` are the versions that clients are bound to.

    A client that is to be one later counts by what will bind it first.
    """

    listed: Listed
    signed: list[Signed]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the publisher asks for: at first, of which sub-processor and for when; a removal needs no more."""

    change_id: str
    subprocessor_id: str
    effective_on: date | None
    asked_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish(Asked):
    """What is asked for has facts, too."""

    facts: SubprocessorFacts


@dataclass(frozen=True, slots=True)
class TakenBack:
    """What is planned will not be done: the publisher asks for what is there without it."""

    change: Change


Verdict = ChangeAnnounced | ChangeCorrected | ChangeRefused | TakenBack


def announced_change(announced: ChangeAnnounced) -> Change:
    """A change that has just been announced."""
    return Change(
        change_id=announced.change_id,
        subprocessor_id=announced.subprocessor_id,
        kind=announced.kind,
        status="announced",
        facts=announced.facts,
        requested_on=announced.requested_on,
        effective_on=announced.effective_on,
        reckoning=announced.reckoning,
    )


def facts_of(listed: SubProcessor) -> SubprocessorFacts:
    """A line of the agreement's own list (Appendix B) as the facts of a sub-processor."""
    agreed = listed.written_agreement
    return SubprocessorFacts(
        name=listed.name,
        actions=listed.actions,
        data_categories=listed.data_categories,
        location=listed.location,
        transfer=Transfer(mechanism=listed.transfer.mechanism, document=listed.transfer.document),
        written_agreement=WrittenAgreement(
            reference=agreed.reference, signed_on=agreed.signed_on, confirmed=agreed.confirmed
        )
        if agreed
        else None,
        parent_id=listed.parent_id,
    )


def changed_fields(before: SubprocessorFacts, after: SubprocessorFacts) -> tuple[str, ...]:
    """The names of the facts that differ."""
    return tuple(name for name in SubprocessorFacts.model_fields if getattr(before, name) != getattr(after, name))
