"""`dutiful holder`: what the map names and isn't there is refused by name; a dry run counts and changes nothing."""

import asyncio
from pathlib import Path

import asyncpg
import pytest
from tests.holder import s3
from tests.holder.crm import fill
from typer.testing import CliRunner, Result

from dutiful.cli import app
from holder.data_map import Bucket

pytestmark = pytest.mark.servers


async def _run(*words: str) -> Result:
    """The command in a thread of its own, as it runs an event loop."""
    environment = {"COLUMNS": "200", "TERM": "dumb"}
    return await asyncio.to_thread(CliRunner(env=environment).invoke, app, ["holder", *words])


def _take_out(data_map: Path, text: str) -> None:
    data_map.write_text(data_map.read_text().replace(text, ""))


async def test_a_map_that_matches_is_good(data_map: Path) -> None:
    """Exit code 0, and how much it names."""
    result = await _run("check", str(data_map))
    assert result.exit_code == 0, result.output
    assert "3 categories in 3 sources, all there" in result.output


async def test_what_is_missing_is_named(
    data_map: Path, platform: "asyncpg.Connection[asyncpg.Record]", monkeypatch: pytest.MonkeyPatch
) -> None:
    """Column, bucket, key, variable: each by its place in the map."""
    await platform.execute("ALTER TABLE crm.call RENAME client_id TO tenant; DROP TABLE shredding.data_key")
    monkeypatch.delenv("MEDIA_SECRET_KEY")
    result = await _run("check", str(data_map))
    assert result.exit_code == 1
    assert result.output.splitlines() == [
        "categories.call_fax_logs.0: client_column: crm.call has no column client_id",
        "categories.call_recordings.0: MEDIA_SECRET_KEY is not set in the environment",
        "categories.transcriptions.0: table shredding.data_key is missing",
    ]


async def test_a_map_that_is_wrong_is_refused_before_anything_is_reached(data_map: Path) -> None:
    """By the field that is wrong."""
    _take_out(data_map, 'key = ["call_id"]')
    result = await _run("dry-run", str(data_map), "--client", "acme")
    assert result.exit_code == 2
    assert "categories.call_fax_logs.0.key: is required" in result.output


async def test_a_dry_run_counts_and_changes_nothing(
    data_map: Path, platform: "asyncpg.Connection[asyncpg.Record]", bucket: Bucket
) -> None:
    """All categories, or one, or what is older than a day."""
    await fill(platform, acme=48, borealis=3)
    await s3.put(bucket, recordings__acme__a="1")
    result = await _run("dry-run", str(data_map), "--client", "acme")
    assert result.exit_code == 0, result.output
    for told in ("48 rows", "1 object version ", "0 keys"):
        assert told in result.output
    older = await _run(
        "dry-run", str(data_map), "--client", "acme", "--category", "call_fax_logs", "--before", "2026-01-02"
    )
    assert "23 rows" in older.output
    assert "object" not in older.output
    part = await _run("dry-run", str(data_map), "--client", "acme", "--before", "2026-01-02")
    assert (part.exit_code, "can't be counted: a key opens all of a category" in part.output) == (1, True)
    assert await platform.fetchval("SELECT count(*) FROM crm.call") == 51
    assert await s3.keys(bucket) == ["recordings/acme/a"]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--client", "a/b"), "no client's id"),
        (("--client", "acme", "--before", "soon"), "no date and no instant"),
        (("--client", "acme", "--category", "faxes"), "call_fax_logs"),
    ],
)
async def test_what_can_not_be_meant_is_told(data_map: Path, words: tuple[str, ...], told: str) -> None:
    """Before anything is asked of a system."""
    result = await _run("dry-run", str(data_map), *words)
    assert result.exit_code == 2
    assert told in result.output
