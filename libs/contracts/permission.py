"""Who may use whom: the compacted topic that the platform enforces (§4.4)."""

from datetime import date
from enum import StrEnum
from typing import ClassVar

from contracts.event import Event, Id


class Standing(StrEnum):
    """Whether a sub-processor may touch a client's data."""

    PERMITTED = "permitted"
    BARRED = "barred"


class PermissionSet(Event):
    """The last word on one client and one sub-processor; no record, or a tombstone, means barred."""

    TYPE: ClassVar[str] = "permission.set"
    KEY: ClassVar[tuple[str, ...]] = ("client_id", "subprocessor_id")

    client_id: Id
    subprocessor_id: Id
    standing: Standing
    permitted_from: date | None = None
    reason: str
    clause: str
    change_id: Id | None = None
