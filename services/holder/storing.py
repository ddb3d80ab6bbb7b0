"""Looks for data of categories that are never stored (RET-1): whoever has some is reported, once for each growth."""

from collections.abc import Mapping, Sequence
from typing import Final

import structlog
from pydantic import TypeAdapter, ValidationError

from chassis.message import Cause
from chassis.transaction import Transaction
from contracts.event import Id
from contracts.holder import Finding, HolderReported
from holder.data_map import Source
from holder.executors import Found
from holder.reaching import Reach

log = structlog.get_logger()
There = Mapping[tuple[str, str], Sequence[tuple[Source, int]]]
"""How much there is in each source, by category and client."""

_ID: Final[TypeAdapter[str]] = TypeAdapter(Id)


async def found(reach: Reach) -> There:
    """What lies in categories that should be empty; of who is no client by its name, only the log tells."""
    there: dict[tuple[str, str], list[tuple[Source, int]]] = {}
    for category, _, source in reach.data_map.sources():
        if category in reach.data_map.never_stored:
            async with reach.open(category, source) as executor:
                async for client_id, count in executor.clients():
                    if _is_id(client_id):
                        there.setdefault((category, client_id), []).append((source, count))
                    else:
                        log.warning("stored for nobody", source=source.label, count=count)
    return there


def spell(where: Sequence[tuple[Source, int]]) -> str:
    """How much was found, and where: `3 rows in crm:public.email`."""
    return ", ".join(f"{Found(count, source.unit)} in {source.label}" for source, count in where)


async def report(tx: Transaction, holder_id: str, there: There) -> None:
    """Say what is more than at the last look; what is gone may be reported anew when it comes back."""
    known = {
        (row["category"], row["client_id"]): row["count"]
        for row in await tx.fetch("SELECT category, client_id, count FROM stored FOR UPDATE")
    }
    counts = {place: sum(count for _, count in where) for place, where in there.items()}
    if counts == known:
        return
    await tx.execute("DELETE FROM stored")
    await tx.execute(
        "INSERT INTO stored (category, client_id, count) SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[])",
        [category for category, _ in counts],
        [client_id for _, client_id in counts],
        list(counts.values()),
    )
    for (category, client_id), count in counts.items():
        if count > known.get((category, client_id), 0):
            reported = HolderReported(
                holder_id=holder_id,
                client_id=client_id,
                finding=Finding.STORED,
                category=category,
                count=count,
                seen_at=tx.now,
                detail=spell(there[category, client_id]),
            )
            cause = Cause("dutiful/holder/watch", f"stored/{category}/{client_id}/{count}/{tx.now.isoformat()}", "")
            tx.emit(reported, cause=cause._replace(flow_id=cause.derive("flow")))


def _is_id(text: str) -> bool:
    try:
        _ID.validate_python(text)
    except ValidationError:
        return False
    return True
