"""`dutiful emit`, against a real broker where something is sent."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import typer
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from typer.testing import CliRunner, Result

from contracts.cloudevents import CloudEvent, read
from dutiful.emit_command import emit
from embedded.kafka import EmbeddedKafka

EXAMPLES = Path(__file__).parents[2] / "docs" / "contracts" / "examples"
BREACH = EXAMPLES / "breach.detected.json"
PREFIX = "emit-test."

app = typer.Typer()
app.command()(emit)


def run(*arguments: object, given: str | None = None) -> Result:
    """Run the command."""
    return CliRunner().invoke(app, [str(each) for each in arguments], input=given)


@pytest.fixture(scope="module")
async def broker(kafka: EmbeddedKafka) -> str:
    """The bootstrap address of a broker with the topics of these tests."""
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka.bootstrap)
    await admin.start()
    names = ("breach", "client")
    await admin.create_topics([NewTopic(PREFIX + name, num_partitions=1, replication_factor=1) for name in names])
    await admin.close()
    return kafka.bootstrap


@pytest.fixture
async def consumer(broker: str) -> AsyncIterator[AIOKafkaConsumer]:
    """Reads what these tests publish."""
    consumer = AIOKafkaConsumer(bootstrap_servers=broker, auto_offset_reset="earliest")
    await consumer.start()
    yield consumer
    await consumer.stop()


async def emitted(broker: str, *arguments: object, given: str | None = None) -> Result:
    """Run the command, which has an event loop of its own, beside this one."""
    everything = (*arguments, "--kafka", broker, "--prefix", PREFIX)
    return await asyncio.to_thread(run, *everything, given=given)


async def published(consumer: AIOKafkaConsumer, topic: str) -> list[tuple[bytes, CloudEvent]]:
    """Key and event of every record on a topic."""
    partition = TopicPartition(PREFIX + topic, 0)
    consumer.assign([partition])
    await consumer.seek_to_beginning(partition)
    end = (await consumer.end_offsets([partition]))[partition]
    found = [await consumer.getone(partition) for _ in range(end)]
    return [(record.key or b"", read(record.headers, record.value or b"")) for record in found]


@pytest.mark.servers
async def test_one_event(broker: str, consumer: AIOKafkaConsumer) -> None:
    """An event lies where the command says, with its id, key and data."""
    result = await emitted(broker, "breach.detected", "--file", BREACH, "--id", "b-1", "--source", "/test")
    assert (result.exit_code, result.stdout) == (0, f"{PREFIX}breach/0@0  b-1\n"), result.stderr
    ((key, event),) = await published(consumer, "breach")
    assert (key, event.id, event.source, event.type) == (b"inc-2026-0007", "b-1", "/test", "breach.detected")
    assert json.loads(event.data) == json.loads(BREACH.read_text())
    assert event.time is not None


@pytest.mark.servers
async def test_many_events(broker: str, consumer: AIOKafkaConsumer, tmp_path: Path) -> None:
    """A file of lines is published in its order; with --once it has the same ids when it is published again."""
    client = json.loads((EXAMPLES / "client.signed.json").read_text())
    lines = [json.dumps({**client, "client_id": f"c-{number}"}) for number in range(3000)]
    path = tmp_path / "clients.ndjson"
    path.write_text("\n\n".join(lines) + "\n")
    for _ in range(2):
        result = await emitted(broker, "client.signed", "--file", path, "--lines", "--once", "--json")
        assert result.exit_code == 0, result.stderr
    sent = [json.loads(line) for line in result.stdout.splitlines()]
    events = await published(consumer, "client")
    assert [key.decode() for key, _ in events] == [f"c-{number}" for number in range(3000)] * 2
    ids = [event.id for _, event in events]
    assert ids[:3000] == ids[3000:] == [each["id"] for each in sent]
    assert len(set(ids)) == 3000
    assert [each["offset"] for each in sent] == list(range(3000, 6000))


@pytest.mark.servers
async def test_missing_topic(broker: str) -> None:
    """A topic that isn't there is said in one sentence."""
    async with asyncio.timeout(300):
        result = await emitted(broker, "dsar.received", "--file", EXAMPLES / "dsar.received.json")
    assert result.exit_code == 1
    assert f"has no topic '{PREFIX}dsar'" in result.stderr
    assert result.stderr.count("\n") == 1


def test_refused_connection() -> None:
    """Where nothing listens, one sentence says so."""
    result = run("breach.detected", "--file", BREACH, "--kafka", "127.0.0.1:1")
    assert (result.exit_code, result.stderr) == (1, "Kafka can't be reached at 127.0.0.1:1\n")


async def test_silent_broker() -> None:
    """Where something listens and never answers, one sentence says so."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        kafka = f"127.0.0.1:{silent.getsockname()[1]}"
        async with asyncio.timeout(300):
            result = await asyncio.to_thread(run, "breach.detected", "--file", BREACH, "--kafka", kafka)
    assert result.exit_code == 1
    assert result.stderr.count("\n") == 1
    assert kafka in result.stderr


def test_no_address() -> None:
    """A bootstrap address that is none is named."""
    result = run("breach.detected", "--file", BREACH, "--kafka", "127.0.0.1:kafka")
    assert (result.exit_code, result.stderr) == (1, "'127.0.0.1:kafka' is no list of host:port\n")


def test_all_is_checked_first() -> None:
    """If one line is wrong nothing is published, though there is no broker to say so; the line is named."""
    good = json.dumps(json.loads(BREACH.read_text()))
    result = run("breach.detected", "--file", "-", "--lines", "--kafka", "127.0.0.1:1", given=f"{good}\n{{}}\n{good}\n")
    assert result.exit_code == 1
    assert "line 2: incident_id: is required\n" in result.stderr
    assert result.stderr.endswith("nothing was published\n")
    assert "can't be reached" not in result.stderr


def test_many_problems_are_cut() -> None:
    """A wholly wrong file does not flood the terminal."""
    result = run("breach.detected", "--file", "-", "--lines", given="[]\n" * 500)
    assert "line 20: data: must be an object\n… and 480 more lines\n" in result.stderr


def test_dry_run() -> None:
    """A dry run shows the record and needs no broker."""
    result = run("breach.detected", "--file", BREACH, "--dry-run", "--json", "--id", "b-1")
    assert result.exit_code == 0
    record = json.loads(result.stdout)
    assert (record["topic"], record["key"], record["headers"]["ce_id"]) == ("breach", "inc-2026-0007", "b-1")
    assert "would publish to breach, key inc-2026-0007" in run("breach.detected", "-f", BREACH, "--dry-run").stdout


def test_ids() -> None:
    """An id is fresh by default, numbered by line where it is given, and derived with --once."""
    one = json.dumps(json.loads(BREACH.read_text()))

    def ids(*options: str) -> list[str]:
        result = run("breach.detected", "-f", "-", "--lines", "--dry-run", "--json", *options, given=f"{one}\n{one}\n")
        return [json.loads(line)["headers"]["ce_id"] for line in result.stdout.splitlines()]

    assert ids("--id", "x") == ["x-1", "x-2"]
    assert len({*ids(), *ids()}) == 4
    assert len({*ids("--once"), *ids("--once")}) == 1


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("change.took_effect", "-f", BREACH), "change.took_effect is said by subprocessor_registry alone"),
        (("breach.detcted", "-f", BREACH), "did you mean 'breach.detected'?"),
        (("breach.detected", "-f", "/none"), "/none can't be read"),
        (("breach.detected", "-f", "-", "--lines"), "- holds no event"),
    ],
)
def test_refusals(arguments: tuple[object, ...], says: str) -> None:
    """What can't be emitted is refused in words, with exit code 1."""
    result = run(*arguments, given="")
    assert result.exit_code == 1
    assert says in result.stderr
