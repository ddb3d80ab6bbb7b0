"""What is handed over at a commit may be claimed already: another connection may hear of the commit first."""

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import cast

from pydantic import SecretStr

from agreement.book import Book
from agreement.loading import default_path
from chassis.service import Runtime
from notifier.closing import Secrets
from notifier.delivery import Deliverer
from notifier.jobs import Job, Order
from notifier.orders import Entered
from notifier.settings import NotifierSettings
from notifier.store import SHARDS

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
ORDER = Order("order-1", "change-1", "change_announced", "4.3", {}, NOON, NOON, "flow", None, b"")
JOB = Job(
    "delivery-1", "notice-1", "acme", "email", None, 0, 0, "Acme", "DPO", "dpo@acme.example", "en", "quicktalk", "1",
    ORDER, None,
)  # fmt: skip


async def test_a_delivery_that_was_claimed_is_not_taken_on_again() -> None:
    """§15: one email, one webhook, where nothing failed."""
    settings = NotifierSettings(
        database_url=SecretStr(""), vault_key=SecretStr("a-key-of-the-tests-and-of-nothing-else")
    )
    deliverer = Deliverer(Book.read(default_path()), settings, Secrets(settings), cast("Runtime", SimpleNamespace()))
    deliverer._stopping = True  # nothing is started: what is in the lanes is counted
    deliverer._owned, deliverer._all_held = frozenset(range(SHARDS)), True
    deliverer._hold([JOB])
    deliverer._take_on(Entered(ORDER, [JOB]))
    assert [deliverer._lanes.take(), deliverer._lanes.take()] == [JOB, None]
