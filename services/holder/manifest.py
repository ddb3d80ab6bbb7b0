"""The manifest of a package: what it holds of each category, and every file with its checksum (TER-5)."""

import json
from collections.abc import AsyncIterator
from typing import Final

from chassis.database import Pool
from contracts.choice import Recipient
from holder import package_files
from holder.package_files import PackageFile
from holder.parcels import Parcel

_FORMAT: Final = "dutiful/return-package/1"


async def manifest_of(pool: Pool, parcel: Parcel) -> AsyncIterator[bytes]:
    """The manifest, piece by piece: a package may have more files than fit into memory."""
    head = {
        "format": _FORMAT,
        "order_id": parcel.order_id,
        **({"instruction_id": parcel.instruction_id} if parcel.instruction_id else {}),
        "client_id": parcel.client_id,
        "holder_id": parcel.holder_id,
        "clause": parcel.clause,
        "encryption": parcel.recipient.encryption if parcel.recipient else None,
        "categories": [
            each.model_dump() for each in await package_files.contents(pool, parcel.order_id, parcel.categories)
        ],
    }
    yield json.dumps(head, indent=1, ensure_ascii=False).encode().removesuffix(b"\n}") + b',\n "files": ['
    lead = b"\n  "
    async for made in package_files.files(pool, parcel.order_id, after=0):
        yield lead + json.dumps(_entry(made, parcel.recipient), ensure_ascii=False).encode()
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
