"""A made-up platform's database beside Dutiful's own: what the ready holder holds on a laptop, and in the demo."""

from pathlib import Path
from typing import Final

import asyncpg

from embedded.postgres import EmbeddedPostgres

MAP: Final = Path(__file__).with_suffix(".toml")
"""The data map of that database; it finds the database by `URL_ENV`."""

URL_ENV: Final = "PLATFORM_URL"
DATABASE: Final = "platform"
HOLDER: Final = "platform_holder"
_SCHEMA: Final = Path(__file__).with_suffix(".sql")
_LATER: Final = """
ALTER TABLE platform.call ADD COLUMN IF NOT EXISTS phone text;
ALTER TABLE platform.recording ADD COLUMN IF NOT EXISTS phone text;
ALTER TABLE platform.transcript ADD COLUMN IF NOT EXISTS phone text;
ALTER TABLE platform.contact ADD COLUMN IF NOT EXISTS name text, ADD COLUMN IF NOT EXISTS phone text,
                             ADD COLUMN IF NOT EXISTS email text, ADD COLUMN IF NOT EXISTS restricted_at timestamptz;
"""
"""What a database that was made before lacks."""


def holder_dsn(postgres: EmbeddedPostgres) -> str:
    """How the holder comes in: by a role that may read, delete and correct contacts, and do nothing else."""
    return postgres.dsn(user=HOLDER, database=DATABASE)


async def make(postgres: EmbeddedPostgres) -> None:
    """Make the database, its empty tables and the holder's role, where they are missing."""
    await postgres.create_database(DATABASE)
    connection = await asyncpg.connect(postgres.dsn(database=DATABASE))
    try:
        async with connection.transaction():
            if await connection.fetchval("SELECT to_regnamespace('platform') IS NULL"):
                await connection.execute(_SCHEMA.read_text(encoding="utf-8"))
            if not await connection.fetchval("SELECT true FROM pg_roles WHERE rolname = $1", HOLDER):
                await connection.execute(f"CREATE ROLE {HOLDER} LOGIN")
            await connection.execute(f"GRANT USAGE ON SCHEMA platform TO {HOLDER}")
            await connection.execute(_LATER)
            await connection.execute(f"GRANT SELECT, DELETE ON ALL TABLES IN SCHEMA platform TO {HOLDER}")
            await connection.execute(
                f"GRANT UPDATE (name, phone, email, restricted_at) ON platform.contact TO {HOLDER}"
            )
    finally:
        await connection.close()
