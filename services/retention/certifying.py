"""TER-6: making a certificate, once there is something new to certify."""

import hashlib

from agreement.schema import Agreement
from chassis.transaction import Transaction
from contracts.retention import RetentionCertified
from retention import certificate_store, client_store, notices, termination_store
from retention.certificates import certificate_of, is_due, is_over
from retention.signing import Signer, sha256_of
from retention.terminations import Stage, Termination


async def certify(agreement: Agreement, termination: Termination, signer: Signer, tx: Transaction) -> None:
    """What was carried out is certified when nothing runs any more; when all of it was, the termination is complete."""
    record = await certificate_store.load_record(tx.connection, termination.termination_id)
    escalated = await certificate_store.load_escalated(tx, termination.termination_id)
    if record is None or not is_due(record, escalated):
        return
    if is_over(record):
        await termination_store.set_stage(tx, termination.termination_id, Stage.COMPLETE)
        if termination.signed_again_at is None:
            await client_store.set_gone(tx, termination.client_id)
    facts = certificate_of(agreement, record)
    facts_sha256 = sha256_of(facts)
    if not await certificate_store.is_new(tx, termination.termination_id, facts_sha256):
        return
    certificate_id = tx.cause.derive("certificate")
    document = signer.sign({"certificate_id": certificate_id, "made_at": tx.now.isoformat(), **facts})
    sha256 = hashlib.sha256(document.encode()).hexdigest()
    complete = bool(facts["complete"])
    await certificate_store.insert_certificate(
        tx,
        certificate_id,
        termination.termination_id,
        termination.client_id,
        document,
        (sha256, facts_sha256),
        complete=complete,
    )
    tx.emit(
        RetentionCertified(
            client_id=termination.client_id, certificate_id=certificate_id, complete=complete, sha256=sha256
        )
    )
    notices.tell_certificate(agreement, termination, certificate_id, sha256, tx, complete=complete)
