"""The least that goes the same way: two topics, two commits and a POST, with nothing in between."""

import asyncio
import time
from contextlib import AsyncExitStack
from uuid import uuid4

import aiohttp
import asyncpg
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from benchmarks.rig.receiving import ReceiverProcess
from benchmarks.rig.servers import Servers
from benchmarks.rig.system import paced

_TOPICS = ("first", "second")


async def raw_way(servers: Servers, receiver: ReceiverProcess, count: int, per_s: float) -> dict[str, float]:
    """Milliseconds from the publish to the answer of the receiver, by event; one process, one event at a time."""
    prefix = uuid4().hex
    kafka = servers.kafka.bootstrap
    await _make_topics(kafka, [f"{prefix}.{name}" for name in _TOPICS])
    dsn = await servers.database(f"raw_{prefix}")
    taken: dict[str, float] = {}
    async with AsyncExitStack() as stack:
        session = await stack.enter_async_context(aiohttp.ClientSession())
        producer = AIOKafkaProducer(bootstrap_servers=kafka, acks="all", enable_idempotence=True)
        await producer.start()
        stack.push_async_callback(producer.stop)
        group = await stack.enter_async_context(asyncio.TaskGroup())

        async def carry(nth: int) -> None:
            """Hear a topic, keep each record, and pass it on."""
            connection = await asyncpg.connect(dsn)
            await connection.execute(f"CREATE TABLE hop_{nth} (key text PRIMARY KEY)")
            consumer = AIOKafkaConsumer(
                f"{prefix}.{_TOPICS[nth]}", bootstrap_servers=kafka, auto_offset_reset="earliest"
            )
            await consumer.start()
            try:
                for _ in range(count):
                    record = await consumer.getone()
                    await connection.execute(f"INSERT INTO hop_{nth} VALUES ($1)", (record.key or b"").decode())
                    if nth == 0:
                        await producer.send_and_wait(f"{prefix}.{_TOPICS[1]}", record.value, key=record.key)
                    else:
                        async with session.post(f"{receiver.url}/e/0", data=record.value) as answer:
                            await answer.read()
                        taken[(record.key or b"").decode()] = (time.time() - float(record.value or b"0")) * 1000
            finally:
                await consumer.stop()
                await connection.close()

        for nth in range(len(_TOPICS)):
            group.create_task(carry(nth))
        async for n in paced(count, per_s):
            value = str(time.time()).encode()
            await producer.send_and_wait(f"{prefix}.{_TOPICS[0]}", value, key=str(n).encode())
    return taken


async def _make_topics(kafka: str, names: list[str]) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await admin.start()
    await admin.create_topics([NewTopic(name, 3, 1) for name in names])
    await admin.close()
