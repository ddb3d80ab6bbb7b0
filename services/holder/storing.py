"""Looks for data of categories that are never stored (RET-1): whoever has some is reported, once for each growth."""

from typing import Final

import structlog
from pydantic import TypeAdapter, ValidationError

from chassis.message import Cause
from chassis.transaction import Transaction
from contracts.event import Id
from contracts.holder import Finding, HolderReported
from holder.reaching import Reach

log = structlog.get_logger()
Found = dict[tuple[str, str], int]
"""How much there is, by category and client."""

_ID: Final[TypeAdapter[str]] = TypeAdapter(Id)


async def found(reach: Reach) -> Found:
    """What lies in categories that should be empty; of who is no client by its name, only the log tells."""
    there: Found = {}
    for category, _, source in reach.data_map.sources():
        if category in reach.data_map.never_stored:
            async with reach.open(category, source) as executor:
                async for client_id, count in executor.clients():
                    if _is_id(client_id):
                        there[category, client_id] = there.get((category, client_id), 0) + count
                    else:
                        log.warning("stored for nobody", source=source.label, count=count)
    return there


async def report(tx: Transaction, holder_id: str, there: Found) -> None:
    """Say what is more than at the last look; what is gone may be reported anew when it comes back."""
    known = {
        (row["category"], row["client_id"]): row["count"]
        for row in await tx.fetch("SELECT category, client_id, count FROM stored FOR UPDATE")
    }
    if there == known:
        return
    await tx.execute("DELETE FROM stored")
    await tx.execute(
        "INSERT INTO stored (category, client_id, count) SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[])",
        [category for category, _ in there],
        [client_id for _, client_id in there],
        list(there.values()),
    )
    for (category, client_id), count in there.items():
        if count > known.get((category, client_id), 0):
            reported = HolderReported(
                holder_id=holder_id,
                client_id=client_id,
                finding=Finding.STORED,
                category=category,
                count=count,
                seen_at=tx.now,
                detail=f"{count} were there",
            )
            cause = Cause("dutiful/holder/watch", f"stored/{category}/{client_id}/{count}/{tx.now.isoformat()}", "")
            tx.emit(reported, cause=cause._replace(flow_id=cause.derive("flow")))


def _is_id(text: str) -> bool:
    try:
        _ID.validate_python(text)
    except ValidationError:
        return False
    return True
