"""What clients are told of the end of their contract (§8.3, §15). Words and dates: no statement."""

from collections.abc import Mapping
from datetime import date, datetime

from agreement import deadlines
from agreement.schema import Agreement
from chassis.transaction import Transaction
from contracts.choice import Choice
from contracts.retention import NoticeKind, RetentionChoiceRequested, RetentionNoticeOrdered
from retention.terminations import Termination

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
    last_day: date,
    closes_at: datetime,
    tx: Transaction,
) -> None:
    """§8.3: where the data can be fetched, and until when."""
    facts: Facts = {"links": links, "fetch_until": last_day.isoformat()}
    _order(agreement, NoticeKind.PACKAGE_READY, termination, facts, closes_at, tx)


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
