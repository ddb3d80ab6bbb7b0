"""A client's record as one file: who and what, every entry in order, and the signed heads last (§3.2, §7)."""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from typing import Final

from agreement.schema import Agreement
from chassis.database import Pool
from chassis.signing import Signer
from console import queries
from console.linking import Head
from console.spelling import spelt
from contracts.canonical import canonical, sha256_of
from contracts.sealing import EVERYBODY, chain_of

FORMAT: Final = "dutiful-record/1"
MEDIA_TYPE: Final = "application/x-ndjson"
_SCOPE: Final = "every entry about this client, and every entry about all clients, from the first on"


def header(
    client_id: str, agreement: Agreement, key_id: str, complete_from: datetime, now: datetime
) -> dict[str, object]:
    """Who and what: the first line."""
    return {
        "format": FORMAT,
        "client_id": client_id,
        "exported_at": spelt(now),
        "complete_from": spelt(complete_from),
        "scope": _SCOPE,
        "chains": [EVERYBODY, chain_of(client_id)],
        "processor": agreement.processor.name,
        "agreement": {"id": agreement.id, "version": agreement.version, "title": agreement.title},
        "promises": [{"code": each.code, "clause": each.clause, "title": each.title} for each in agreement.promises],
        "key_id": key_id,
    }


def signed_part(first: Mapping[str, object], heads: Sequence[Mapping[str, object]], at: str) -> bytes:
    """The bytes that are signed: they bind the first line and both heads to each other."""
    return FORMAT.encode() + b"\n" + canonical({"header_sha256": sha256_of(first), "heads": heads, "sealed_at": at})


def footer(signer: Signer, first: Mapping[str, object], heads: Mapping[str, Head]) -> dict[str, object]:
    """The signed heads: the last line."""
    said = [{"chain": chain, "seq": head.seq, "sha256": head.hash} for chain, head in heads.items()]
    at = str(first["exported_at"])
    signature = signer.sign(signed_part(first, said, at))
    return {"heads": said, "sealed_at": at, "signature": signature.as_json()}


async def lines(
    pool: Pool, signer: Signer, first: Mapping[str, object], heads: Mapping[str, Head]
) -> AsyncIterator[bytes]:
    """The file, piece by piece: what is appended meanwhile is not in it."""
    yield canonical(first) + b"\n"
    for chain, head in heads.items():
        async for piece in queries.bodies(pool, chain, head.seq):
            yield "".join(f'{{"entry":{body},"hash":"{hash_}"}}\n' for body, hash_ in piece).encode()
    yield canonical(footer(signer, first, heads)) + b"\n"
