"""Heads that are signed and said on the bus, so that others hold them; and heads that no longer fit (§3.2, §7)."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

import structlog

from chassis import signing
from chassis.message import Cause, Message
from chassis.signing import NotVerified, Signature, Signer
from chassis.transaction import Transaction
from console import seal_store, store
from console.linking import Head
from console.seal_store import Held
from console.spelling import spelt
from contracts.canonical import canonical
from contracts.sealing import AnchorContradicted, AnchorDue, EvidenceSealed

log = structlog.get_logger()
FORMAT: Final = "dutiful-head/1"
_NAME: Final = "heads"
_PAGE: Final = 500


async def begin(tx: Transaction) -> None:
    """The first start: from now on the record is complete, and its heads are signed."""
    if await store.begin(tx, tx.now):
        tx.emit_at(AnchorDue(round=_NAME), tx.now, _NAME)


async def seal(signer: Signer, every: timedelta, due: AnchorDue, tx: Transaction) -> None:
    """A page of the heads that have grown; then the next page, or the next day."""
    grown = await seal_store.take_grown(tx, due.after, _PAGE)
    for chain, head in grown:
        tx.emit(signed(signer, chain, head, tx.now))
    if len(grown) == _PAGE:
        tx.emit(AnchorDue(round=_NAME, after=grown[-1][0]))
    else:
        tx.emit_at(AnchorDue(round=_NAME), tx.now + every, _NAME)


def signed(signer: Signer, chain: str, head: Head, now: datetime) -> EvidenceSealed:
    """A head, signed."""
    signature = signer.sign(signed_head(chain, head.seq, head.hash, spelt(now)))
    return EvidenceSealed(
        chain=chain,
        seq=head.seq,
        sha256=head.hash,
        sealed_at=now,
        key_id=signature.key_id,
        signature=signature.value,
    )


def signed_head(chain: str, seq: int, sha256: str, at: str) -> bytes:
    """The bytes that are signed of a head."""
    return FORMAT.encode() + b"\n" + canonical({"chain": chain, "seq": seq, "sha256": sha256, "sealed_at": at})


async def compare(signer: Signer, heads: Sequence[Message[EvidenceSealed]], tx: Transaction) -> None:
    """A head that was said and that the record doesn't hold is kept, said and counted: nobody may miss it."""
    ours = [each for each in heads if _is_ours(signer, each.event)]
    held = await seal_store.held_at(tx, [(said.chain, said.seq) for said, _ in ours])
    for said, cause in ours:
        stands = held[said.chain, said.seq]
        if stands.hash != said.sha256:
            await _contradict(said, stands, cause, tx)


async def _contradict(said: EvidenceSealed, held: Held, cause: Cause, tx: Transaction) -> None:
    if await seal_store.save_contradiction(tx, said, held, tx.now):
        log.error("the record does not hold what was signed", seq=said.seq, held_seq=held.seq)
        tx.emit(
            AnchorContradicted(
                chain=said.chain,
                seq=said.seq,
                sha256=said.sha256,
                held_seq=held.seq,
                held_sha256=held.hash,
                noticed_at=tx.now,
            ),
            cause=cause,
        )


def _is_ours(signer: Signer, said: EvidenceSealed) -> bool:
    """By this key; what another key signed, such as the one before this, counts as it stands."""
    if said.key_id != signer.key_id:
        return True
    what = signed_head(said.chain, said.seq, said.sha256, spelt(said.sealed_at))
    try:
        signature = Signature(said.key_id, said.signature)
        signing.check(what, signing.ALGORITHM, signature, signer.public_pem.encode(), what="the head")
    except NotVerified:
        log.warning("a head on the bus that we did not sign", seq=said.seq)
        return False
    return True
