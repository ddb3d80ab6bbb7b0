"""A server as a child process: it cannot outlive us, and no second one can open its data."""

import asyncio
import contextlib
import errno
import fcntl
import os
import pwd
import signal
import socket
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

POLL_S: Final = 0.02
LOOPBACK: Final = "127.0.0.1"

# The shell forks a guard, then becomes the server, so the server is our own child under the shell's pid. The guard
# waits on a pipe that only we hold open: a line releases it, end of file (our death, however it came) fires it. It
# signals its own process group, which its own membership keeps from being reused. PR_SET_PDEATHSIG would not do: it
# fires when the forking thread ends, is lost on a change of user, and only Linux has it.
_GUARDED: Final = """
exec 3<&0 </dev/null
( { read -r line <&3 || kill -s "$0" 0; } & )
exec "$@" 3<&-
"""


class ServerError(RuntimeError):
    """A server could not be installed, started or reached; the message says what to do or what its log says."""


@dataclass(frozen=True)
class Launch:
    """How to run one server.

    `lock` is held by the server itself for as long as any of its processes lives, and waited for `lock_within_s`
    seconds. `orphan_signal` is what it gets when we die without stopping it. `run_as` is the system user to run as,
    where that is not us. On `ports`, of this machine's loopback, nobody else may listen when it starts.
    """

    command: Sequence[str]
    log: Path
    lock: Path
    lock_within_s: float = 15.0
    orphan_signal: signal.Signals = signal.SIGKILL
    run_as: pwd.struct_passwd | None = None
    env: Mapping[str, str] | None = None
    ports: Sequence[int] = ()


class ServerProcess:
    """A running child, from `launch` until `stop` or `kill` returns."""

    def __init__(self, popen: subprocess.Popen[bytes], guard_fd: int, log: Path) -> None:
        self._popen = popen
        self._guard_fd: int | None = guard_fd
        self._log = log

    @classmethod
    async def launch(cls, launch: Launch) -> "ServerProcess":
        """Wait for the lock, then start the server with its output in `launch.log` (the last run's is kept in `.1`).

        OSError with EADDRINUSE where another program listens on one of its ports.
        """
        lock_fd = await hold_lock(launch.lock, within_s=launch.lock_within_s)
        ours_gone, ours = os.pipe()
        try:
            for port in launch.ports:
                must_be_free(port)
            popen = _spawn(launch, stdin=ours_gone, lock_fd=lock_fd)
        except BaseException:
            os.close(ours)
            raise
        finally:
            os.close(ours_gone)
            os.close(lock_fd)
        return cls(popen, ours, launch.log)

    @property
    def pid(self) -> int:
        """The server's own process id."""
        return self._popen.pid

    @property
    def exit_code(self) -> int | None:
        """None while it runs; minus the signal where a signal ended it."""
        return self._popen.poll()

    def log_tail(self, lines: int = 20) -> str:
        """The last lines that the server wrote."""
        return tail(self._log, lines)

    async def wait(self) -> int:
        """Wait for the server's end, however it comes, and release the guard."""
        # Polled, so that this works on any event loop and leaves no thread behind when it is cancelled.
        while (code := self._popen.poll()) is None:  # noqa: ASYNC110
            await asyncio.sleep(POLL_S)
        self._release_guard()
        return code

    async def stop(self, by: signal.Signals, *, within_s: float) -> None:
        """Ask the server to end; after `within_s` seconds kill it."""
        self._popen.send_signal(by)
        try:
            async with asyncio.timeout(within_s):
                await self.wait()
        except TimeoutError:
            await self.kill()

    async def kill(self) -> None:
        """End the server and what it started in its group by SIGKILL, as a crash would."""
        if self._popen.poll() is None:
            os.killpg(self._popen.pid, signal.SIGKILL)
        await self.wait()

    def _release_guard(self) -> None:
        if self._guard_fd is None:
            return
        with contextlib.suppress(BrokenPipeError):
            os.write(self._guard_fd, b"\n")
        os.close(self._guard_fd)
        self._guard_fd = None


async def run_to_end(launch: Launch, *, within_s: float) -> int:
    """Run a command that ends by itself and return its exit code; it dies with us, and after `within_s` seconds."""
    process = await ServerProcess.launch(launch)
    try:
        async with asyncio.timeout(within_s):
            return await process.wait()
    except BaseException:
        await process.kill()
        raise


async def hold_lock(path: Path, *, within_s: float) -> int:
    """Lock the file and return its descriptor; the lock is gone when every copy of that is closed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        async with asyncio.timeout(within_s):
            while not _try_lock(descriptor):  # noqa: ASYNC110 - a lock between processes has no event
                await asyncio.sleep(POLL_S)
    except BaseException as error:
        os.close(descriptor)
        if isinstance(error, TimeoutError):
            raise ServerError(f"{path.parent} is in use by another running Dutiful; stop that one first") from None
        raise
    return descriptor


def must_be_free(port: int) -> None:
    """Return if nothing listens on this port of 127.0.0.1; else OSError with EADDRINUSE, in asyncio's words."""
    with contextlib.closing(socket.socket()) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise
            said = f"error while attempting to bind on address {(LOOPBACK, port)}: address already in use"
            raise OSError(error.errno, said) from None


def tail(log: Path, lines: int = 20) -> str:
    """The last lines of a log, or a note that there is none."""
    text = log.read_text(errors="replace") if log.exists() else ""
    return "\n".join(text.splitlines()[-lines:]) or f"(nothing in {log})"


def _try_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _spawn(launch: Launch, *, stdin: int, lock_fd: int) -> subprocess.Popen[bytes]:
    if launch.log.exists():
        launch.log.replace(launch.log.with_name(launch.log.name + ".1"))
    account = launch.run_as
    with launch.log.open("wb") as log:
        return subprocess.Popen(  # noqa: S603 - the command is ours
            ["/bin/sh", "-c", _GUARDED, launch.orphan_signal.name.removeprefix("SIG"), *launch.command],
            stdin=stdin,
            stdout=log,
            stderr=subprocess.STDOUT,
            pass_fds=(lock_fd,),
            start_new_session=True,  # Ctrl-C in the terminal is ours to handle, not the servers'
            cwd="/",
            env=launch.env,
            user=account.pw_uid if account else None,
            group=account.pw_gid if account else None,
            extra_groups=[] if account else None,
        )
