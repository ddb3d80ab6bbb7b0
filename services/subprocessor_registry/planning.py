"""§4.1, §4.3, §8.2: what becomes of a sub-processor that the platform announces. Pure: values in, events out."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import NamedTuple

from agreement import deadlines
from agreement.calendar import CalendarUnknown
from agreement.countries import is_country
from agreement.deadlines import Deadline
from agreement.schema import Agreement
from agreement.transfers import needs_mechanism
from contracts.change import ChangeAnnounced, ChangeCorrected, ChangeKind, ChangeRefused
from subprocessor_registry.chains import children_of, weigh_parent
from subprocessor_registry.changes import Asked, Change, Listed, TakenBack, Verdict, Wish, changed_fields
from subprocessor_registry.reasons import Reason, ReasonCode, reckon


class _Days(NamedTuple):
    """The first lawful day by each of the agreements, and the day on which a change would take effect."""

    earliest: Deadline
    effective_on: date


def weigh_addition(
    agreements: Sequence[Agreement], wish: Wish, listed: Listed, chains: Mapping[str, Listed]
) -> Verdict:
    """§4.1, §4.3, §8.2: an appointment, or a change of facts, is announced when it is lawful; trifles are corrected.

    `agreements` are the versions that clients are bound to: the latest of their dates holds. `chains` is all that is
    listed or planned. Asking for what is listed takes back what is planned instead.
    """
    days = _reckon_days(agreements, wish)
    if isinstance(days, ChangeRefused):
        return days
    if verdict := _again(agreements[0], wish, listed):
        return verdict
    refusals = [_unlawful(agreement, wish, days.effective_on, chains) for agreement in agreements]
    if refusal := next(filter(None, refusals), None):
        return refusal
    if listed.facts is None:
        return _announce(wish, ChangeKind.ADDITION, days)
    changed = changed_fields(listed.facts, wish.facts)
    if any(agreement.sub_processing.needs_notice(changed) for agreement in agreements):
        return _announce(wish, ChangeKind.MODIFICATION, days)
    return _correct(agreements[0], wish, changed)


def weigh_correction(
    agreements: Sequence[Agreement], wish: Wish, listed: Listed, chains: Mapping[str, Listed]
) -> Verdict:
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
    if unknown := next(filter(None, (_unknown_categories(each, wish) for each in agreements)), None):
        return unknown
    if "parent_id" in changed and (unchained := weigh_parent(wish.subprocessor_id, wish.facts.parent_id, chains)):
        return _refuse(wish, clause, unchained)
    return _correct(agreements[0], wish, changed)


def weigh_removal(
    agreements: Sequence[Agreement], asked: Asked, listed: Listed, chains: Mapping[str, Listed]
) -> Verdict:
    """§4.3: a deletion from the list has notice too; what others depend on can't be taken away from under them.

    Of what is not on the list yet, the addition is taken back.
    """
    clause = agreements[0].sub_processing.clause
    if listed.facts is None:
        if listed.planned is not None:
            return TakenBack(listed.planned)
        return _refuse(asked, clause, "it is not on the list, so it can't be removed")
    days = _reckon_days(agreements, asked)
    if isinstance(days, ChangeRefused):
        return days
    if listed.planned is not None and _is_planned(listed.planned, ChangeKind.REMOVAL, asked):
        return _already_planned(agreements[0], asked, listed.planned)
    if children := children_of(asked.subprocessor_id, chains):
        return _refuse(asked, clause, Reason(ReasonCode.HAS_CHILDREN, {"children": ", ".join(children)}))
    wish = Wish(
        change_id=asked.change_id,
        subprocessor_id=asked.subprocessor_id,
        effective_on=asked.effective_on,
        asked_at=asked.asked_at,
        facts=listed.facts,
    )
    return _announce(wish, ChangeKind.REMOVAL, days)


def effective_day(agreements: Sequence[Agreement], asked: Asked) -> date:
    """§4.3: the day asked for, or the first lawful one if that is later or none was asked for."""
    return _days(agreements, asked).effective_on


def _announce(wish: Wish, kind: ChangeKind, days: _Days) -> ChangeAnnounced:
    earliest, effective_on = days
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


def _days(agreements: Sequence[Agreement], asked: Asked) -> _Days:
    reckonings = [
        deadlines.earliest_effective_day(agreement, deadlines.local_date(agreement, asked.asked_at))
        for agreement in agreements
    ]
    earliest = max(reckonings, key=lambda deadline: deadline.day)
    return _Days(earliest, earliest.day if asked.effective_on is None else max(asked.effective_on, earliest.day))


def _reckon_days(agreements: Sequence[Agreement], asked: Asked) -> _Days | ChangeRefused:
    """§4.3: a day beyond the calendar has no notice that could be counted to it."""
    try:
        days = _days(agreements, asked)
        for agreement in agreements:
            deadlines.require_day(agreement, days.effective_on)
    except CalendarUnknown as error:
        names = {"day": str(asked.effective_on), "why": str(error)}
        return _refuse(asked, agreements[0].sub_processing.clause, Reason(ReasonCode.DAY_UNKNOWN, names))
    return days


def _again(agreement: Agreement, wish: Wish, listed: Listed) -> ChangeRefused | TakenBack | None:
    """§4.3: what is planned is not announced again; to ask for what is listed takes back what is planned instead."""
    planned = listed.planned
    kind = ChangeKind.ADDITION if listed.facts is None else ChangeKind.MODIFICATION
    if planned is not None and planned.facts == wish.facts and _is_planned(planned, kind, wish):
        return _already_planned(agreement, wish, planned)
    if listed.facts != wish.facts:
        return None
    if planned is not None:
        return TakenBack(planned)
    reason = "it is on the list with the same facts; there is nothing to announce"
    return _refuse(wish, agreement.sub_processing.clause, reason)


def _is_planned(planned: Change, kind: ChangeKind, asked: Asked) -> bool:
    """Whether the planned change is of this kind, and for the day that is asked for."""
    return planned.kind is kind and asked.effective_on in (planned.requested_on, planned.effective_on)


def _already_planned(agreement: Agreement, asked: Asked, planned: Change) -> ChangeRefused:
    return _refuse(
        asked, agreement.sub_processing.clause, Reason(ReasonCode.ALREADY_PLANNED, {"change_id": planned.change_id})
    )


def _unlawful(
    agreement: Agreement, wish: Wish, effective_on: date, chains: Mapping[str, Listed]
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
        if not facts.written_agreement.confirmed:
            reason = "written_agreement is not confirmed: there must be a written agreement with a sub-processor first"
            return _refuse(wish, clause, reason)
    if unknown := _unknown_categories(agreement, wish):
        return unknown
    if unchained := weigh_parent(wish.subprocessor_id, facts.parent_id, chains):
        return _refuse(wish, clause, unchained)
    return _uncovered(agreement, wish, effective_on)


def _unknown_categories(agreement: Agreement, wish: Wish) -> ChangeRefused | None:
    """Appendix A: data of a category without a rule would be ordered away from nobody, at no end of a contract."""
    known = [each.code for each in agreement.data_categories]
    unknown = [category for category in wish.facts.data_categories if category not in known]
    if not unknown:
        return None
    reason = (
        f"data_categories: {', '.join(unknown)} not known to version {agreement.version} of the agreement; "
        f"known are: {', '.join(known)}"
    )
    return _refuse(wish, agreement.sub_processing.clause, reason)


def _uncovered(agreement: Agreement, wish: Wish, effective_on: date) -> ChangeRefused | None:
    """§8.2: outside the EEA and without adequacy on that day, a mechanism with its document must cover the transfer."""
    facts = wish.facts
    if not is_country(facts.location):
        reason = f"location '{facts.location}' is no country of ISO 3166-1, as FR or US are"
        return _refuse(wish, agreement.transfers.clause, reason)
    need = needs_mechanism(agreement, facts.location, effective_on)
    if not need.needed:
        return None
    named = facts.transfer.mechanism if facts.transfer else None
    if not need.covered_by(named):
        reason = f"transfer.mechanism {_insufficient(agreement, named)}: {need.because}"
        return _refuse(wish, agreement.transfers.clause, reason)
    if facts.transfer is None or facts.transfer.document is None:
        reason = "transfer.document is missing: name the document that proves the mechanism"
        return _refuse(wish, agreement.transfers.clause, reason)
    return None


def _insufficient(agreement: Agreement, mechanism: str | None) -> str:
    """§8.2: what is wrong with a mechanism that covers nothing here: it is not given, not known, or not enough."""
    if mechanism is None:
        return "is missing"
    known = [each.code for each in agreement.transfers.mechanisms]
    if mechanism not in known:
        return f"'{mechanism}' is no mechanism, known are {', '.join(known)}"
    return f"'{mechanism}' does not cover this transfer"


def _correct(agreement: Agreement, wish: Wish, changed: tuple[str, ...]) -> ChangeCorrected | ChangeRefused:
    if not changed:
        reason = "it is on the list with the same facts; there is nothing to correct"
        return _refuse(wish, agreement.sub_processing.clause, reason)
    return ChangeCorrected(
        change_id=wish.change_id, subprocessor_id=wish.subprocessor_id, facts=wish.facts, fields=changed
    )


def _refuse(asked: Asked, clause: str, reason: Reason | str) -> ChangeRefused:
    return ChangeRefused(
        change_id=asked.change_id,
        subprocessor_id=asked.subprocessor_id,
        reason=str(reason),
        coded=reason.coded if isinstance(reason, Reason) else None,
        clause=clause,
    )
