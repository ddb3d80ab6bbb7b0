"""What the holder's tests stand on: an S3 API, a platform's own database, and a holder that reaches both."""

import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import asyncpg
import httpx
import pytest
from pydantic import SecretStr
from tests.holder import s3
from tests.holder.crm import SCHEMA
from tests.holder.desk import STARTS_AT, Desk
from tests.holder.maps import MAP

from chassis.access import Access, make_key
from chassis.clock import VirtualClock
from chassis.database import open_pool
from chassis.metrics import Metrics
from chassis.processor import Processor
from chassis.relay import Relay
from chassis.service import Runtime, prepare
from chassis.telemetry import Telemetry
from embedded.postgres import EmbeddedPostgres
from holder.app import Holder
from holder.data_map import Bucket
from holder.pace import Pace
from holder.settings import HolderSettings
from shredding import PostgresKeys

OpenDesk = Callable[[Pace], Awaitable[Desk]]


@pytest.fixture(scope="session")
def s3_endpoint() -> Iterator[str]:
    """The URL of an S3 API on loopback."""
    with s3.serve() as url:
        yield url


@pytest.fixture
async def bucket(s3_endpoint: str) -> Bucket:
    """The platform's bucket."""
    return await s3.make_bucket(s3_endpoint)


@pytest.fixture
async def platform(postgres: EmbeddedPostgres) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    """The platform's own connection to its own database, which is not the holder's."""
    name = f"platform_{secrets.token_hex(8)}"
    await postgres.create_database(name)
    connection = await asyncpg.connect(postgres.dsn(database=name), server_settings={"timezone": "UTC"})
    await connection.execute(SCHEMA)
    await PostgresKeys(connection).make_table()
    yield connection
    await connection.close()
    admin = await asyncpg.connect(postgres.dsn())
    await admin.execute(f"DROP DATABASE {name} WITH (FORCE)")
    await admin.close()


@pytest.fixture
async def data_map(
    platform: "asyncpg.Connection[asyncpg.Record]",
    bucket: Bucket,
    postgres: EmbeddedPostgres,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Path:
    """A data map of the platform's systems, with what it needs in the environment."""
    name = await platform.fetchval("SELECT current_database()")
    monkeypatch.setenv("CRM_URL", postgres.dsn(database=name))
    monkeypatch.setenv("MEDIA_ACCESS_KEY", s3.CREDENTIALS.access_key)
    monkeypatch.setenv("MEDIA_SECRET_KEY", s3.CREDENTIALS.secret_key)
    path = tmp_path / "map.toml"
    path.write_text(MAP.replace("BUCKET", bucket.bucket).replace("ENDPOINT", str(bucket.endpoint)))
    return path


@pytest.fixture
async def open_desk(database: str, data_map: Path, tmp_path: Path) -> AsyncIterator[OpenDesk]:
    """Opens a holder at a pace."""
    key = tmp_path / "token.key"
    make_key(key)
    async with AsyncExitStack() as stack:

        async def _open(pace: Pace) -> Desk:
            settings = HolderSettings(
                database_url=SecretStr(database),
                token_key=key,
                data_map=data_map,
                link_key=SecretStr("k" * 32),
                packages=str(tmp_path / "packages"),
                public_url="http://holder",
                pace=pace,
            )
            app = Holder(settings)
            await prepare(app, settings)
            clock, metrics, telemetry = VirtualClock(STARTS_AT), Metrics(app.name), Telemetry(app.name, None)
            pool = await open_pool(database, app.name, settings.connections)
            stack.push_async_callback(pool.close)
            relay = Relay(app.name, settings, clock, metrics, telemetry)
            processor = Processor(app.name, app, pool, clock, relay, metrics, telemetry)
            runtime = Runtime(
                settings, clock, pool, processor, metrics, telemetry, Access(issuer=None, key=settings.token_key)
            )
            transport = httpx.ASGITransport(app.api(runtime))
            http = await stack.enter_async_context(httpx.AsyncClient(transport=transport, base_url="http://holder"))
            return Desk(app, runtime, clock, key, http)

        yield _open


@pytest.fixture
async def desk(open_desk: OpenDesk) -> Desk:
    """A holder that works in small batches."""
    return await open_desk(Pace(rows=10, rest=0, file_bytes=2000))
