"""The three fates of an error: the world is down, the message is wrong, we are wrong.

What is neither transient nor the message's fault is ours: it crashes the process, which restarts with nothing lost.
"""

import re

import asyncpg
import structlog
from aiokafka.errors import KafkaError
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception, wait_exponential_jitter

log = structlog.get_logger()

_DOWN = (
    OSError,
    KafkaError,
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.TransactionRollbackError,
    asyncpg.LockNotAvailableError,
)

# asyncpg says these of a connection that is gone or, having heard its last word, about to be; and of our own mistakes.
_GONE = re.compile(r"closed|closing|released back to the pool|cannot switch to state")


class Rejected(Exception):
    """The message is wrong: it goes to the dead letters with this reason, which a publisher must understand."""

    def __init__(self, reason: str, field: str | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.field = field


def is_down(error: BaseException) -> bool:
    """Whether the world, not the message and not our code, is at fault: wait and try again."""
    if isinstance(error, asyncpg.InterfaceError | asyncpg.InternalClientError):
        return _GONE.search(str(error)) is not None
    return isinstance(error, _DOWN)


def while_down(doing: str) -> AsyncRetrying:
    """Try again for as long as the world is down, with backoff and jitter up to five seconds between tries."""

    def tell(state: RetryCallState) -> None:
        error = state.outcome.exception() if state.outcome else None
        log.warning("waiting", doing=doing, attempt=state.attempt_number, error=type(error).__name__)

    return AsyncRetrying(
        retry=retry_if_exception(is_down),
        wait=wait_exponential_jitter(multiplier=0.1, max=5, jitter=0.5),
        before_sleep=tell,
        reraise=True,
    )
