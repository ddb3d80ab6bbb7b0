"""Heads that are signed and said on the bus, and a database that holds less than was said (EVI-1)."""

from dataclasses import replace
from datetime import timedelta

import pytest
from aiokafka import AIOKafkaProducer
from tests.console.desk import Desk, received

from chassis import signing
from chassis.signing import Signature
from chassis.topics import Shape, ensure_topics
from console import sealing
from console.linking import Head
from console.rereading import Rereading
from console.spelling import spelt
from console.watch import Watch
from contracts.cloudevents import binary_headers
from contracts.sealing import AnchorContradicted, EvidenceSealed
from embedded.kafka import EmbeddedKafka

pytestmark = pytest.mark.servers


async def test_heads_that_have_grown_are_signed_every_day(desk: Desk) -> None:
    """What has grown is signed once and said; what hasn't is not; the signature verifies with the public key alone."""
    await desk.hear(received("acme", "n-1"))
    await desk.pass_until(desk.clock.now() + timedelta(days=1, minutes=1))
    [sealed] = desk.of(EvidenceSealed)
    assert (sealed.chain, sealed.seq) == ("client/acme", 1)
    said = sealing.signed_head(sealed.chain, sealed.seq, sealed.sha256, spelt(sealed.sealed_at))
    signing.check(said, "Ed25519", Signature(sealed.key_id, sealed.signature), desk.public_key, what="the head")
    await desk.pass_until(desk.clock.now() + timedelta(days=2))
    assert len(desk.of(EvidenceSealed)) == 1
    await desk.hear(received("acme", "n-2"))
    await desk.pass_until(desk.clock.now() + timedelta(days=1))
    assert [each.seq for each in desk.of(EvidenceSealed)] == [1, 2]
    assert not desk.of(AnchorContradicted)


async def test_a_restored_backup_is_noticed(desk: Desk) -> None:
    """A head that was said and is beyond what the database holds, or another: said, counted, and shown to staff."""
    await desk.hear(received("acme", "n-1"))
    lost = sealing.signed(desk.app.signer, "client/acme", Head(7, "a" * 64), desk.clock.now())
    other = sealing.signed(desk.app.signer, "client/acme", Head(1, "b" * 64), desk.clock.now())
    for said in (lost, other, lost):
        await desk.hear(said)
    first, second = desk.of(AnchorContradicted)
    assert (first.seq, first.held_seq, first.held_sha256) == (7, 1, None)
    assert (second.seq, second.held_seq, second.sha256) == (1, 1, "b" * 64)
    answer = (await desk.get("dpo", "/record/check")).json()
    assert {each["seq"] for each in answer["contradicted"]} == {1, 7}
    assert (await desk.get("acme", "/record/check")).status_code == 403
    watch = Watch(desk.runtime)
    await watch.look()
    assert (watch.counted.chains, watch.counted.contradicted) == (1, 2)


async def test_a_head_that_nobody_here_signed_says_nothing(desk: Desk) -> None:
    """Whoever writes a head under our key's name without the key raises no alarm."""
    await desk.hear(received("acme", "n-1"))
    forged = sealing.signed(desk.app.signer, "client/acme", Head(7, "a" * 64), desk.clock.now())
    await desk.hear(forged.model_copy(update={"seq": 8}))
    assert not desk.of(AnchorContradicted)


async def test_the_public_key_is_read_by_who_reads_the_record(desk: Desk) -> None:
    """It is what `dutiful evidence verify` needs."""
    answer = await desk.get("acme", "/record/key")
    assert answer.content == desk.public_key
    assert (await desk.get("acme/user", "/record/key")).status_code == 403


async def test_at_a_start_all_heads_are_compared(desk: Desk, kafka: EmbeddedKafka) -> None:
    """A restored database doesn't hear again what its offsets are past: the heads on the bus tell what it has lost."""
    await desk.hear(received("acme", "n-1"))
    prefix = "rereading."
    await ensure_topics(kafka.bootstrap, Shape(prefix), ())
    signer = desk.app.signer
    heads = [sealing.signed(signer, f"client/{name}", Head(7, "a" * 64), desk.clock.now()) for name in ("acme", "blue")]
    async with AIOKafkaProducer(bootstrap_servers=kafka.bootstrap) as producer:
        for nth, head in enumerate(heads):
            headers = binary_headers(
                f"seal-{nth}",
                "dutiful/console",
                head.TYPE,
                "tests",
                subject=head.key,
                time=None,
                traceparent=None,
                tracestate=None,
                scheduled_by=None,
            )
            value = head.model_dump_json().encode()
            said = [(name, text.encode()) for name, text in headers.items()]
            await producer.send_and_wait(f"{prefix}evidence", value, key=head.key.encode(), headers=said)
    settings = desk.runtime.settings.model_copy(update={"kafka": kafka.bootstrap, "topic_prefix": prefix})
    await Rereading(desk.app, replace(desk.runtime, settings=settings)).run()
    await desk.settle()
    assert {(each.chain, each.held_seq) for each in desk.of(AnchorContradicted)} == {
        ("client/acme", 1),
        ("client/blue", 0),
    }
