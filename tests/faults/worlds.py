"""The worlds that kinds of faults need: servers of their own where the fault is in what the servers stand on."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from tests.faults.kinds.disk import DiskFull, can_mount, small_disk
from tests.faults.kinds.network import Network
from tests.faults.life import Fault
from tests.faults.toxiproxy import HOST, PROGRAM, Toxiproxy, reaching_by_tcp
from tests.faults.world import Addresses, World, opened

from embedded.kafka import EmbeddedKafka
from embedded.kafka_broker import free_port
from embedded.postgres import EmbeddedPostgres

Tell = Callable[[str], None]


class Unable(Exception):
    """This machine can't have that world; the text says what it lacks."""


@asynccontextmanager
async def servers(
    home: Path, tell: Tell, *, keys: Path | None = None, disk: Path | None = None, proxy: int | None = None
) -> AsyncIterator[World]:
    """A broker and a database server, on a disk of its own or with a way through a proxy where that is wanted.

    What is signed names its key: worlds that are compared have the same `keys`.
    """
    kafka = EmbeddedKafka(home, progress=tell, proxy=proxy)
    postgres = EmbeddedPostgres(disk or home, progress=tell)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(kafka.stop)
        stack.push_async_callback(postgres.stop)
        await kafka.start()
        await postgres.start()
        yield await stack.enter_async_context(opened(home, kafka, postgres, keys))


@asynccontextmanager
async def world_of(fault: Fault, shared: World, home: Path, tell: Tell) -> AsyncIterator[World]:
    """The world in which a fault can be done; the shared one for most. Unable says why it can't be had."""
    match fault:
        case DiskFull():
            if not can_mount(home / "try"):
                raise Unable("no tmpfs can be mounted here: that takes root, and the right to")
            with small_disk(home / "disk") as disk:
                fault.disk = disk
                async with servers(home / "disk-world", tell, keys=shared.keys, disk=disk) as world:
                    yield world
        case Network():
            async with _proxied(fault, home / "network-world", shared.keys, tell) as world:
                yield world
        case _:
            yield shared


@asynccontextmanager
async def _proxied(fault: Network, home: Path, keys: Path, tell: Tell) -> AsyncIterator[World]:
    if not PROGRAM.exists():
        raise Unable("toxiproxy is not installed: `make toxiproxy`, which needs Go")
    ports = {way: free_port() for way in ("kafka", "postgres", "http", "smtp")}
    async with AsyncExitStack() as stack:
        world = await stack.enter_async_context(servers(home, tell, keys=keys, proxy=ports["kafka"]))
        postgres = await stack.enter_async_context(reaching_by_tcp(world.postgres.socket))
        leads = {
            "kafka": world.kafka.proxied,
            "postgres": f"{HOST}:{postgres}",
            "http": world.receiver.url("").removeprefix("http://"),
            "smtp": f"{HOST}:{world.smtp.port}",
        }
        fault.proxy = Toxiproxy({way: (port, leads[way]) for way, port in ports.items()})
        stack.push_async_callback(fault.proxy.stop)
        await fault.proxy.start(home / "toxiproxy.log")
        world.addresses = Addresses(
            f"{HOST}:{ports['kafka']}",
            f"postgresql://{{role}}@{HOST}:{ports['postgres']}/{{database}}",
            f"http://{HOST}:{ports['http']}",
            ports["smtp"],
        )
        yield world
