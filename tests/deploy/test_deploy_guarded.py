"""On servers that insist on TLS, passwords and rights: what the manifests give each service is enough, and no more."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import asyncpg
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.errors import KafkaConnectionError, TopicAuthorizationFailedError
from tests.chassis.eventually import WITHIN_S, eventually
from tests.deploy.guarded import ADMIN, Installation, dutiful, reaching, start_dutiful

from chassis.database import connect
from chassis.kafka import Kafka
from chassis.settings import Settings
from embedded.kafka_broker import free_port

pytestmark = [pytest.mark.servers, pytest.mark.slow]
EXAMPLES = Path(__file__).parents[2] / "docs/contracts/examples"
NAME = "subprocessor_registry"


@pytest.fixture(scope="module")
async def installation(servers_home: Path) -> AsyncIterator[Installation]:
    """The servers, with every topic."""
    made = Installation(servers_home / "guarded")
    await made.start()
    await dutiful("topics", "--partitions", "1", environment=made.environment(ADMIN))
    yield made
    await made.stop()


async def test_a_service_does_its_work_with_its_own_rights_alone(installation: Installation) -> None:
    """The registry migrates, hears the platform and says what follows, by TLS to both, as its role and user."""
    own, platform = installation.of_service(NAME), installation.environment("dutiful-platform")
    waiting = await start_dutiful("migrate", NAME, "--wait", environment=own)
    assert "0001_chassis" in await dutiful("migrate", NAME, environment=own)
    await asyncio.wait_for(waiting.communicate(), WITHIN_S)
    assert waiting.returncode == 0
    port = free_port()
    running = await start_dutiful("run", NAME, environment=own | {"DUTIFUL_PORT": str(port)})
    try:
        for event in ("client.signed", "subprocessor.added"):
            await dutiful("emit", event, "--file", str(EXAMPLES / f"{event}.json"), environment=platform)
        consumer = AIOKafkaConsumer("change", **reaching(platform).client(), auto_offset_reset="earliest")
        await consumer.start()
        heard = await asyncio.wait_for(consumer.getone(), WITHIN_S)
        await consumer.stop()
        assert ("ce_source", b"dutiful/subprocessor_registry") in heard.headers
        await eventually(lambda: _is_ready(port))
        assert await _sessions(installation) == {True}
        told = await _metrics(port)
    finally:
        running.terminate()
        log, _ = await running.communicate()
    for secret in (own["DUTIFUL_DATABASE_PASSWORD"], own["DUTIFUL_KAFKA_PASSWORD"]):
        assert secret.encode() not in log + told


async def test_the_database_asks_after_machines_that_hold_locks_in_it(installation: Installation) -> None:
    """By TCP: a machine that vanishes without a word gives its shards back in half a minute, not in two hours."""
    connection = await connect(_trusting(installation).dsn, NAME)
    try:
        names = ("tcp_keepalives_idle", "tcp_keepalives_interval", "tcp_keepalives_count", "tcp_user_timeout")
        shown = [await connection.fetchval(f"SHOW {name}") for name in names]
    finally:
        await connection.close()
    assert shown == ["15", "5", "3", "30000"]


async def test_a_message_that_can_not_be_read_is_an_operators_to_see_and_to_discard(installation: Installation) -> None:
    """A service may write its dead letters; an operator's user may list them and strike them off."""
    own, operator = installation.of_service(NAME), installation.environment("dutiful-operator")
    platform = reaching(installation.environment("dutiful-platform"))
    await dutiful("migrate", NAME, environment=own)
    running = await start_dutiful("run", NAME, environment=own)
    try:
        async with AIOKafkaProducer(**platform.client()) as producer:
            await producer.send_and_wait("client", b"{", b"client-1", headers=[("ce_type", b"client.signed")])

        async def _is_listed() -> bool:
            return "dead letters" not in await dutiful("dead-letters", "list", environment=operator)

        await eventually(_is_listed)
        assert "1 discarded" in await dutiful("dead-letters", "discard", "all", environment=operator)
    finally:
        running.terminate()
        await running.communicate()


async def test_nobody_may_say_what_another_says(installation: Installation) -> None:
    """The platform can't write the registry's topic, nor a service the platform's."""
    for user, topic in (("dutiful-platform", "change"), ("dutiful-notifier", "client")):
        client = reaching(installation.environment(user)).client()
        async with AIOKafkaProducer(**client) as producer:
            with pytest.raises(TopicAuthorizationFailedError):
                await producer.send_and_wait(topic, b"{}")


async def test_who_has_the_wrong_password_or_distrusts_the_server_does_not_come_in(installation: Installation) -> None:
    """Kafka refuses a wrong password; we refuse a server whose certificate comes from somebody that we don't know."""
    right = reaching(installation.environment("dutiful-platform"))
    for wrong in (
        Kafka.model_validate(right.model_dump() | {"kafka_password": "guessed"}),
        Kafka.model_validate(right.model_dump() | {"kafka_ca": None, "kafka_tls": True}),
        Kafka(kafka=right.kafka),
    ):
        producer = AIOKafkaProducer(**wrong.client(), request_timeout_ms=4000)
        with pytest.raises(KafkaConnectionError):
            await producer.start()
        await producer.stop()


async def test_a_service_with_a_wrong_password_is_not_ready_and_tells_nobody_the_password(
    installation: Installation,
) -> None:
    """It waits, as for a broker that is away; its log says that it waits, and holds no secret."""
    port = free_port()
    own = installation.of_service(NAME) | {"DUTIFUL_PORT": str(port)}
    await dutiful("migrate", NAME, environment=own)
    running = await start_dutiful("run", NAME, environment=own | {"DUTIFUL_KAFKA_PASSWORD": "guessed-in-vain"})
    try:
        log = await asyncio.wait_for(_until(running, b"waiting"), WITHIN_S)
        await eventually(lambda: _answers(port))
        assert not await _is_ready(port)
    finally:
        running.terminate()
        rest, _ = await running.communicate()
    log += rest
    for secret in (b"guessed-in-vain", installation.passwords[NAME].encode()):
        assert secret not in log


async def test_the_database_is_reached_by_tls_alone_and_under_its_name(installation: Installation) -> None:
    """PostgreSQL turns away who comes without TLS; we turn away a server whose certificate has another name."""
    said = installation.of_service(NAME)
    password = said["DUTIFUL_DATABASE_PASSWORD"]
    where = f"localhost:{installation.postgres.port}/dutiful"
    with pytest.raises(asyncpg.InvalidAuthorizationSpecificationError):
        await asyncpg.connect(f"postgresql://{NAME}@{where}?sslmode=disable", password=password)
    own = {"database_password": password, "database_ca": installation.certificates.authority}
    await (await asyncpg.connect(_trusting(installation).dsn)).close()
    elsewhere = Settings.model_validate({"database_url": f"postgresql://{NAME}@127.0.0.2:1/dutiful"} | own)
    assert "sslmode=verify-full" in elsewhere.dsn
    other = installation.certificates.certificate
    distrusted = Settings.model_validate(
        {"database_url": f"postgresql://{NAME}@{where}"} | own | {"database_ca": other}
    )
    with pytest.raises(OSError, match="certificate verify failed"):
        await asyncpg.connect(distrusted.dsn)


def _trusting(installation: Installation) -> Settings:
    """A service's own, to the database under its name."""
    return Settings.model_validate(
        {
            "database_url": f"postgresql://{NAME}@localhost:{installation.postgres.port}/dutiful",
            "database_password": installation.of_service(NAME)["DUTIFUL_DATABASE_PASSWORD"],
            "database_ca": installation.certificates.authority,
        }
    )


async def _until(process: asyncio.subprocess.Process, word: bytes) -> bytes:
    """What a process prints until a line holds the word."""
    assert process.stdout is not None
    said = b""
    async for line in process.stdout:
        said += line
        if word in line:
            return said
    raise AssertionError(said)


async def _sessions(installation: Installation) -> set[bool]:
    """Whether the sessions of the service's role are encrypted."""
    owner = await asyncpg.connect(installation.postgres.dsn())
    rows = await owner.fetch(
        "SELECT ssl FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE usename = $1 AND datname = 'dutiful'", NAME
    )
    await owner.close()
    return {row["ssl"] for row in rows}


async def _metrics(port: int) -> bytes:
    async with aiohttp.ClientSession() as session, session.get(f"http://127.0.0.1:{port}/metrics") as answer:
        return await answer.read()


async def _answers(port: int) -> bool:
    return await _asked(port, "live") == 200


async def _is_ready(port: int) -> bool:
    return await _asked(port, "ready") == 200


async def _asked(port: int, what: str) -> int:
    try:
        async with aiohttp.ClientSession() as session, session.get(f"http://127.0.0.1:{port}/health/{what}") as answer:
            return answer.status
    except aiohttp.ClientConnectionError:
        return 0
