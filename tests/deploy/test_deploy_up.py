"""What `dutiful up` says on a terminal; the servers themselves are tested elsewhere."""

import asyncio
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from all_in_one import House, Progress
from dutiful.cli import app
from embedded.kafka import EmbeddedKafka


@pytest.fixture
def taken() -> Iterator[int]:
    """A loopback port that another program listens on."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        yield other.getsockname()[1]


def _up(home: Path, *arguments: str) -> Result:
    """`dutiful up` as from a terminal of 80 columns."""
    return CliRunner().invoke(app, ["up", "--home", str(home), *arguments], env={"COLUMNS": "80"})


def test_a_port_that_is_taken_names_its_option(tmp_path: Path, taken: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The port, why, and what sets another."""

    async def start(house: House, _: Progress) -> None:
        await asyncio.start_server(lambda *_: None, "127.0.0.1", house.ports.registry)

    monkeypatch.setattr(House, "start", start)
    result = _up(tmp_path, "--first-port", str(taken))
    assert result.exit_code == 1
    for said in (str(taken), "another program listens there", "--first-port", "--kafka-port"):
        assert said in result.stderr


def test_commands_to_copy_are_whole_lines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However narrow the terminal and long the home."""

    async def start(house: House, _: Progress) -> None:
        house.kafka = EmbeddedKafka(house.home, port=house.ports.kafka)

    async def crashed(_: House) -> None:
        return

    monkeypatch.setattr(House, "start", start)
    monkeypatch.setattr(House, "crashed", crashed)
    home = tmp_path / ("long" * 20)
    result = _up(home, "--kafka-port", "29092")
    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    publish = "dutiful emit subprocessor.added --kafka 127.0.0.1:29092 --file event.json"
    assert f"Publish: {publish}" in lines
    assert f"Token:   dutiful token --key {home / 'token-key.pem'} --role operator" in lines
