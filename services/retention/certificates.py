"""TER-6: what a certificate of deletion says: what was confirmed, never more. Values in, a document out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from agreement.schema import Agreement
from contracts.choice import Choice
from retention.planning import Hold
from retention.signing import FORMAT
from retention.terminations import Missed, State

Json = dict[str, object]


@dataclass(frozen=True, slots=True)
class Line:
    """One category at one holder, with everything that its holder confirmed."""

    category: str
    holder_id: str
    holder: str
    kind: str
    state: State
    delete_on: date | None
    because: tuple[str, ...]
    coded: tuple[str, ...]
    held_by: tuple[str, ...]
    evidence: Sequence[Mapping[str, object]]
    checked_at: datetime | None
    reopened: int
    ordered_at: datetime | None
    reminders: int
    failure: str | None


@dataclass(frozen=True, slots=True)
class Record:
    """All that is known of one termination."""

    client_id: str
    client: str
    terminated_on: date
    choice: Choice | None
    chosen_on: date | None
    made_by: str | None
    lines: tuple[Line, ...]
    returned: tuple[Json, ...]
    holds: tuple[Hold, ...]
    without_holder: tuple[str, ...]
    missed: tuple[Missed, ...] = ()


def certificate_of(agreement: Agreement, record: Record) -> Json:
    """§8.3: what is deleted, held and not reached, per category and holder; `complete` claims the whole, or not."""
    deleted = [_deleted(agreement, line) for line in record.lines if line.evidence]
    held = [_held(agreement, record, line) for line in record.lines if line.state in (State.WAITING, State.HALTED)]
    open_ = [_open(agreement, line) for line in record.lines if line.state in (State.ORDERED, State.CONFIRMED)]
    unreached = [
        {**_named(agreement, line), "what": what}
        for line in record.lines
        for each in line.evidence
        for what in _texts(each.get("unreached"))
    ]
    return {
        "format": FORMAT,
        "title": "Certificate of deletion",
        "clause": agreement.termination.clause,
        "processor": {
            "name": agreement.processor.name,
            "registered_as": agreement.processor.registered_as,
            "postal_address": agreement.processor.postal_address,
        },
        "client": {"client_id": record.client_id, "name": record.client},
        "agreement": {"id": agreement.id, "version": agreement.version},
        "terminated_on": record.terminated_on.isoformat(),
        "choice": _choice(record),
        "complete": not (held or open_ or unreached or record.without_holder),
        "deleted": deleted,
        "held": held,
        "not_confirmed": open_,
        "not_reached": unreached,
        "no_holder_declared": list(record.without_holder),
        "returned": list(record.returned),
        **({"not_returned": [_missed(agreement, each) for each in record.missed]} if record.missed else {}),
    }


def is_due(record: Record, escalated: frozenset[tuple[str, str]]) -> bool:
    """TER-6: a certificate is made when nothing runs any more but what holders were reminded of in vain."""
    running = [
        line
        for line in record.lines
        if line.state in (State.ORDERED, State.CONFIRMED) and (line.category, line.holder_id) not in escalated
    ]
    return bool(record.lines) and not running


def is_over(record: Record) -> bool:
    """Whether every line is carried out."""
    return all(line.state is State.DONE for line in record.lines)


def _choice(record: Record) -> Json:
    if record.choice is None:
        return {"choice": None}
    if record.chosen_on is None:
        return {"choice": record.choice.value, "by": "the agreement, since the client made no choice"}
    return {"choice": record.choice.value, "by": record.made_by, "on": record.chosen_on.isoformat()}


def _deleted(agreement: Agreement, line: Line) -> Json:
    return {
        **_named(agreement, line),
        "holder_kind": line.kind,
        "confirmations": [dict(each) for each in line.evidence],
        "second_look": _second_look(line),
        "reopened": line.reopened,
    }


def _named(agreement: Agreement, line: Line) -> Json:
    kind = next((each for each in agreement.data_categories if each.code == line.category), None)
    in_french = {"label_fr": kind.label_fr} if kind is not None and kind.label_fr else {}
    return {
        "category": line.category,
        "label": kind.label if kind is not None else line.category,
        **in_french,
        "holder": line.holder_id,
        "holder_name": line.holder,
    }


def _second_look(line: Line) -> Json | None:
    """A second look that found nothing; None: there was none, which is no proof of anything."""
    return None if line.checked_at is None else {"at": line.checked_at.isoformat(), "remaining": 0}


def _held(agreement: Agreement, record: Record, line: Line) -> Json:
    bases = {hold.hold_id: hold.legal_basis for hold in record.holds}
    titles = {each.code: each.title for each in agreement.legal_bases}
    bases |= {hold.code: titles[hold.legal_basis] for hold in agreement.holds}
    return {
        **_named(agreement, line),
        "until": line.delete_on.isoformat() if line.delete_on else None,
        "held_by": [{"hold": each, "legal_basis": bases.get(each, each)} for each in line.held_by],
        "because": list(line.because),
        "coded": list(line.coded),
    }


def _missed(agreement: Agreement, missed: Missed) -> Json:
    """What was to be returned and was not, on whose word; that its holder can't be reached is no proof of deletion."""
    labels = {each.code: each for each in agreement.data_categories}
    named = [labels[each] for each in missed.categories if each in labels]
    return {
        "holder": missed.holder_id,
        "holder_name": missed.holder,
        "categories": list(missed.categories),
        "labels": [each.label for each in named],
        "labels_fr": [each.label_fr or each.label for each in named],
        "why": missed.why.value,
        "by": missed.said_by,
        "at": missed.said_at.isoformat(),
        "reason": missed.reason,
    }


def _open(agreement: Agreement, line: Line) -> Json:
    confirmed = line.state is State.CONFIRMED
    return {
        **_named(agreement, line),
        "ordered_at": line.ordered_at.isoformat() if line.ordered_at else None,
        "what": "the second look is still to come" if confirmed else "the holder has not confirmed",
        "reminders": line.reminders,
        "failure": line.failure,
    }


def _texts(value: object) -> list[str]:
    return [str(each) for each in value] if isinstance(value, list | tuple) else []
