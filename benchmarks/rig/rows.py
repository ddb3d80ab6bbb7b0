"""What a system has come to hold: rows of each service, and bytes on disk."""

from collections.abc import Sequence
from pathlib import Path

import asyncpg

from embedded.processes import Processes


async def rows_by_service(processes: Processes, services: Sequence[str]) -> dict[str, int]:
    """Of each service, counted over all its tables."""
    return {service: await _rows(processes.dsn(service), service) for service in services}


async def database_mb(dsn: str) -> float:
    """A database with its indexes."""
    connection = await asyncpg.connect(dsn)
    size: int = await connection.fetchval("SELECT pg_database_size(current_database())")
    await connection.close()
    return size / 1e6


def kafka_mb(home: Path) -> float:
    """All that a broker keeps, of every topic."""
    data = home / "kafka-data"
    return sum(each.stat().st_blocks * 512 for each in data.rglob("*.log")) / 1e6


async def _rows(dsn: str, schema: str) -> int:
    connection = await asyncpg.connect(dsn)
    tables = await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = $1", schema)
    counts = [await connection.fetchval(f'SELECT count(*) FROM {schema}."{row["tablename"]}"') for row in tables]
    await connection.close()
    return sum(counts)
