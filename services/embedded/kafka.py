"""A real Apache Kafka on a loopback port, without Docker."""

import shutil
from pathlib import Path

from embedded import kafka_broker
from embedded.kafka_broker import HOST, Ports
from embedded.kafka_guard import Guard
from embedded.kafka_install import Installation, Progress, format_directory, install
from embedded.process import ServerProcess


class EmbeddedKafka:
    """One broker whose data lives in `home/kafka-data` and survives every restart and kill.

    It listens on 127.0.0.1 only, on `port` or a free one; the same object keeps its port when it starts again. It ends
    when this process ends, however that comes. The first start on a machine downloads the broker (needs Maven).
    With a guard it lets in nobody but the guard's users, by TLS, to do what they have a right to. With the port of a
    proxy it listens on `proxied` too, and tells whoever comes there to come through the proxy.
    """

    def __init__(
        self,
        home: Path,
        *,
        port: int | None = None,
        proxy: int | None = None,
        progress: Progress = lambda _: None,
        guard: Guard | None = None,
    ) -> None:
        self._home = home.resolve()
        self._guard = guard
        self._progress = progress
        self._ports = Ports.free(port, proxy)
        self._process: ServerProcess | None = None
        self._installed: Installation | None = None

    @property
    def bootstrap(self) -> str:
        """`host:port`, known before the start too."""
        return f"{HOST}:{self._ports.clients}"

    @property
    def proxied(self) -> str:
        """Where a proxy finds it: `host:port`."""
        return f"{HOST}:{self._ports.proxied}"

    @property
    def pid(self) -> int | None:
        """The broker's process id, or None while it doesn't run."""
        return self._process.pid if self._process else None

    async def install(self) -> Installation:
        """Bring what a start needs, once; ServerError says what to install."""
        if self._installed is None:
            self._installed = await install(self._progress)
        return self._installed

    async def start(self) -> None:
        """Start and return once the broker answers; ServerError says what to install or how its log ends.

        OSError with EADDRINUSE where another program listens on its port.
        """
        installed = await self.install()
        self._home.mkdir(parents=True, exist_ok=True)
        data = self._home / "kafka-data"
        if self._guard and not data.exists():
            await format_directory(installed.runtime, self._home, data, self._guard)
        if not data.exists():
            part = data.with_name("kafka-data.part")
            shutil.rmtree(part, ignore_errors=True)
            shutil.copytree(installed.formatted, part)
            part.rename(data)
        self._process = await kafka_broker.launch(
            installed.runtime, self._home, self._ports, installed.jvm, self._guard
        )

    async def stop(self) -> None:
        """Shut down in order; nothing happens where it doesn't run."""
        if self._process:
            await kafka_broker.stop(self._process)
            self._process = None

    async def kill(self) -> None:
        """SIGKILL, as a crash would end it; `start` recovers the data."""
        if self._process:
            await self._process.kill()
            self._process = None
