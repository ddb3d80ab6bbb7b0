"""Clients, endpoints and due deliveries by SQL, for measures that begin where those are there already."""

from collections.abc import Sequence
from datetime import UTC, datetime

import asyncpg
from pydantic import SecretStr

from embedded.processes import VAULT_KEY
from notifier.closing import Secrets
from notifier.settings import NotifierSettings

SECRET = "whsec_" + "A" * 43 + "="
ENDPOINTS = 100
_SIGNED = "'quicktalk', '1'"


async def fill_clients(notifier_dsn: str, registry_dsn: str | None, clients: int) -> None:
    """Clients `client-1` … in the notifier's schema, and in the registry's where one is given; those there are stay."""
    notifier = await _connect(notifier_dsn, "notifier")
    await notifier.execute(
        f"""
        INSERT INTO client (client_id, name, agreement_id, agreement_version, contact_name, email, language)
        SELECT 'client-' || n, 'Client ' || n, {_SIGNED}, 'Contact ' || n, 'dpo@client-' || n || '.example', 'en'
          FROM generate_series(1, {clients}) AS n
            ON CONFLICT DO NOTHING
        """
    )
    await notifier.execute("ANALYZE client")
    await notifier.close()
    if registry_dsn is None:
        return
    registry = await _connect(registry_dsn, "subprocessor_registry")
    await registry.execute(
        f"""
        WITH fresh AS (
            INSERT INTO client (client_id, name, recorded_at)
            SELECT 'client-' || n, 'Client ' || n, now() FROM generate_series(1, {clients}) AS n
                ON CONFLICT DO NOTHING
            RETURNING client_id, recorded_at
        )
        INSERT INTO signature (client_id, signed_on, agreement_id, agreement_version, recorded_at)
        SELECT client_id, date '2026-01-05', {_SIGNED}, recorded_at FROM fresh
        """
    )
    await registry.execute("ANALYZE client, signature")
    await registry.close()


async def fill_endpoints(notifier_dsn: str, base: str, endpoints: int, *, hanging: int = 0) -> None:
    """An endpoint for each of the first `endpoints` clients; they share a hundred URLs, `hanging` of which hang."""
    notifier = await _connect(notifier_dsn, "notifier")
    await notifier.execute(
        """
        INSERT INTO endpoint (endpoint_id, client_id, url, created_at)
        SELECT 'ep-' || n, 'client-' || n, $1 || CASE WHEN n % $2 < $3 THEN '/hang/' ELSE '/e/' END || n % $2, now()
          FROM generate_series(1, $4::int) AS n
        """,
        base,
        ENDPOINTS,
        hanging,
        endpoints,
    )
    await _keep_secrets(notifier, notifier_dsn, [f"ep-{n}" for n in range(1, endpoints + 1)])
    await notifier.close()


async def _keep_secrets(
    notifier: "asyncpg.Connection[asyncpg.Record]", notifier_dsn: str, endpoint_ids: Sequence[str]
) -> None:
    """The same secret for each, closed as the processes of a measure open it."""
    secrets = Secrets(NotifierSettings(database_url=SecretStr(notifier_dsn), vault_key=SecretStr(VAULT_KEY)))
    await notifier.executemany(
        "INSERT INTO endpoint_secret (endpoint_id, closed, created_at) VALUES ($1, $2, now())",
        [(each, secrets.close(each, SECRET)) for each in endpoint_ids],
    )
    await notifier.execute("ANALYZE endpoint, endpoint_secret")


async def fill_endpoints_of_all(notifier_dsn: str, base: str) -> None:
    """An endpoint for each client that there is, at the hundred URLs in turn."""
    notifier = await _connect(notifier_dsn, "notifier")
    await notifier.execute(
        """
        INSERT INTO endpoint (endpoint_id, client_id, url, created_at)
        SELECT 'ep-' || client_id, client_id, $1 || '/e/' || row_number() OVER () % $2, now() FROM client
        """,
        base,
        ENDPOINTS,
    )
    rows = await notifier.fetch("SELECT endpoint_id FROM endpoint")
    await _keep_secrets(notifier, notifier_dsn, [row["endpoint_id"] for row in rows])
    await notifier.close()


async def fill_deliveries(notifier_dsn: str, count: int, shards: int) -> None:
    """One order whose notice is due to each of `count` clients, at the first hundred endpoints in turn."""
    notifier = await _connect(notifier_dsn, "notifier")
    await notifier.execute(
        """
        INSERT INTO notice_order (order_id, about, kind, clause, facts, ordered_at, escalate_at, deadline_at, flow_id)
        VALUES ('order', 'change', 'change_announced', '4.3', $1, $2, $3, $3, 'flow')
        """,
        '{"change_kind": "addition", "subprocessor_id": "new", "subprocessor": "New", "actions": ["Hosting"], '
        '"location": "FR", "mechanism": "", "document": "", "effective_on": "2099-06-01"}',
        datetime.now(UTC),
        datetime(2099, 1, 1, tzinfo=UTC),
    )
    await notifier.execute(
        """
        WITH fresh AS (
            INSERT INTO notice (notice_id, order_id, client_id, created_at)
            SELECT md5(n::text), 'order', 'client-' || n, now() FROM generate_series(1, $1::int) AS n
            RETURNING notice_id, client_id
        )
        INSERT INTO delivery (delivery_id, notice_id, channel, endpoint_id, shard, status, next_attempt_at, created_at)
        SELECT md5(notice_id), notice_id, 'webhook', 'ep-' || 1 + substr(client_id, 8)::int % $2,
               hashtext(notice_id) & ($3::int - 1), 'pending', now(), now()
          FROM fresh
        """,
        count,
        ENDPOINTS,
        shards,
    )
    await notifier.execute("ANALYZE notice, delivery")
    await notifier.close()


async def count_rows(dsn: str, schema: str, what: str) -> int:
    """How many rows there are in `what`, a FROM clause."""
    connection = await _connect(dsn, schema)
    try:
        return int(await connection.fetchval(f"SELECT count(*) FROM {what}"))
    finally:
        await connection.close()


async def _connect(dsn: str, schema: str) -> "asyncpg.Connection[asyncpg.Record]":
    return await asyncpg.connect(dsn, server_settings={"search_path": schema})
