"""What clients are told of the end of their contract (§8.3, §15). Words and dates: no statement."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from agreement import deadlines
from agreement.schema import Agreement
from chassis.transaction import Transaction
from contracts.choice import Choice
from contracts.retention import NoticeKind, RetentionChoiceRequested, RetentionNoticeOrdered
from retention.terminations import Missed, Termination

# A fact `name.code` is the fact `name` for words in another language than English, as `contracts.coded` has it.
Facts = Mapping[str, str | tuple[str, ...]]


def ask_choice(
    agreement: Agreement, termination: Termination, asked: RetentionChoiceRequested, tx: Transaction
) -> None:
    """§8.3: return or deletion, until when, and what happens without an answer."""
    facts: Facts = {
        "choice_until": asked.last_day_on.isoformat(),
        "default": asked.default.value,
        "because": asked.reckoning.because,
        "because.code": asked.reckoning.coded or (),
    }
    _order(agreement, NoticeKind.CHOICE_REQUESTED, termination, facts, asked.closes_at, tx)


def tell_default(agreement: Agreement, termination: Termination, choice: Choice, tx: Transaction) -> None:
    """§8.3: without a choice, the data are deleted: it begins now."""
    facts: Facts = {"default": choice.value}
    _order(agreement, NoticeKind.CHOICE_DEFAULTED, termination, facts, _soon(agreement, tx), tx)


def tell_package(
    agreement: Agreement,
    termination: Termination,
    links: tuple[str, ...],
    missed: Sequence[Missed],
    closes_at: datetime,
    tx: Transaction,
) -> None:
    """§8.3: where the data can be fetched, until when, and what isn't returned because its holder can't be reached."""
    last_day = deadlines.fetch_window(agreement, deadlines.local_date(agreement, tx.now)).day
    labels = {each.code: each for each in agreement.data_categories}
    facts: Facts = {
        "links": links,
        "nothing_ready": "" if links else "yes",
        "all_returned": "" if missed else "yes",
        "not_returned": tuple(_line(each, [labels[code].label for code in each.categories]) for each in missed),
        "not_returned.fr": tuple(
            _line(each, [labels[code].label_fr or labels[code].label for code in each.categories]) for each in missed
        ),
        "fetch_until": last_day.isoformat(),
    }
    _order(agreement, NoticeKind.PACKAGE_READY, termination, facts, closes_at, tx)


def _line(missed: Missed, labels: Sequence[str]) -> str:
    """What is missing, at whom, its reference and the operator's reason, in no language of its own."""
    return f"{missed.holder} ({missed.order_id}): {', '.join(labels)}. {missed.reason}"


def tell_certificate(
    agreement: Agreement, termination: Termination, certificate_id: str, sha256: str, tx: Transaction, *, complete: bool
) -> None:
    """§8.3: what was deleted, and what is held, is certified."""
    facts: Facts = {
        "certificate_id": certificate_id,
        "fingerprint": sha256,
        "extent": "complete" if complete else "partial",
    }
    _order(agreement, NoticeKind.CERTIFICATE_READY, termination, facts, _soon(agreement, tx), tx)


def _soon(agreement: Agreement, tx: Transaction) -> datetime:
    """What asks for no answer is told within the days that a client has for its own answers."""
    window = deadlines.objection_window(agreement, deadlines.local_date(agreement, tx.now))
    return deadlines.end_of_day(agreement, window.day)


def _order(
    agreement: Agreement,
    kind: NoticeKind,
    termination: Termination,
    facts: Facts,
    deadline_at: datetime,
    tx: Transaction,
) -> None:
    last_day = deadlines.local_date(agreement, deadline_at)
    lead = agreement.notices.escalation.working_days_before
    escalate_at = deadlines.start_of_day(agreement, deadlines.working_days_before(agreement, last_day, lead))
    processor = agreement.processor
    tx.emit(
        RetentionNoticeOrdered(
            order_id=tx.cause.derive(f"notice/{kind}/{termination.termination_id}"),
            about=termination.termination_id,
            kind=kind,
            client_ids=(termination.client_id,),
            deadline_at=deadline_at,
            escalate_at=min(max(escalate_at, tx.now), deadline_at),
            clause=agreement.termination.clause,
            facts={
                "terminated_on": termination.terminated_on.isoformat(),
                "write_to": f"{processor.name}, {processor.postal_address}",
                **facts,
            },
        )
    )
