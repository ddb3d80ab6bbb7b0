"""How many rows a service's tables have, counted."""

from collections.abc import Sequence

import asyncpg

from embedded.processes import Processes


async def rows_by_service(processes: Processes, services: Sequence[str]) -> dict[str, int]:
    """Of each service, over all its tables."""
    return {service: await _rows(processes.dsn(service), service) for service in services}


async def _rows(dsn: str, schema: str) -> int:
    connection = await asyncpg.connect(dsn)
    tables = await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = $1", schema)
    counts = [await connection.fetchval(f'SELECT count(*) FROM {schema}."{row["tablename"]}"') for row in tables]
    await connection.close()
    return sum(counts)
