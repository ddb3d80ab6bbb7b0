"""The benchmarks run, at a scale that says nothing of speed: what they measure with must not rot unseen."""

import asyncio
import json
import math
import sys
from pathlib import Path

import pytest
from benchmarks.__main__ import LOAD, SINGLE

ROOT = Path(__file__).parents[2]
WITHIN_S = 420


@pytest.mark.servers
@pytest.mark.slow
async def test_every_benchmark_measures_something(tmp_path: Path) -> None:
    """`python -m benchmarks --quick` runs all of them to the end; each has figures, and nothing was set aside."""
    figures = tmp_path / "bench.json"
    command = (sys.executable, "-m", "benchmarks", "--quick", "--json", str(figures))
    process = await asyncio.create_subprocess_exec(
        *command, cwd=ROOT, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    try:
        async with asyncio.timeout(WITHIN_S):
            said, _ = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert process.returncode == 0, said.decode()
    rows = json.loads(figures.read_text(encoding="utf-8"))["results"]
    assert {row["benchmark"] for row in rows} == {*SINGLE, *LOAD}
    assert [row for row in rows if not math.isfinite(row["value"])] == []
    assert [row for row in rows if row["what"].endswith("dead letters") and row["value"]] == []


async def test_what_is_not_there_is_named() -> None:
    """A name that no benchmark has is refused, with those that there are."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "benchmarks", "evrything", cwd=ROOT, stderr=asyncio.subprocess.PIPE
    )
    _, said = await process.communicate()
    assert process.returncode == 2
    assert "there is no benchmark evrything" in said.decode()
    assert "everything" in said.decode()
