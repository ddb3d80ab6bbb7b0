"""The same handler as FastStream's documentation would have it: one message, one statement, one publish, one ack.

Its policy `ACK` commits the offset after the handler, also where the handler raised. A kill between the statement and
the publish loses the event that should have followed, and a message that comes again is published again: what Dutiful
pays its inbox and its outbox for.
"""

import time
from datetime import date

import asyncpg
from faststream import AckPolicy
from faststream.kafka import KafkaBroker
from pydantic import BaseModel

from benchmarks.rig.servers import Servers
from benchmarks.rig.topics import published
from contracts.deadline import DeadlineClientEnded


class Terminated(BaseModel):
    """What is read of a message: FastStream decodes the JSON first, which the contracts' strict models don't take."""

    client_id: str
    terminated_on: date
    reason: str


_TABLE = "CREATE TABLE ended (client_id text PRIMARY KEY, terminated_on date NOT NULL)"


async def plain_faststream(servers: Servers, prefix: str, dsn: str, events: int) -> float:
    """Events/s of `prefix`contract to `prefix`deadline."""
    broker = KafkaBroker(servers.kafka.bootstrap, logger=None, enable_idempotence=True)
    async with asyncpg.create_pool(dsn, min_size=1, max_size=4) as pool:
        await pool.execute(_TABLE)

        @broker.subscriber(
            f"{prefix}contract",
            group_id=f"{prefix}plain",
            auto_offset_reset="earliest",
            ack_policy=AckPolicy.ACK,
        )
        async def on_terminated(said: Terminated) -> None:
            await pool.execute(
                "INSERT INTO ended VALUES ($1, $2) ON CONFLICT DO NOTHING", said.client_id, said.terminated_on
            )
            ended = DeadlineClientEnded(client_id=said.client_id)
            await broker.publish(ended, f"{prefix}deadline", key=said.client_id.encode())

        began = time.perf_counter()
        async with broker:
            await broker.start()
            await published(servers.kafka.bootstrap, f"{prefix}deadline", events)
            return events / (time.perf_counter() - began)
