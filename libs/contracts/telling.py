"""What orders to tell somebody have in common: clients, by a deadline (§15), or the people on call."""

from enum import StrEnum
from typing import Annotated, ClassVar

from pydantic import Field

from contracts.event import Event, Id, Instant

Facts = dict[str, str | tuple[str, ...]]


class NoticeOrder(Event):
    """Clients must be told something by `deadline_at`; the notifier finds the ways to them."""

    KEY: ClassVar[tuple[str, ...]] = ("order_id",)

    order_id: Id
    about: Id
    kind: str
    client_ids: Annotated[tuple[Id, ...], Field(min_length=1, max_length=500)]
    deadline_at: Instant
    escalate_at: Instant
    clause: str
    facts: Facts


class RefusalKind(StrEnum):
    """What a notice of a refusal tells a client; it has a text in every language."""

    WORD_REFUSED = "word_refused"


class RefusalNoticeOrder(NoticeOrder):
    """A client must be told that a word of its own changes nothing."""

    kind: RefusalKind


class AlertOrder(Event):
    """The people on call must be told something; the notifier knows who they are."""

    KEY: ClassVar[tuple[str, ...]] = ("order_id",)

    order_id: Id
    about: Id
    kind: str
    clause: str
    facts: Facts
