"""The manifest of a return package: what it holds of each category, and every file with its checksum (TER-5)."""

import json
from collections.abc import AsyncIterator
from typing import Final

from chassis.database import Pool
from contracts.choice import Recipient
from contracts.returning import ReturnOrdered
from holder import package_files
from holder.package_files import PackageFile

_FORMAT: Final = "dutiful/return-package/1"


async def manifest_of(pool: Pool, order: ReturnOrdered) -> AsyncIterator[bytes]:
    """The manifest, piece by piece: a package may have more files than fit into memory."""
    head = {
        "format": _FORMAT,
        "order_id": order.order_id,
        "client_id": order.client_id,
        "holder_id": order.holder_id,
        "clause": order.clause,
        "encryption": order.recipient.encryption if order.recipient else None,
        "categories": [
            each.model_dump() for each in await package_files.contents(pool, order.order_id, order.categories)
        ],
    }
    yield json.dumps(head, indent=1, ensure_ascii=False).encode().removesuffix(b"\n}") + b',\n "files": ['
    lead = b"\n  "
    async for made in package_files.files(pool, order.order_id, after=0):
        yield lead + json.dumps(_entry(made, order.recipient), ensure_ascii=False).encode()
        lead = b",\n  "
    yield b"\n ]\n}\n"


def _entry(made: PackageFile, recipient: Recipient | None) -> dict[str, str | int]:
    entry: dict[str, str | int] = {
        "file": made.file,
        "name": made.name,
        "category": made.category,
        "records": made.records,
        "bytes": made.bytes,
        "sha256": made.sha256,
    }
    if recipient:
        entry |= {"plain_bytes": made.plain_bytes, "plain_sha256": made.plain_sha256}
    return entry
