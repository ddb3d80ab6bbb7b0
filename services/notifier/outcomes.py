"""What came of attempts, recorded in batches: every attempt, where each delivery stands, and the first receipts."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from agreement.book import Book, Signed
from chassis.message import Cause
from chassis.transaction import Transaction
from contracts.notice import Channel, NoticeEscalated, NoticeFailed, NoticeReceived
from notifier import store
from notifier.attempts import AttemptOutcome
from notifier.jobs import Job
from notifier.store import Unreceived

_SOURCE = "dutiful/notifier/delivery"


class Attempted(NamedTuple):
    """One attempt that has ended: `next_at` is None when there will be no other."""

    job: Job
    address: str
    at: datetime
    outcome: AttemptOutcome
    next_at: datetime | None


class Proof(NamedTuple):
    """What shows that a client has a notice: since when, and by which channel."""

    notice_id: str
    at: datetime
    channel: Channel
    text: str


async def record(tx: Transaction, book: Book, attempts: Sequence[Attempted]) -> None:
    """Record a batch; say which notices were received for the first time, and pass on those that ran out of ways."""
    await _save_attempts(tx, attempts)
    gone = [each.job.endpoint_id for each in attempts if each.outcome.permanent and each.job.endpoint_id]
    await receive(tx, [_proof(each) for each in attempts if each.outcome.ok and _counts(book, each.job)])
    ended = [each.job.notice_id for each in attempts if not each.outcome.ok and each.next_at is None]
    if gone:
        ended += await _disable_endpoints(tx, gone)
    if ended:
        await escalate(tx, book, await store.unreceived_and_idle(tx, ended), "every attempt failed")


async def receive(tx: Transaction, proofs: Sequence[Proof]) -> None:
    """The first proof of a notice is its receipt (§4.4)."""
    if not proofs:
        return
    receipts = await store.save_receipts(
        tx,
        [each.notice_id for each in proofs],
        [each.at for each in proofs],
        [each.channel.value for each in proofs],
        [each.text for each in proofs],
    )
    for receipt, nth in receipts:
        tx.emit(
            NoticeReceived(
                notice_id=receipt.notice_id,
                client_id=receipt.client_id,
                about=receipt.about,
                kind=receipt.kind,
                channel=proofs[nth].channel,
                received_at=proofs[nth].at,
                proof=proofs[nth].text,
            ),
            cause=Cause(_SOURCE, f"{receipt.notice_id}/receipt", receipt.flow_id, receipt.traceparent),
        )


async def escalate(
    tx: Transaction, book: Book, notices: Sequence[Unreceived], reason: str, *, final: bool = False
) -> None:
    """Notices without receipt go on to the channels of the next stage; after the last one, people must act (§15)."""
    stages: dict[tuple[int, tuple[Channel, ...]], list[Unreceived]] = {}
    for notice in notices:
        channels = _next_channels(book, notice)
        if channels and not final:
            stages.setdefault((notice.stage + 1, channels), []).append(notice)
        elif final:
            tx.emit(NoticeFailed(**_naming(notice), reason=reason), cause=_cause(notice, "failed"))
    for (stage, channels), those in stages.items():
        await store.deliver_next_stage(tx, [notice.notice_id for notice in those], stage, list(channels))
        for notice in those:
            escalated = NoticeEscalated(**_naming(notice), to_channels=channels, reason=reason)
            tx.emit(escalated, cause=_cause(notice, f"stage {stage}"))
    if final and notices:
        await store.fail_notices(tx, [notice.notice_id for notice in notices])


def _next_channels(book: Book, notice: Unreceived) -> tuple[Channel, ...]:
    if notice.agreement_id is None or notice.agreement_version is None:
        return ()
    stages = book[Signed(notice.agreement_id, notice.agreement_version)].notices.stages
    return tuple(Channel(each) for each in stages[notice.stage + 1].channels) if notice.stage + 1 < len(stages) else ()


def _cause(notice: Unreceived, what: str) -> Cause:
    """A notice enters a stage, or fails, once: whoever finds it out, in whichever transaction, says the same event."""
    return Cause(_SOURCE, f"{notice.notice_id}/{what}", notice.flow_id, notice.traceparent)


def _naming(notice: Unreceived) -> dict[str, str]:
    return {
        "notice_id": notice.notice_id,
        "client_id": notice.client_id,
        "about": notice.about,
        "kind": notice.kind,
    }


def _counts(book: Book, job: Job) -> bool:
    return book[Signed(job.agreement_id, job.agreement_version)].notices.counts_as_receipt(job.channel)


def _proof(attempt: Attempted) -> Proof:
    status = attempt.outcome.status
    text = f"answered {status}" if status else "confirmed"
    return Proof(attempt.job.notice_id, attempt.at, Channel(attempt.job.channel), text)


async def _save_attempts(tx: Transaction, attempts: Sequence[Attempted]) -> None:
    """Every attempt, and where each delivery stands after it."""
    await tx.execute(
        """
        WITH ended AS (
            SELECT *
              FROM unnest($1::text[], $2::int[], $3::timestamptz[], $4::text[], $5::bool[], $6::int[], $7::real[],
                          $8::text[], $9::text[], $10::text[], $11::timestamptz[])
                   AS each (delivery_id, nth, at, address, ok, status, latency_ms, answer, reason, outcome, next_at)
        ), kept AS (
            INSERT INTO attempt (delivery_id, nth, at, address, ok, status, latency_ms, answer, reason)
            SELECT delivery_id, nth, at, address, ok, status, latency_ms, answer, reason FROM ended
                ON CONFLICT DO NOTHING
        )
        UPDATE delivery
           SET attempts = delivery.attempts + 1,
               -- what was ended meanwhile, as by disabling its endpoint, isn't opened again by an attempt that failed
               status = CASE ended.outcome WHEN 'pending' THEN delivery.status ELSE ended.outcome END,
               next_attempt_at = coalesce(ended.next_at, next_attempt_at)
          FROM ended
         WHERE delivery.delivery_id = ended.delivery_id
        """,
        [each.job.delivery_id for each in attempts],
        [each.job.attempts + 1 for each in attempts],
        [each.at for each in attempts],
        [each.address for each in attempts],
        [each.outcome.ok for each in attempts],
        [each.outcome.status for each in attempts],
        [each.outcome.latency_ms for each in attempts],
        [each.outcome.answer for each in attempts],
        [each.outcome.reason for each in attempts],
        ["delivered" if each.outcome.ok else "failed" if each.next_at is None else "pending" for each in attempts],
        [each.next_at for each in attempts],
    )


async def _disable_endpoints(tx: Transaction, endpoint_ids: Sequence[str]) -> list[str]:
    """Nothing goes there any more, what waits to be tried again neither; return the notices that did."""
    await tx.execute(
        """
        UPDATE endpoint SET disabled_at = $2, reason = 'it answered that it is gone, or its address is refused'
         WHERE endpoint_id = ANY ($1::text[]) AND disabled_at IS NULL
        """,
        endpoint_ids,
        tx.now,
    )
    rows = await tx.fetch(
        """
        UPDATE delivery SET status = 'failed'
         WHERE endpoint_id = ANY ($1::text[]) AND status = 'pending'
        RETURNING notice_id
        """,
        endpoint_ids,
    )
    return [row["notice_id"] for row in rows]
