"""Connections to a service's own schema."""

from typing import TYPE_CHECKING, TypeAlias

import asyncpg

if TYPE_CHECKING:
    Connection: TypeAlias = asyncpg.pool.PoolConnectionProxy[asyncpg.Record] | asyncpg.Connection[asyncpg.Record]
    Pool: TypeAlias = asyncpg.Pool[asyncpg.Record]
else:
    Connection = asyncpg.Connection
    Pool = asyncpg.Pool


async def open_pool(dsn: str, schema: str, size: int) -> Pool:
    """Open a pool whose connections see `schema` and nothing else."""
    return await asyncpg.create_pool(
        dsn, min_size=1, max_size=size, server_settings=_session(schema), command_timeout=60, reset=_nothing
    )


async def connect(dsn: str, schema: str) -> "asyncpg.Connection[asyncpg.Record]":
    """Open one connection of its own: what holds locks or listens doesn't belong in a pool."""
    return await asyncpg.connect(dsn, server_settings=_session(schema), command_timeout=60)


async def _nothing(_: Connection) -> None:
    """No session state is ever changed on a pooled connection, so a round trip to reset it would be lost time."""


def _session(schema: str) -> dict[str, str]:
    return {"search_path": schema, "timezone": "UTC", "jit": "off", "application_name": f"dutiful {schema}"}
