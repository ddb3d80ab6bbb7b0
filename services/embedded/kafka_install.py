"""What a broker needs before its first start, made once per machine: jars, a formatted directory, a class archive."""

import asyncio
import contextlib
import hashlib
import os
import shutil
import signal
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from rich.console import Console

from embedded import kafka_broker
from embedded.java import Java, find_java
from embedded.kafka_broker import HOST, Ports, Runtime, broker_settings
from embedded.kafka_guard import Guard
from embedded.process import Launch, ServerError, hold_lock, run_to_end, tail

KAFKA_VERSION: Final = "4.3.1"
DOWNLOADED_WITHIN_S: Final = 900.0
FORMATTED_WITHIN_S: Final = 60.0
ARCHIVED_WITHIN_S: Final = 120.0

_POM: Final = Path(__file__).with_name("kafka-pom.xml")
# Any 16 bytes in base64. Every embedded broker is a cluster of its own, so they may share the name.
_CLUSTER_ID: Final = "ZHV0aWZ1bC1jbHVzdGVyMQ"

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Installation:
    """A runtime with what makes it start quickly; `jvm` are the options that use the archive."""

    runtime: Runtime
    formatted: Path
    jvm: tuple[str, ...]


def cache_dir() -> Path:
    """$DUTIFUL_HOME, else `.dutiful` in the source tree that this runs from, else `.dutiful` where we stand."""
    if home := os.environ.get("DUTIFUL_HOME"):
        return Path(home).resolve()
    source_tree = Path(__file__).resolve().parents[2]
    return (source_tree if (source_tree / "pyproject.toml").exists() else Path.cwd()) / ".dutiful"


async def install(progress: Progress) -> Installation:
    """Bring whatever is missing. Safe to call from several processes at once, and after one was interrupted."""
    java = await find_java()
    root = cache_dir() / "kafka" / KAFKA_VERSION
    lock = await hold_lock(root / "install.lock", within_s=DOWNLOADED_WITHIN_S)
    try:
        runtime = Runtime(java, await _jars(root, java, progress))
        formatted = root / "formatted"
        if not formatted.exists():
            await format_directory(runtime, root, formatted)
        archive = await _archive(root, runtime, formatted, progress)
    finally:
        os.close(lock)
    # Where a Java can't make archives an empty file stands for "tried".
    jvm = (f"-XX:SharedArchiveFile={archive}",) if archive.stat().st_size else ()
    return Installation(runtime, formatted, jvm)


async def _jars(root: Path, java: Java, progress: Progress) -> tuple[Path, ...]:
    libs = root / "libs"
    brought_for = libs / _POM.name
    if not brought_for.exists() or brought_for.read_bytes() != _POM.read_bytes():
        maven = shutil.which("mvn")
        if maven is None:
            raise ServerError(
                "Apache Kafka's jars are brought by Maven: install Maven (the command `mvn`), then try again"
            )
        progress(f"downloading Apache Kafka {KAFKA_VERSION} (44 MB, once)")
        with _made_whole(libs) as part:
            await _download(maven, java, part, root / "maven.log")
    return tuple(sorted(libs.glob("*.jar")))


async def _download(maven: str, java: Java, into: Path, log: Path) -> None:
    goal = ("dependency:copy-dependencies", "-DincludeScope=runtime", f"-DoutputDirectory={into}")
    command = (maven, "-B", "-q", "-f", str(_POM), f"-Dkafka.version={KAFKA_VERSION}", *goal)
    env = {**os.environ, "JAVA_HOME": str(java.path.resolve().parents[1])}
    code = await run_to_end(Launch(command, log, log.with_suffix(".lock"), env=env), within_s=DOWNLOADED_WITHIN_S)
    if code:
        raise ServerError(f"Maven could not download Apache Kafka {KAFKA_VERSION}:\n{tail(log)}")
    shutil.copy(_POM, into)


async def format_directory(runtime: Runtime, root: Path, formatted: Path, guard: Guard | None = None) -> None:
    """Make a directory that a broker can start on, with a guard's users in it."""
    with _made_whole(formatted) as part:
        settings, log = root / "format.properties", root / "format.log"
        settings.write_text(broker_settings(part, Ports.free(), guard))
        arguments = ["-t", _CLUSTER_ID, "-c", str(settings), *(guard.formatting() if guard else ())]
        command = runtime.command("kafka.tools.StorageTool", "format", *arguments)
        code = await run_to_end(Launch(command, log, root / "format.lock"), within_s=FORMATTED_WITHIN_S)
        if code:
            raise ServerError(f"Kafka could not format a directory:\n{tail(log)}")


async def _archive(root: Path, runtime: Runtime, formatted: Path, progress: Progress) -> Path:
    """The classes of one short run, mapped at each later start: it halves the time to ready."""
    # An archive fits one Java and one list of jars.
    fits = hashlib.sha256("\n".join(runtime.command("", runtime.java.version)).encode()).hexdigest()[:12]
    archive = root / f"classes-{fits}.jsa"
    if not archive.exists():
        progress("preparing Apache Kafka for quick starts (once)")
        await _train(runtime, formatted, root / "training", archive)
    return archive


async def _train(runtime: Runtime, formatted: Path, home: Path, archive: Path) -> None:
    shutil.rmtree(home, ignore_errors=True)
    shutil.copytree(formatted, home / "kafka-data")
    part = home / "classes.jsa"
    ports = Ports.free()
    broker = await kafka_broker.launch(runtime, home, ports, (f"-XX:ArchiveClassesAtExit={part}",))
    try:
        await _exercise(f"{HOST}:{ports.clients}")
    finally:
        await kafka_broker.stop(broker, within_s=ARCHIVED_WITHIN_S)  # it writes the archive as its last act
    if broker.exit_code == -signal.SIGKILL:
        raise ServerError(f"Kafka's classes could not be archived in {ARCHIVED_WITHIN_S:.0f} s:\n{broker.log_tail()}")
    part.touch()
    part.replace(archive)
    shutil.rmtree(home)


async def _exercise(bootstrap: str) -> None:
    """Make the broker load what every service uses: a topic, a record, a group."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    await admin.create_topics([NewTopic("training", 1, 1)])
    await admin.close()
    async with AIOKafkaProducer(bootstrap_servers=bootstrap, enable_idempotence=True) as producer:
        await producer.send_and_wait("training", b"")
    async with AIOKafkaConsumer(
        "training", bootstrap_servers=bootstrap, group_id="training", auto_offset_reset="earliest"
    ) as consumer:
        await consumer.getone()
        await consumer.commit()


@contextlib.contextmanager
def _made_whole(target: Path) -> Iterator[Path]:
    """A directory to fill that becomes `target` when the block ends well; an interrupted one leaves no `target`."""
    part = target.with_name(f"{target.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    yield part
    shutil.rmtree(target, ignore_errors=True)
    part.rename(target)


def main() -> int:
    """Bring the broker and tell what takes long; 1 where something is missing, which is said."""
    try:
        asyncio.run(install(lambda line: Console().print(f"[dim]· {line}[/]")))
    except ServerError as error:
        Console(stderr=True).print(str(error), style="red", markup=False)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
