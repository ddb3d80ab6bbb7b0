"""The platform's own database in the demo: rows of each client in each category, put there and counted again."""

from collections import Counter
from datetime import datetime
from typing import TYPE_CHECKING, Final, Self

import asyncpg

from holder.data_map import DataMap, TableSource

if TYPE_CHECKING:
    Connection = asyncpg.Connection[asyncpg.Record]

_FILLED: Final = ("account", "call", "recording", "transcript", "fax", "sso_user")
_ORIGINS: Final = ("prospect", "manual", "crm")


class Holdings:
    """What the platform has of its clients, looked at past every service, with the owner's rights."""

    def __init__(self, dsn: str, data_map: DataMap) -> None:
        self._dsn = dsn
        self._data_map = data_map
        self._connection: Connection | None = None

    async def __aenter__(self) -> Self:
        """Connect."""
        self._connection = await asyncpg.connect(self._dsn)
        return self

    async def __aexit__(self, *_: object) -> None:
        """Disconnect."""
        await self._open.close()

    async def fill(self, client_ids: tuple[str, ...], rows: int, at: datetime) -> None:
        """So many rows of each client in each category that is stored, all of the same moment."""
        for table in _FILLED:
            await self._open.execute(
                f"""
                INSERT INTO platform.{table} (client_id, created_at, detail)
                SELECT client_id, $3, '{table} ' || n
                  FROM unnest($1::text[]) AS client_id, generate_series(1, $2::int) AS n
                """,
                list(client_ids),
                rows,
                at,
            )
        await self._open.execute(
            """
            INSERT INTO platform.contact (client_id, origin, created_at, last_exchanged_at, detail)
            SELECT client_id, origin, $4, $4, 'contact ' || n
              FROM unnest($1::text[]) AS client_id, unnest($2::text[]) AS origin, generate_series(1, $3::int) AS n
            """,
            list(client_ids),
            list(_ORIGINS),
            rows,
            at,
        )

    async def store_emails(self, client_id: str, rows: int, at: datetime) -> None:
        """Some of what is never stored, by mistake."""
        await self._open.execute(
            """
            INSERT INTO platform.sent_email (client_id, created_at, detail)
            SELECT $1, $3, 'email ' || n FROM generate_series(1, $2::int) AS n
            """,
            client_id,
            rows,
            at,
        )

    async def meet(self, client_id: str, phone: str, rows: int, at: datetime) -> None:
        """So many contacts of a client with the same person."""
        await self._open.execute(
            """
            INSERT INTO platform.contact (client_id, origin, created_at, name, phone, detail)
            SELECT $1, 'manual', $4, 'Jane Roe', $2, 'contact ' || n FROM generate_series(1, $3::int) AS n
            """,
            client_id,
            phone,
            rows,
            at,
        )

    async def count_person(self, client_id: str, phone: str) -> int:
        """How many contacts of a client are left with a person."""
        query = "SELECT count(*) FROM platform.contact WHERE client_id = $1 AND phone = $2"
        count: int = await self._open.fetchval(query, client_id, phone)
        return count

    async def count(self, client_id: str) -> Counter[str]:
        """The rows of a client by category; none where there is nothing."""
        found: Counter[str] = Counter()
        for category, _, source in self._data_map.sources():
            if isinstance(source, TableSource):
                only = "".join(f" AND {column} = '{value}'" for column, value in source.only.items())
                query = f"SELECT count(*) FROM {source.table} WHERE {source.client_column} = $1{only}"
                found[category] += await self._open.fetchval(query, client_id)
        return +found

    @property
    def _open(self) -> "Connection":
        assert self._connection is not None  # noqa: S101 - entered first
        return self._connection
