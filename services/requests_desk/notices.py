"""What clients are told of requests and instructions (§3.2, §9, §15): ids, dates and rights; nothing of who asks."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from agreement import deadlines
from agreement.schema import Agreement
from chassis.transaction import Transaction
from contracts.dsar import DsarAssistanceRequested, DsarQuoteAnswered, DsarQuoteOffered
from contracts.event import Event
from contracts.instruction import (
    InstructionAmended,
    InstructionConfirmed,
    InstructionEvent,
    InstructionGiven,
    InstructionWithdrawn,
)
from contracts.request import NoticeKind, RequestKind, RequestNoticeOrdered, RequestRefusalNoticeOrdered
from contracts.telling import NoticeOrder, RefusalKind
from requests_desk import dates
from requests_desk.records import Request

Facts = Mapping[str, str | tuple[str, ...]]
_CLIENTS: Final = (
    InstructionGiven,
    InstructionAmended,
    InstructionWithdrawn,
    InstructionConfirmed,
    DsarAssistanceRequested,
    DsarQuoteAnswered,
)


def tell_of_request(
    agreement: Agreement, request: Request, client_id: str, month: deadlines.Deadline | None, tx: Transaction
) -> None:
    """§9: somebody asks; of a data subject's request with the controller's own date, rolled and as it is before."""
    facts: dict[str, str | tuple[str, ...]] = {
        "request_id": request.request_id,
        "received_on": _day(agreement, request.received_at),
    }
    if month is not None:
        facts |= {
            "right": request.about,
            "answer_by": month.day.isoformat(),
            "answer_by_unrolled": (month.unrolled or month.day).isoformat(),
        }
    if request.authority is not None:
        facts |= {
            "authority": request.authority.authority,
            "authority_kind": request.authority.kind.value,
            "legal_basis": request.authority.legal_basis,
        }
        if request.authority.ban is not None:
            facts["ban"] = request.authority.ban.text
    kind = NoticeKind.DSAR_RECEIVED if request.kind is RequestKind.DSAR else NoticeKind.AUTHORITY_REQUESTED
    clause = agreement.requests.clause
    tx.emit(_order(agreement, kind, request.request_id, client_id, request.tell_by, clause, facts, tx))


def tell_of_doubt(agreement: Agreement, client_id: str, instruction_id: str, reason: str, tx: Transaction) -> None:
    """§3.2: without delay: in the processor's opinion an instruction infringes the law, and it is suspended."""
    facts = {"instruction_id": instruction_id, "opinion": reason, "told_on": _day(agreement, tx.now)}
    due_at, clause = dates.tell_by(agreement, tx.now), agreement.instructions.opinion_clause
    tx.emit(_order(agreement, NoticeKind.INSTRUCTION_SUSPENDED, instruction_id, client_id, due_at, clause, facts, tx))


def tell_of_quote(agreement: Agreement, client_id: str, said: DsarQuoteOffered, tx: Transaction) -> None:
    """§9: what the help would cost; nothing is begun before the client accepts it."""
    facts = {"request_id": said.request_id, "amount": said.amount, "currency": said.currency, "quote": said.text}
    due_at, clause = dates.tell_by(agreement, tx.now), agreement.requests.clause
    tx.emit(_order(agreement, NoticeKind.QUOTE_OFFERED, said.request_id, client_id, due_at, clause, facts, tx))


def tell_of_refusal(
    agreement: Agreement, client_id: str, about: str, said: Event, reason: str, tx: Transaction
) -> None:
    """§15: a word of the client's that came over the bus changes nothing; to one to the API the answer says so."""
    if tx.cause.request is not None or not isinstance(said, _CLIENTS):
        return
    facts = {"about": about, "what": said.TYPE, "reason": reason}
    of_register = isinstance(said, InstructionEvent)
    clause = agreement.instructions.clause if of_register else agreement.requests.clause
    due_at = dates.tell_by(agreement, tx.now)
    tx.emit(_order(agreement, RefusalKind.WORD_REFUSED, about, client_id, due_at, clause, facts, tx))


def tell_of_help(agreement: Agreement, client_id: str, request_id: str, assistance_id: str, tx: Transaction) -> None:
    """§9: the help that the client asked for is done: what came of it waits for it."""
    facts = {"request_id": request_id, "assistance_id": assistance_id, "done_on": _day(agreement, tx.now)}
    due_at, clause = dates.tell_by(agreement, tx.now), agreement.requests.clause
    tx.emit(_order(agreement, NoticeKind.ASSISTANCE_DONE, assistance_id, client_id, due_at, clause, facts, tx))


def _order(
    agreement: Agreement,
    kind: NoticeKind | RefusalKind,
    about: str,
    client_id: str,
    due_at: datetime,
    clause: str,
    facts: Facts,
    tx: Transaction,
) -> NoticeOrder:
    times = dates.notice_times(agreement, due_at, tx.now)
    processor = agreement.processor
    said = RequestRefusalNoticeOrdered if isinstance(kind, RefusalKind) else RequestNoticeOrdered
    return said.model_validate(
        {
            "order_id": tx.cause.derive(f"notice/{kind}/{about}"),
            "about": about,
            "kind": kind,
            "client_ids": (client_id,),
            "deadline_at": times.deadline_at,
            "escalate_at": times.escalate_at,
            "clause": clause,
            "facts": {**facts, "write_to": f"{processor.name}, {processor.postal_address}"},
        }
    )


def _day(agreement: Agreement, at: datetime) -> str:
    return deadlines.local_date(agreement, at).isoformat()
