"""What is there before a system starts: its database and topics, its clients' endpoints, what the platform has."""

import asyncpg
from tests.faults.stream import Cast
from tests.faults.world import SECRET, Stage

from chassis.topics import Shape, ensure_topics
from dutiful.services import RUNNABLE
from embedded import sample_platform


async def make(stage: Stage) -> None:
    """A database, roles and topics; the world has seen nothing yet."""
    world = stage.world
    world.receiver.clear()
    world.smtp.clear()
    await world.postgres.create_database(stage.database)
    await world.postgres.make_roles(stage.database, RUNNABLE)
    await ensure_topics(world.kafka.bootstrap, Shape(stage.prefix), RUNNABLE)


async def register(stage: Stage, cast: Cast) -> None:
    """An endpoint for each client, made where the API would make it."""
    connection = await asyncpg.connect(stage.dsn, server_settings={"search_path": "notifier"})
    for client_id in cast.client_ids:
        stage.world.receiver.trust(f"/{client_id}", SECRET)
        url, now = f"{stage.addresses.webhooks}/{client_id}", stage.hands.now()
        await connection.execute("INSERT INTO endpoint VALUES ($1, $1, $2, NULL, $3, NULL, NULL)", client_id, url, now)
        await connection.execute("INSERT INTO endpoint_secret VALUES ($1, $2, $3, NULL)", client_id, SECRET, now)
    await connection.close()


async def fill_platform(stage: Stage, cast: Cast) -> None:
    """What the platform has of each client, anew for each run."""
    postgres = stage.world.postgres
    connection = await asyncpg.connect(postgres.dsn(database="postgres"))
    await connection.execute(f"DROP DATABASE IF EXISTS {sample_platform.DATABASE} WITH (FORCE)")
    await connection.close()
    await sample_platform.make(postgres)
    connection = await asyncpg.connect(postgres.dsn(database=sample_platform.DATABASE))
    for table in ("account", "call", "recording", "transcript", "fax"):
        await connection.execute(
            f"""
            INSERT INTO platform.{table} (client_id, created_at, detail)
            SELECT client_id, timestamptz '2026-04-20 08:00Z' - nth * interval '1 hour', 'row ' || nth
              FROM unnest($1::text[]) AS client_id, generate_series(1, 40) AS nth
            """,
            cast.client_ids,
        )
    await connection.close()
