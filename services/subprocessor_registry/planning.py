"""§4.1, §4.3, §8.2: what becomes of a sub-processor that the platform announces. Pure: values in, events out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from agreement import deadlines
from agreement.deadlines import Deadline
from agreement.schema import Agreement
from agreement.sub_processing import SubProcessor
from agreement.transfers import needs_mechanism
from contracts.change import ChangeAnnounced, ChangeCorrected, ChangeKind, ChangeRefused
from contracts.event import Reckoning
from contracts.subprocessor import SubprocessorFacts, Transfer, WrittenAgreement
from subprocessor_registry.reasons import Reason, ReasonCode, reckon


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


@dataclass(frozen=True, slots=True)
class Wish:
    """What the publisher asks for."""

    change_id: str
    subprocessor_id: str
    facts: SubprocessorFacts
    effective_on: date | None
    asked_at: datetime


Verdict = ChangeAnnounced | ChangeCorrected | ChangeRefused


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
        written_agreement=WrittenAgreement(reference=agreed.reference, signed_on=agreed.signed_on) if agreed else None,
        parent_id=listed.parent_id,
    )


def weigh_addition(
    agreements: Sequence[Agreement], wish: Wish, listed: Listed, parents: Mapping[str, SubprocessorFacts]
) -> Verdict:
    """§4.1, §4.3, §8.2: an appointment, or a change of facts, is announced when it is lawful; trifles are corrected.

    `agreements` are the versions that clients are bound to: the latest of their dates holds. `parents` is the list.
    """
    planned = listed.planned
    clause = agreements[0].sub_processing.clause
    if planned is not None and (planned.facts, planned.requested_on) == (wish.facts, wish.effective_on):
        return _refuse(wish, clause, f"this change is already planned as {planned.change_id}")
    effective_on = effective_day(agreements, wish)
    refusals = [_unlawful(agreement, wish, effective_on, parents) for agreement in agreements]
    if refusal := next(filter(None, refusals), None):
        return refusal
    if listed.facts is None:
        return announce(agreements, wish, ChangeKind.ADDITION)
    changed = changed_fields(listed.facts, wish.facts)
    if not changed:
        return _refuse(wish, clause, "it is on the list with the same facts; there is nothing to announce")
    if any(agreement.sub_processing.needs_notice(changed) for agreement in agreements):
        return announce(agreements, wish, ChangeKind.MODIFICATION)
    return _correct(agreements[0], wish, changed)


def weigh_correction(agreements: Sequence[Agreement], wish: Wish, listed: Listed) -> Verdict:
    """§4.3: a correction changes what the list says, never what is done; a material fact needs notice instead."""
    clause = agreements[0].sub_processing.clause
    if listed.facts is None:
        reason = "it is not on the list, so there is nothing to correct; publish subprocessor.added"
        return _refuse(wish, clause, reason)
    changed = changed_fields(listed.facts, wish.facts)
    material = sorted({name for agreement in agreements for name in agreement.sub_processing.needs_notice(changed)})
    if material:
        reason = f"{', '.join(material)} may not be corrected: a change needs notice; publish subprocessor.added"
        return _refuse(wish, clause, reason)
    return _correct(agreements[0], wish, changed)


def weigh_removal(agreements: Sequence[Agreement], wish: Wish, children: Sequence[str]) -> Verdict:
    """§4.3: a deletion from the list has notice too; what others depend on can't be taken away from under them."""
    if children:
        reason = f"it is the parent of {', '.join(children)}: remove or move them first"
        return _refuse(wish, agreements[0].sub_processing.clause, reason)
    return announce(agreements, wish, ChangeKind.REMOVAL)


def refuse_removal(agreement: Agreement, change_id: str, subprocessor_id: str) -> ChangeRefused:
    """§4.3: what is not on the list can't be taken off it."""
    return ChangeRefused(
        change_id=change_id,
        subprocessor_id=subprocessor_id,
        reason="it is not on the list, so it can't be removed",
        clause=agreement.sub_processing.clause,
    )


def announce(agreements: Sequence[Agreement], wish: Wish, kind: ChangeKind) -> ChangeAnnounced:
    """§4.3: the change takes effect on the day asked for, or on the first lawful one if that is too early."""
    earliest = _earliest(agreements, wish)
    effective_on = effective_day(agreements, wish)
    moved = wish.effective_on is not None and wish.effective_on < earliest.day
    asked = {"asked": str(wish.effective_on)}
    more: list[Reason] = []
    if moved:
        more.append(Reason(ReasonCode.ASKED_TOO_EARLY, asked | {"day": str(effective_on)}))
    elif wish.effective_on is not None:
        more.append(Reason(ReasonCode.ASKED_LAWFUL, asked))
    return ChangeAnnounced(
        change_id=wish.change_id,
        kind=kind,
        subprocessor_id=wish.subprocessor_id,
        facts=wish.facts,
        announced_at=wish.asked_at,
        requested_on=wish.effective_on,
        effective_on=effective_on,
        moved=moved,
        reckoning=reckon(earliest, *more),
    )


def effective_day(agreements: Sequence[Agreement], wish: Wish) -> date:
    """§4.3: the day asked for, or the first lawful one if that is later or none was asked for."""
    earliest_on = _earliest(agreements, wish).day
    return earliest_on if wish.effective_on is None else max(wish.effective_on, earliest_on)


def changed_fields(before: SubprocessorFacts, after: SubprocessorFacts) -> tuple[str, ...]:
    """The names of the facts that differ."""
    return tuple(name for name in SubprocessorFacts.model_fields if getattr(before, name) != getattr(after, name))


def _earliest(agreements: Sequence[Agreement], wish: Wish) -> Deadline:
    reckonings = [
        deadlines.earliest_effective_day(agreement, deadlines.local_date(agreement, wish.asked_at))
        for agreement in agreements
    ]
    return max(reckonings, key=lambda deadline: deadline.day)


def _unlawful(
    agreement: Agreement, wish: Wish, effective_on: date, parents: Mapping[str, SubprocessorFacts]
) -> ChangeRefused | None:
    facts = wish.facts
    clause = agreement.sub_processing.clause
    asked_on = deadlines.local_date(agreement, wish.asked_at)
    if agreement.sub_processing.written_agreement_required:
        if facts.written_agreement is None:
            reason = "written_agreement is missing: there must be a written agreement with a sub-processor first"
            return _refuse(wish, clause, reason)
        if facts.written_agreement.signed_on > asked_on:
            reason = f"written_agreement.signed_on {facts.written_agreement.signed_on} is yet to come"
            return _refuse(wish, clause, reason)
    if facts.parent_id is not None and facts.parent_id not in parents:
        return _refuse(wish, clause, f"parent_id {facts.parent_id!r} is not on the list: announce it first")
    return _uncovered(agreement, wish, effective_on)


def _uncovered(agreement: Agreement, wish: Wish, effective_on: date) -> ChangeRefused | None:
    """§8.2: outside the EEA and without adequacy on that day, a mechanism with its document must cover the transfer."""
    facts = wish.facts
    need = needs_mechanism(agreement, facts.location, effective_on)
    if not need.needed:
        return None
    if not need.covered_by(facts.transfer.mechanism if facts.transfer else None):
        return _refuse(wish, agreement.transfers.clause, f"transfer.mechanism is missing: {need.because}")
    if facts.transfer is None or facts.transfer.document is None:
        reason = "transfer.document is missing: name the document that proves the mechanism"
        return _refuse(wish, agreement.transfers.clause, reason)
    return None


def _correct(agreement: Agreement, wish: Wish, changed: tuple[str, ...]) -> ChangeCorrected | ChangeRefused:
    if not changed:
        reason = "it is on the list with the same facts; there is nothing to correct"
        return _refuse(wish, agreement.sub_processing.clause, reason)
    return ChangeCorrected(
        change_id=wish.change_id, subprocessor_id=wish.subprocessor_id, facts=wish.facts, fields=changed
    )


def _refuse(wish: Wish, clause: str, reason: str) -> ChangeRefused:
    return ChangeRefused(change_id=wish.change_id, subprocessor_id=wish.subprocessor_id, reason=reason, clause=clause)
