"""Connections to a service's own schema."""

from typing import TYPE_CHECKING, Final, TypeAlias

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


_ASKED_AFTER: Final = {
    "tcp_keepalives_idle": "15",
    "tcp_keepalives_interval": "5",
    "tcp_keepalives_count": "3",
    "tcp_user_timeout": "30000",
}
"""A machine that vanishes ends no connection, and its sessions hold locks, on shards of the outbox among them.

The server asks after it, and gives them up in half a minute, not in the two hours of its system's defaults. That is
longer than the ten seconds after which what the relay handed to Kafka has gone or is given up: no two publish a shard.
"""


def _session(schema: str) -> dict[str, str]:
    session = {"search_path": schema, "timezone": "UTC", "jit": "off", "application_name": f"dutiful {schema}"}
    return session | _ASKED_AFTER
