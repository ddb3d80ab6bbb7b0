"""Data keys in a PostgreSQL table; a destroyed one leaves its date, and its bytes leave the table's file too."""

import re
from typing import TYPE_CHECKING, Final, TypeAlias

import asyncpg

from shredding.keys import DataKey

if TYPE_CHECKING:
    Pool: TypeAlias = asyncpg.Pool[asyncpg.Record]
    Connection: TypeAlias = asyncpg.Connection[asyncpg.Record]

TABLE: Final = "shredding.data_key"
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\.[A-Za-z_][A-Za-z0-9_]*")
_COLUMNS: Final = "key_id, wrapped, destroyed_at"


class PostgresKeys:
    """One table of keys; `database` is a pool or a connection that isn't in a transaction."""

    def __init__(self, database: "Pool | Connection", table: str = TABLE) -> None:
        if not _NAME.fullmatch(table):
            raise ValueError(f"{table!r} is no schema.table")
        self._database = database
        self._schema = table.partition(".")[0]
        self._table = table

    async def make_table(self) -> None:
        """Make the table where it is missing."""
        await self._database.execute(f"CREATE SCHEMA IF NOT EXISTS {self._schema}")
        await self._database.execute(
            f"""
            CREATE TABLE IF NOT EXISTS {self._table} (
                client_id    text NOT NULL,
                category     text NOT NULL,
                key_id       bytea NOT NULL UNIQUE,
                wrapped      bytea,              -- NULL once it is destroyed
                created_at   timestamptz NOT NULL DEFAULT now(),
                destroyed_at timestamptz,
                PRIMARY KEY (client_id, category),
                CHECK ((wrapped IS NULL) = (destroyed_at IS NOT NULL))
            )
            """
        )

    async def find(self, client_id: str, category: str) -> DataKey | None:
        """The key, destroyed or not."""
        query = f"SELECT {_COLUMNS} FROM {self._table} WHERE client_id = $1 AND category = $2"
        row = await self._database.fetchrow(query, client_id, category)
        return DataKey(**dict(row)) if row else None

    async def add(self, client_id: str, category: str, key_id: bytes, wrapped: bytes) -> DataKey:
        """Add a key, unless there is one: the one that is there then."""
        await self._database.execute(
            f"""
            INSERT INTO {self._table} (client_id, category, key_id, wrapped) VALUES ($1, $2, $3, $4)
                ON CONFLICT (client_id, category) DO NOTHING
            """,
            client_id,
            category,
            key_id,
            wrapped,
        )
        return await self.find(client_id, category) or DataKey(key_id, wrapped, None)

    async def destroy(self, client_id: str, category: str) -> DataKey | None:
        """Destroy the key for ever; the old row's bytes are cleaned out of the table. Twice harms nothing."""
        await self._database.execute(
            f"""
            UPDATE {self._table} SET wrapped = NULL, destroyed_at = now()
             WHERE client_id = $1 AND category = $2 AND wrapped IS NOT NULL
            """,
            client_id,
            category,
        )
        await self._database.execute(f"VACUUM {self._table}")
        return await self.find(client_id, category)
