"""What orders to holders, and their answers, have in common (§8.3, Appendix A)."""

from enum import StrEnum

from contracts.event import Event, Id, Instant, Part


class Purpose(StrEnum):
    """Why something is ordered."""

    TERMINATION = "termination"
    ROLLING = "rolling"
    DESYNCHRONISATION = "desynchronisation"
    RESTORE = "restore"


class Counted(StrEnum):
    """The day of a record that a cut-off is compared with."""

    CREATED = "created"
    LAST_EXCHANGE = "last_exchange"
    DELETED_BY_CLIENT = "deleted_by_client"


class Method(StrEnum):
    """How data were made unreadable, by the terms of NIST SP 800-88."""

    CLEAR = "clear"
    PURGE = "purge"
    DESTROY = "destroy"
    CRYPTO_ERASE = "crypto_erase"


class Scope(Part):
    """Data of one client: all of it, or what is strictly older than `cutoff_at`."""

    client_id: Id
    cutoff_at: Instant | None = None


class HolderOrder(Event):
    """What one holder is to do by `due_at`; with `reminder` above 0 it is the same order again."""

    order_id: Id
    holder_id: Id
    due_at: Instant
    clause: str
    reminder: int = 0
