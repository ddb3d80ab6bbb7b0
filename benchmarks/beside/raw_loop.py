"""The same work with no promise kept: consume, one insert per batch, produce; nothing of it survives a crash."""

import asyncio
import time

import asyncpg
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from benchmarks.rig.servers import Servers
from benchmarks.rig.topics import published


async def raw_loop(servers: Servers, prefix: str, dsn: str, events: int, batch_records: int) -> float:
    """Events/s of `prefix`contract to `prefix`deadline: no inbox, no outbox, no order."""
    connection = await asyncpg.connect(dsn)
    await connection.execute("CREATE TABLE raw (key text PRIMARY KEY, value bytea)")
    producer = AIOKafkaProducer(
        bootstrap_servers=servers.kafka.bootstrap, linger_ms=5, max_batch_size=256 * 1024, enable_idempotence=True
    )
    await producer.start()
    consumer = AIOKafkaConsumer(
        f"{prefix}contract",
        bootstrap_servers=servers.kafka.bootstrap,
        group_id=f"{prefix}raw",
        auto_offset_reset="earliest",
        enable_auto_commit=False,
    )
    began = time.perf_counter()
    await consumer.start()
    done = 0
    while done < events:
        batch = [
            record
            for some in (await consumer.getmany(timeout_ms=1000, max_records=batch_records)).values()
            for record in some
        ]
        await connection.execute(
            "INSERT INTO raw SELECT * FROM unnest($1::text[], $2::bytea[])",
            [(record.key or b"").decode() for record in batch],
            [record.value for record in batch],
        )
        for record in batch:
            await producer.send(f"{prefix}deadline", record.value, key=record.key, headers=list(record.headers))
        await producer.flush()
        await consumer.commit()
        done += len(batch)
    await published(servers.kafka.bootstrap, f"{prefix}deadline", events)
    rate = events / (time.perf_counter() - began)
    await asyncio.gather(consumer.stop(), producer.stop(), connection.close())
    return rate
