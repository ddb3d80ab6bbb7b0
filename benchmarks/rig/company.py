"""A company's clients in every service's tables, as their signing would have left them, and rows of a platform."""

from collections.abc import Mapping
from typing import Final

import asyncpg

from agreement.book import Book
from benchmarks.rig.servers import Servers
from embedded import sample_platform
from embedded.processes import Processes

SIGNED_ON: Final = "2026-01-05"
_CLIENTS: Final = "SELECT 'client-' || n AS client_id, 'Client ' || n AS name, n FROM generate_series(1, $1::int) AS n"
_SIGNED: Final = "INSERT INTO signature (client_id, signed_on, agreement_id, agreement_version)"
_PERMITTED: Final = "FROM clients, unnest($4::text[]) AS subprocessor_id"

_TABLES: Final[Mapping[str, str]] = {
    "subprocessor_registry": f"""
        WITH clients AS ({_CLIENTS}), entered AS (
            INSERT INTO client (client_id, name, recorded_at) SELECT client_id, name, now() FROM clients
        ), permitted AS (
            INSERT INTO permission (client_id, subprocessor_id, standing, reason, clause)
            SELECT client_id, subprocessor_id, 'permitted', 'it is on the list', 'Appendix B' {_PERMITTED}
        )
        INSERT INTO signature (client_id, signed_on, agreement_id, agreement_version, recorded_at)
        SELECT client_id, date '{SIGNED_ON}', $2, $3, now() FROM clients
        """,
    "notifier": f"""
        WITH clients AS ({_CLIENTS}), entered AS (
            INSERT INTO client (client_id, name, agreement_id, agreement_version, contact_name, email, language)
            SELECT client_id, name, $2, $3, 'Contact ' || n, 'dpo@' || client_id || '.example', 'en' FROM clients
        ), unused AS (SELECT $4::text[])
        {_SIGNED} SELECT client_id, date '{SIGNED_ON}', $2, $3 FROM clients
        """,
    "retention": f"""
        WITH clients AS ({_CLIENTS}), entered AS (
            INSERT INTO client (client_id, name, durations)
            SELECT client_id, name,
                   jsonb_build_object('call_recordings', jsonb_build_array(30 + n % 300, 'days'))
              FROM clients
        ), permitted AS (
            INSERT INTO client_subprocessor (client_id, subprocessor_id)
            SELECT client_id, subprocessor_id {_PERMITTED}
        )
        {_SIGNED} SELECT client_id, date '{SIGNED_ON}', $2, $3 FROM clients
        """,
    "breach": f"""
        WITH clients AS ({_CLIENTS}), entered AS (
            INSERT INTO client (client_id, name, agreement_id, agreement_version)
            SELECT client_id, name, $2, $3 FROM clients
        ), permitted AS (
            INSERT INTO client_subprocessor (client_id, subprocessor_id)
            SELECT client_id, subprocessor_id {_PERMITTED}
        )
        {_SIGNED} SELECT client_id, date '{SIGNED_ON}', $2, $3 FROM clients
        """,
    "requests": f"""
        WITH clients AS ({_CLIENTS}), permitted AS (
            INSERT INTO client_subprocessor (client_id, subprocessor_id)
            SELECT client_id, subprocessor_id {_PERMITTED}
        )
        INSERT INTO client (client_id, name, agreement_id, agreement_version, called, words, domain)
        SELECT client_id, name, $2, $3, lower(name), ARRAY[n::text], client_id || '.example' FROM clients
        """,
    "assurance": f"""
        WITH clients AS ({_CLIENTS}), unused AS (SELECT $4::text[]), entered AS (
            INSERT INTO client (client_id, name) SELECT client_id, name FROM clients
            RETURNING client_id
        )
        {_SIGNED} SELECT client_id, date '{SIGNED_ON}', $2, $3 FROM entered
        """,
}


async def fill_company(processes: Processes, book: Book, clients: int) -> None:
    """`client-1` … have signed the newest agreement, and everybody on its list may work for them."""
    listed = [each.id for each in book.latest.sub_processors]
    for service, statement in _TABLES.items():
        connection = await asyncpg.connect(processes.dsn(service), server_settings={"search_path": service})
        await connection.execute(statement, clients, book.latest.id, book.latest.version, listed)
        await connection.execute("ANALYZE")
        await connection.close()


async def fill_platform(servers: Servers, prefix: str, clients: int, rows: int) -> None:
    """Rows of each client `prefix`1 … in the tables of the made-up platform, instead of those that were there."""
    connection = await asyncpg.connect(servers.postgres.dsn(database=sample_platform.DATABASE))
    for table in ("account", "call", "recording", "transcript", "fax", "sso_user"):
        await connection.execute(f"TRUNCATE platform.{table}")
        await connection.execute(
            f"""
            INSERT INTO platform.{table} (client_id, created_at, detail)
            SELECT $1 || client, now() - nth * interval '40 days', repeat('d', 100)
              FROM generate_series(1, $2::int) AS client, generate_series(1, $3::int) AS nth
            """,
            prefix,
            clients,
            rows,
        )
        await connection.execute(f"ANALYZE platform.{table}")
    await connection.close()
