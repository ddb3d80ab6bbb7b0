"""What the notifier says about the notices it was ordered to give (§15)."""

from enum import StrEnum
from typing import ClassVar

from contracts.event import Event, Id, Instant


class Channel(StrEnum):
    """A way to a client; §15 knows post and email."""

    WEBHOOK = "webhook"
    EMAIL = "email"
    POST = "post"
    API = "api"


class NoticeReceived(Event):
    """The first proof, by a channel that the agreement accepts, that a client has a notice."""

    TYPE: ClassVar[str] = "notice.received"
    KEY: ClassVar[tuple[str, ...]] = ("notice_id",)

    notice_id: Id
    client_id: Id
    about: Id
    kind: Id
    channel: Channel
    received_at: Instant
    proof: str


class NoticeEscalated(Event):
    """One stage of channels brought no receipt; the notice goes on to the next, or to people."""

    TYPE: ClassVar[str] = "notice.escalated"
    KEY: ClassVar[tuple[str, ...]] = ("notice_id",)

    notice_id: Id
    client_id: Id
    about: Id
    kind: Id
    to_channels: tuple[Channel, ...]
    reason: str


class NoticeFailed(Event):
    """Every channel was tried in vain: a person must act."""

    TYPE: ClassVar[str] = "notice.failed"
    KEY: ClassVar[tuple[str, ...]] = ("notice_id",)

    notice_id: Id
    client_id: Id
    about: Id
    kind: Id
    reason: str
