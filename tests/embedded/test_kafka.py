"""The embedded broker."""

import errno
from pathlib import Path
from uuid import uuid4

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError

from embedded.kafka import EmbeddedKafka

pytestmark = pytest.mark.servers


async def _create(bootstrap: str, topic: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    await admin.create_topics([NewTopic(topic, 1, 1)])
    await admin.close()


async def _produce(bootstrap: str, topic: str, value: bytes) -> None:
    async with AIOKafkaProducer(bootstrap_servers=bootstrap, enable_idempotence=True) as producer:
        await producer.send_and_wait(topic, value)


async def _first(bootstrap: str, topic: str) -> bytes | None:
    async with AIOKafkaConsumer(topic, bootstrap_servers=bootstrap, auto_offset_reset="earliest") as consumer:
        value: bytes | None = (await consumer.getone()).value
        return value


async def test_round_trip(kafka: EmbeddedKafka) -> None:
    """What is produced is consumed."""
    topic = f"round-trip-{uuid4().hex}"
    await _create(kafka.bootstrap, topic)
    await _produce(kafka.bootstrap, topic, b"notice")
    assert await _first(kafka.bootstrap, topic) == b"notice"


async def test_no_topic_by_accident(kafka: EmbeddedKafka) -> None:
    """Producing to a topic that nobody created makes none."""
    topic = f"typo-{uuid4().hex}"
    async with AIOKafkaProducer(bootstrap_servers=kafka.bootstrap, request_timeout_ms=200) as producer:
        with pytest.raises(KafkaError):
            await producer.send_and_wait(topic, b"lost")
        assert topic not in (await producer.client.fetch_all_metadata()).topics()


async def test_kill_and_restart(server_home: Path) -> None:
    """An acknowledged record outlives a SIGKILL of the broker, which comes back on the same port."""
    broker = EmbeddedKafka(server_home)
    try:
        await broker.start()
        before, pid = broker.bootstrap, broker.pid
        await _create(before, "kept")
        await _produce(before, "kept", b"receipt")
        await broker.kill()
        assert broker.pid is None
        await broker.start()
        assert (broker.bootstrap, broker.pid != pid) == (before, True)
        assert await _first(before, "kept") == b"receipt"
    finally:
        await broker.stop()


async def test_a_port_that_is_taken(kafka: EmbeddedKafka, server_home: Path) -> None:
    """Where another Kafka listens already, none is started, and that one is not taken for ours."""
    broker = EmbeddedKafka(server_home, port=int(kafka.bootstrap.partition(":")[2]))
    try:
        with pytest.raises(OSError, match="address already in use") as refused:
            await broker.start()
    finally:
        await broker.stop()
    assert (refused.value.errno, broker.pid) == (errno.EADDRINUSE, None)


async def test_a_new_port_on_old_data(server_home: Path) -> None:
    """Data is readable by a later broker on another port, as after `make up` was ended and started again."""
    first, second = EmbeddedKafka(server_home), EmbeddedKafka(server_home)
    try:
        await first.start()
        await _create(first.bootstrap, "kept")
        await _produce(first.bootstrap, "kept", b"objection")
        await first.stop()
        await second.start()
        assert second.bootstrap != first.bootstrap
        assert await _first(second.bootstrap, "kept") == b"objection"
    finally:
        await first.stop()
        await second.stop()
