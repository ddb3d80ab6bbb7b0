"""Returns: packages ordered from a holder, made, fetched by the client and acknowledged (§8.3)."""

from typing import Annotated, ClassVar, Final

from pydantic import Field, StringConstraints

from contracts.choice import Encryption, Recipient
from contracts.event import Event, Id, Instant, Part, Text
from contracts.ordering import HolderOrder

SHA256_PATTERN: Final = r"^[0-9a-f]{64}$"
Sha256 = Annotated[str, StringConstraints(pattern=SHA256_PATTERN)]
Count = Annotated[int, Field(ge=0)]


class ReturnEvent(Event):
    """An event about the return of one client's data."""

    KEY: ClassVar[tuple[str, ...]] = ("client_id",)

    client_id: Id


class ReturnOrdered(HolderOrder, ReturnEvent):
    """The holder makes a package of the client's data of these categories, to be fetched until `available_until`.

    With `reminder` above 0 it is the same order again.
    """

    TYPE: ClassVar[str] = "return.ordered"

    categories: Annotated[tuple[Id, ...], Field(min_length=1)]
    recipient: Recipient | None = None
    available_until: Instant


class Returned(Part):
    """What a package holds of one category."""

    category: Id
    records: Count
    files: Count
    bytes: Count


class ReturnConfirmed(ReturnEvent):
    """The package is ready; its manifest names every file with its SHA-256."""

    TYPE: ClassVar[str] = "return.confirmed"

    order_id: Id
    holder_id: Id
    contents: tuple[Returned, ...]
    manifest_sha256: Sha256
    package_sha256: Sha256
    encryption: Encryption | None = None
    url: Text
    expires_at: Instant
    started_at: Instant
    finished_at: Instant
    confirmed_by: Text


class ReturnFailed(ReturnEvent):
    """The holder can't make the package as things are; people must act, and the order stands."""

    TYPE: ClassVar[str] = "return.failed"

    order_id: Id
    holder_id: Id
    failed_at: Instant
    reason: Text


class ReturnDownloaded(ReturnEvent):
    """The whole package was fetched through its link."""

    TYPE: ClassVar[str] = "return.downloaded"

    order_id: Id
    holder_id: Id
    downloaded_at: Instant
    bytes: Count


class ReturnAcknowledged(ReturnEvent):
    """The client has its data: responsibility for what was returned ends. No order means all of its packages."""

    TYPE: ClassVar[str] = "return.acknowledged"

    order_id: Id | None = None
    acknowledged_by: Text
    received_at: Instant


class ReturnWaived(ReturnEvent):
    """The client gives up what one holder was to return; deletion waits for it no more."""

    TYPE: ClassVar[str] = "return.waived"

    order_id: Id
    waived_by: Text
    received_at: Instant
    reason: Text | None = None


class ReturnAbandoned(ReturnEvent):
    """An operator declares that a holder, reminded in vain, can't be reached: what it has is not returned."""

    TYPE: ClassVar[str] = "return.abandoned"

    order_id: Id
    declared_by: Text
    declared_at: Instant
    reason: Text
