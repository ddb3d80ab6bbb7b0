"""One single-node KRaft broker: its settings, its command line, and when it is ready."""

import asyncio
import os
import secrets
import signal
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from embedded.java import Java
from embedded.kafka_guard import GUARDED, PLAIN, Guard
from embedded.process import LOOPBACK, POLL_S, Launch, ServerError, ServerProcess, must_be_free

HOST: Final = LOOPBACK
READY_WITHIN_S: Final = 60.0
STOPPED_WITHIN_S: Final = 15.0
LOG_SETTINGS: Final = Path(__file__).with_name("kafka-log4j2.properties")

_JVM: Final = ("-Xms64m", "-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-XX:-UsePerfData")

# Below every system's range of outgoing ports: a client that keeps dialling a broker that is down would otherwise be
# given that very port as its own one day, and hold it.
_FIRST_PORT: Final = 20_000
_PORTS: Final = 12_000


@dataclass(frozen=True)
class Runtime:
    """A Java and the jars of one Kafka version."""

    java: Java
    jars: tuple[Path, ...]

    def command(self, main: str, *arguments: str, jvm: Sequence[str] = ()) -> list[str]:
        """The command line of one of Kafka's main classes. The jars are named one by one: an archive needs that."""
        settings = f"-Dlog4j2.configurationFile={LOG_SETTINGS}"
        jars = os.pathsep.join(map(str, self.jars))
        return [str(self.java.path), *_JVM, *jvm, settings, "-cp", jars, main, *arguments]


@dataclass(frozen=True)
class Ports:
    """Where clients connect, and where the broker talks to its own controller.

    Clients that come through a proxy get a listener of their own, which sends them back there: `proxied` is where that
    listens, `proxy` where the proxy does.
    """

    clients: int
    controller: int
    proxied: int | None = None
    proxy: int | None = None

    @classmethod
    def free(cls, clients: int | None = None, proxy: int | None = None) -> "Ports":
        """Loopback ports that nothing listens on now; that of clients and that of a proxy may be given."""
        return cls(clients or free_port(), free_port(), free_port() if proxy else None, proxy)


async def launch(
    runtime: Runtime, home: Path, ports: Ports, jvm: Sequence[str] = (), guard: Guard | None = None
) -> ServerProcess:
    """Start a broker on `home/kafka-data` and return once it answers; ServerError carries the end of its log.

    OSError with EADDRINUSE where another program listens on one of its ports: it might be another broker.
    """
    settings = home / "kafka.properties"
    settings.touch(mode=0o600)
    settings.write_text(broker_settings(home / "kafka-data", ports, guard))
    command = runtime.command("kafka.Kafka", str(settings), jvm=jvm)
    process = await ServerProcess.launch(
        Launch(command, home / "kafka.log", home / "kafka.lock", ports=(ports.clients, ports.controller))
    )
    try:
        async with asyncio.timeout(READY_WITHIN_S):
            await _answers(process, ports.clients, guard.client(guard.administrator) if guard else {})
    except BaseException as error:
        await process.kill()
        if isinstance(error, TimeoutError):
            raise ServerError(f"Kafka did not answer within {READY_WITHIN_S:.0f} s:\n{process.log_tail()}") from None
        raise
    return process


async def stop(process: ServerProcess, *, within_s: float = STOPPED_WITHIN_S) -> None:
    """Shut the broker down in order, so that its next start has nothing to recover; kill it after `within_s`."""
    await process.stop(signal.SIGTERM, within_s=within_s)


def broker_settings(data: Path, ports: Ports, guard: Guard | None = None) -> str:
    """The broker's settings: one node, nothing replicated, no topic made by accident, quick to come back."""
    spoken = GUARDED if guard else PLAIN
    more = ports.proxied is not None
    listening = f",PROXIED://{HOST}:{ports.proxied}" if more else ""
    advertised = f",PROXIED://{HOST}:{ports.proxy}" if more else ""
    mapped = f",PROXIED:{PLAIN}" if more else ""
    replicated = ("offsets.topic", "transaction.state.log", "share.coordinator.state.topic")
    return "\n".join(
        [
            "process.roles=broker,controller",
            "node.id=1",
            f"controller.quorum.voters=1@{HOST}:{ports.controller}",
            f"listeners={spoken}://{HOST}:{ports.clients},CONTROLLER://{HOST}:{ports.controller}{listening}",
            f"advertised.listeners={spoken}://{HOST}:{ports.clients}{advertised}",
            f"listener.security.protocol.map={spoken}:{spoken},CONTROLLER:PLAINTEXT{mapped}",
            "controller.listener.names=CONTROLLER",
            f"log.dirs={data}",
            "auto.create.topics.enable=false",
            *(f"{topic}.replication.factor=1" for topic in replicated),
            *(f"{topic}.num.partitions=3" for topic in replicated),
            "transaction.state.log.min.isr=1",
            "share.coordinator.state.topic.min.isr=1",
            "group.initial.rebalance.delay.ms=0",
            "group.min.session.timeout.ms=1000",
            # After a SIGKILL the controller waits for the old session to expire before it lets the broker in again.
            "broker.session.timeout.ms=3000",
            "broker.heartbeat.interval.ms=500",
            # By default the cleaner of compacted topics sets 128 MB of heap aside.
            "log.cleaner.dedupe.buffer.size=8388608",
            *(guard.settings() if guard else ()),
            "",
        ]
    )


async def _answers(process: ServerProcess, port: int, client: Mapping[str, Any]) -> None:
    """Return when the broker serves consumer groups; ServerError when it has ended instead."""
    serves = False
    while not serves:
        await asyncio.sleep(POLL_S)
        serves = await _serves_groups(port, client)
        # Asked last: what answered on the port of one that has ended was somebody else.
        if process.exit_code is not None:
            raise ServerError(f"Kafka ended with {process.exit_code} while starting:\n{process.log_tail()}")


async def _serves_groups(port: int, client: Mapping[str, Any]) -> bool:
    if not await _accepts(port):  # asked first because aiokafka logs an error for each refused connection
        return False
    admin = AIOKafkaAdminClient(bootstrap_servers=f"{HOST}:{port}", **client)
    try:
        await admin.start()
        # What comes last: the topic that holds the offsets is made when a coordinator is first asked for.
        await admin.find_coordinator("ready")
    except KafkaError:
        return False
    else:
        return True
    finally:
        await admin.close()


async def _accepts(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection(HOST, port)
    except ConnectionRefusedError:
        return False
    writer.close()
    await writer.wait_closed()
    return True


def free_port() -> int:
    """A loopback port that nothing listens on now."""
    while True:
        port = _FIRST_PORT + secrets.randbelow(_PORTS)
        try:
            must_be_free(port)
        except OSError:
            continue
        return port
