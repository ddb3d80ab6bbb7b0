"""The three fates of an error: the world is down, the message is wrong, we are wrong.

What is neither transient nor the message's fault is ours: it crashes the process, which restarts with nothing lost.
"""

import re
from typing import Final, Protocol, runtime_checkable

import asyncpg
import structlog
from aiokafka.errors import KafkaError
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception, wait_exponential_jitter

log = structlog.get_logger()

# asyncpg says these of a connection that is gone or, having heard its last word, about to be; and of our own mistakes.
_GONE = re.compile(r"closed|closing|released back to the pool|cannot switch to state")

HANDLING: Final = "while handling "
"""Begins the note of an error of ours that says which message brought it about: topic/partition@offset."""


class Unable(Exception):
    """A process can't go on as things are; the text is one sentence for the person who started it: what to mend."""


class Overtaken(Exception):
    """Another transaction was there first: what this one found is no longer so, and it is done again from the start."""


_DOWN = (
    Overtaken,
    OSError,
    KafkaError,
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.TransactionRollbackError,
    asyncpg.LockNotAvailableError,
)


class Rejected(Exception):
    """The message is wrong: it goes to the dead letters with this reason, which a publisher must understand."""

    def __init__(self, reason: str, field: str | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.field = field


class KeyReused(Rejected):
    """A request to an API has the key of another one that came before (draft-ietf-httpapi-idempotency-key-header)."""

    def __init__(self) -> None:
        super().__init__(
            "Idempotency-Key was used for something else: choose a fresh one per request", "Idempotency-Key"
        )


@runtime_checkable
class Faulting(Protocol):
    """An error that blames the message, whoever defines it: why nothing can be made of it, and its field if it is one.

    A library below the services says it by these two attributes and needs no word of the chassis.
    """

    reason: str
    field: str | None


_BROKEN: Final[dict[type[Exception], str]] = {
    asyncpg.UniqueViolationError: "says again what is there already and may be there once",
    asyncpg.ForeignKeyViolationError: "names what is not there",
    asyncpg.NotNullViolationError: "lacks what must be there",
    asyncpg.CheckViolationError: "holds a value that is not allowed there",
    asyncpg.ExclusionViolationError: "overlaps with what is there already",
}


def fault_of(error: Exception) -> Rejected | None:
    """What to tell the publisher where its message is at fault, without a value of it; None where it is not.

    It counts for a message that was handled alone: in a batch it may be another's.
    """
    match error:
        case Rejected():
            return error
        case asyncpg.IntegrityConstraintViolationError():
            says = next((text for kind, text in _BROKEN.items() if isinstance(error, kind)), "breaks a rule")
            rule = error.constraint_name or error.column_name
            where = f" (rule {rule} of {error.table_name})" if rule and error.table_name else ""
            return Rejected(f"the database refuses this: it {says}{where}", error.column_name or "data")
        case asyncpg.DataError():
            return Rejected(f"PostgreSQL can't store this ({type(error).__name__})", "data")
        case Faulting(reason=reason, field=field):
            return Rejected(reason, field)
    return None


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
