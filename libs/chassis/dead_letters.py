"""What can't be handled is set aside with its reason, whole, so that it can be mended or played again.

Each service has a compacted topic `dead-letter.<service>`, keyed by the dead letter's id; a tombstone says that it
was dealt with.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from chassis.errors import Rejected
from chassis.outbox import Outgoing, encode_headers

_OWN = "dutiful-"


class Record(Protocol):
    """What we need of a consumed Kafka record."""

    @property
    def topic(self) -> str: ...  # noqa: D102
    @property
    def partition(self) -> int: ...  # noqa: D102
    @property
    def offset(self) -> int: ...  # noqa: D102
    @property
    def key(self) -> bytes | None: ...  # noqa: D102
    @property
    def value(self) -> bytes | None: ...  # noqa: D102
    @property
    def headers(self) -> Sequence[tuple[str, bytes]]: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A message that was set aside: why, by whom, where it came from, and itself."""

    id: str
    service: str
    reason: str
    field: str
    failed_at: str
    topic: str
    partition: int
    offset: int
    key: bytes | None
    headers: list[tuple[str, bytes]]
    value: bytes | None


def topic_of(service: str) -> str:
    """The service's topic of dead letters, without prefix."""
    return f"dead-letter.{service}"


def bury(record: Record, rejected: Rejected, service: str, now: datetime) -> Outgoing:
    """The record of the dead-letter topic for `record`: the same id whenever the same message is set aside."""
    headers = {name: (raw or b"").decode("utf-8", "replace") for name, raw in record.headers}
    headers |= {
        f"{_OWN}reason": rejected.reason,
        f"{_OWN}field": rejected.field or "",
        f"{_OWN}service": service,
        f"{_OWN}failed-at": now.isoformat(),
        f"{_OWN}topic": record.topic,
        f"{_OWN}partition": str(record.partition),
        f"{_OWN}offset": str(record.offset),
        f"{_OWN}key": json.dumps(record.key.decode("latin-1") if record.key is not None else None),
    }
    letter_id = f"{service}-{record.topic}-{record.partition}-{record.offset}"
    return Outgoing(topic_of(service), letter_id, encode_headers(headers), record.value or b"")


def exhume(record: Record) -> DeadLetter:
    """Read a record of a dead-letter topic."""
    texts = {name: (raw or b"").decode() for name, raw in record.headers}
    key = json.loads(texts[f"{_OWN}key"])
    return DeadLetter(
        id=(record.key or b"").decode(),
        service=texts[f"{_OWN}service"],
        reason=texts[f"{_OWN}reason"],
        field=texts[f"{_OWN}field"],
        failed_at=texts[f"{_OWN}failed-at"],
        topic=texts[f"{_OWN}topic"],
        partition=int(texts[f"{_OWN}partition"]),
        offset=int(texts[f"{_OWN}offset"]),
        key=None if key is None else key.encode("latin-1"),
        headers=[(name, raw or b"") for name, raw in record.headers if not name.startswith(_OWN)],
        value=record.value,
    )
