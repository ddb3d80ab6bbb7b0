"""What is handed over at a commit may be claimed already: another connection may hear of the commit first."""

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import cast

import asyncpg
import pytest
from pydantic import SecretStr

from agreement.book import Book
from agreement.loading import default_path
from chassis.clock import SystemClock
from chassis.message import NOBODY
from chassis.metrics import Metrics
from chassis.service import Runtime
from chassis.transaction import Transaction
from notifier import claims
from notifier.attempts import AttemptOutcome
from notifier.closing import Secrets
from notifier.delivery import Deliverer
from notifier.jobs import Job, Order
from notifier.metrics import NoticeMetrics
from notifier.orders import Entered
from notifier.outcomes import Attempted
from notifier.settings import NotifierSettings
from notifier.store import SHARDS

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
ORDER = Order("order-1", "change-1", "change_announced", "4.3", {}, NOON, NOON, "flow", None, b"")
JOB = Job(
    "delivery-1", "notice-1", "acme", "email", None, 0, 0, "Acme", "DPO", "dpo@acme.example", "en", "quicktalk", "1",
    ORDER, None,
)  # fmt: skip
NO_DATABASE = cast("asyncpg.Connection[asyncpg.Record]", None)


@pytest.fixture
async def deliverer(monkeypatch: pytest.MonkeyPatch) -> Deliverer:
    """One that owns all and holds nothing, and starts nothing: what is in its lanes is counted."""

    async def claim(*_: object) -> list[Job]:
        return [JOB]

    async def next_due(*_: object) -> None:
        return None

    monkeypatch.setattr(claims, "claim", claim)
    monkeypatch.setattr(claims, "next_due", next_due)
    settings = NotifierSettings(
        database_url=SecretStr(""), vault_key=SecretStr("a-key-of-the-tests-and-of-nothing-else")
    )
    runtime = cast("Runtime", SimpleNamespace(clock=SystemClock()))
    metrics = NoticeMetrics(Metrics("notifier"))
    deliverer = Deliverer(Book.read(default_path()), settings, Secrets(settings), runtime, metrics)
    deliverer._stopping = True
    deliverer._owned, deliverer._all_held = frozenset(range(SHARDS)), True
    return deliverer


def handed_over(deliverer: Deliverer) -> Transaction:
    """A transaction that entered the delivery, before its commit is heard of."""
    tx = Transaction(NO_DATABASE, "notifier", NOON, NOBODY, {})
    deliverer.hand_over(tx, Entered(ORDER, [JOB]))
    return tx


def hear_of(tx: Transaction) -> None:
    """Its commit is heard of."""
    for tell in tx.after_commit:
        tell()


def in_lanes(deliverer: Deliverer) -> list[Job]:
    """All that would be sent."""
    return list(iter(deliverer._lanes.take, None))


async def test_what_is_entered_is_sent_without_a_claim(deliverer: Deliverer) -> None:
    """§15: at once, where nobody can have claimed it."""
    hear_of(handed_over(deliverer))
    assert in_lanes(deliverer) == [JOB]


async def test_a_delivery_that_was_claimed_is_not_taken_on_again(deliverer: Deliverer) -> None:
    """§15: one email, one webhook, where nothing failed."""
    tx = handed_over(deliverer)
    await deliverer._claim(NO_DATABASE)
    hear_of(tx)
    assert in_lanes(deliverer) == [JOB]


async def test_nor_is_one_that_was_sent_and_recorded_since(deliverer: Deliverer) -> None:
    """§15: nor where all of the sending was quicker than the word of its commit."""
    tx = handed_over(deliverer)
    await deliverer._claim(NO_DATABASE)
    assert in_lanes(deliverer) == [JOB]
    sent = AttemptOutcome(ok=True, status=202, latency_ms=1, reason=None)
    deliverer._release([Attempted(JOB, JOB.email, NOON, sent, None)])
    hear_of(tx)
    assert in_lanes(deliverer) == []
