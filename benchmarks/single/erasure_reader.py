"""Reads rows of others, a thousand times a second, until its input ends; says then how long each took, in ms."""

import asyncio
import json
import os
import random
import sys
import time

import asyncpg
import uvloop

PER_S = 1000


async def main(dsn: str, rows: int, theirs: int, *, first: bool) -> None:
    """One row by its key each time, each at its moment, whatever the ones before it cost."""
    connection = await asyncpg.connect(dsn)
    if first:
        for pid in (os.getpid(), connection.get_server_pid()):
            os.sched_setscheduler(pid, os.SCHED_FIFO, os.sched_param(1))
    query = "SELECT client_id, at, note FROM crm.call WHERE call_id = $1"
    latencies: list[float] = []
    ended = asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    for _ in range(100):
        await connection.fetchrow(query, 1)
    print(flush=True)
    began = time.perf_counter()
    while not ended.done():
        await asyncio.sleep(max(0.0, began + len(latencies) / PER_S - time.perf_counter()))
        key = random.randrange(rows // theirs) * theirs + 1
        sent = time.perf_counter()
        assert await connection.fetchrow(query, key) is not None
        latencies.append((time.perf_counter() - sent) * 1000)
    await connection.close()
    print(json.dumps(latencies))


if __name__ == "__main__":
    uvloop.run(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), first="first" in sys.argv[4:]))
