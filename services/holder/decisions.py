"""What the holder says of what it did. Pure: values in, events out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from hashlib import blake2b
from typing import Final

from contracts.erasure import ErasureConfirmed, ErasureFailed, ErasureOrdered
from contracts.holder import HolderDeclared
from contracts.ordering import Method
from contracts.returning import ReturnFailed, ReturnOrdered
from holder.data_map import DataMap, Source
from holder.executors import ExecutorFailed
from holder.jobs import Order

_STRENGTH: Final = (Method.CLEAR, Method.CRYPTO_ERASE, Method.PURGE, Method.DESTROY)
_LONGEST: Final = 9_000


@dataclass(frozen=True, slots=True)
class Done:
    """What an erasure did: when, how many of which source, and whether it was halted."""

    started_at: datetime
    finished_at: datetime
    counted: Mapping[str, int]
    halted: bool


def sources_of(data_map: DataMap, category: str) -> Sequence[Source]:
    """Where the map says that a category lies; what it doesn't name can't be claimed to be gone."""
    sources = data_map.categories.get(category)
    if sources is None:
        raise ExecutorFailed(f"the data map of {data_map.holder_id} names no category {category}")
    return sources


def declaration(data_map: DataMap) -> HolderDeclared:
    """Who this holder is."""
    return HolderDeclared(
        holder_id=data_map.holder_id,
        name=data_map.name,
        kind=data_map.kind,
        subprocessor_id=data_map.subprocessor_id,
        categories=tuple(sorted(data_map.categories)),
    )


def digest_of(declared: HolderDeclared) -> str:
    """What tells one declaration from another."""
    return blake2b(declared.model_dump_json().encode(), digest_size=16).hexdigest()


def confirmation(order: ErasureOrdered, data_map: DataMap, done: Done, confirmed_by: str) -> ErasureConfirmed:
    """TER-3: who, when, how many, by which method; never more than was done."""
    sources = sources_of(data_map, order.category)
    said = [f"{source.label}: {done.counted.get(source.label, 0)} by {source.method}" for source in sources]
    return ErasureConfirmed(
        order_id=order.order_id,
        holder_id=order.holder_id,
        started_at=done.started_at,
        finished_at=done.finished_at,
        count=sum(done.counted.values()),
        method=min((Method(source.method) for source in sources), key=_STRENGTH.index),
        confirmed_by=confirmed_by,
        evidence="; ".join(said)[:_LONGEST],
        unreached=tuple(_unreached(data_map, done.finished_at)),
        halted=done.halted,
    )


def failure(order: Order, reason: str, at: datetime) -> ErasureFailed | ReturnFailed:
    """An order that can't be carried out as things are; it stands."""
    text = reason[:_LONGEST] or "no reason was given"
    if isinstance(order, ReturnOrdered):
        return ReturnFailed(
            client_id=order.client_id, order_id=order.order_id, holder_id=order.holder_id, failed_at=at, reason=text
        )
    return ErasureFailed(order_id=order.order_id, holder_id=order.holder_id, failed_at=at, reason=text)


def _unreached(data_map: DataMap, finished_at: datetime) -> list[str]:
    """What keeps a copy out of reach, and until which day."""
    on: date = finished_at.date()
    return [f"{each.what}, until {on + timedelta(days=each.stays_days)}" for each in data_map.unreached]
