"""What the platform says about a client's service contract (§8.3, §13)."""

from datetime import date
from typing import ClassVar

from contracts.event import Event, Id, Text


class ContractTerminated(Event):
    """A client's service contract ends, or has ended, on `terminated_on`."""

    TYPE: ClassVar[str] = "contract.terminated"
    KEY: ClassVar[tuple[str, ...]] = ("client_id",)

    client_id: Id
    terminated_on: date
    reason: Text | None = None


class ContractReinstated(Event):
    """A termination was taken back: the client's service contract goes on."""

    TYPE: ClassVar[str] = "contract.reinstated"
    KEY: ClassVar[tuple[str, ...]] = ("client_id",)

    client_id: Id
    reinstated_on: date
    reason: Text | None = None
