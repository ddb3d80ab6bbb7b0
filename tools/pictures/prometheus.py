"""A Prometheus on loopback: it scrapes a run, and answers what is asked of it then or later."""

import asyncio
import json
import signal
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import aiohttp

from embedded.kafka_broker import free_port
from embedded.process import POLL_S, Launch, ServerError, ServerProcess

SCRAPED_EVERY_S: Final = 2
PROGRAM: Final = Path(__file__).parents[2] / ".tools/bin/prometheus"
_READY_WITHIN_S: Final = 60.0


@asynccontextmanager
async def prometheus(home: Path, ports: Sequence[int] = ()) -> AsyncIterator[str]:
    """Its URL; it scrapes these ports, and what it has seen stays in `home`."""
    port, config = free_port(), _configured(home, ports)
    process = await ServerProcess.launch(
        Launch(
            [
                str(PROGRAM),
                f"--config.file={config}",
                f"--storage.tsdb.path={home / 'series'}",
                f"--web.listen-address=127.0.0.1:{port}",
            ],
            log=home / "prometheus.log",
            lock=home / "prometheus.lock",
            orphan_signal=signal.SIGTERM,
            ports=[port],
        )
    )
    try:
        url = f"http://127.0.0.1:{port}"
        await _ready(process, url)
        yield url
    finally:
        await process.stop(signal.SIGTERM, within_s=_READY_WITHIN_S)


def _configured(home: Path, ports: Sequence[int]) -> Path:
    """A file as an operator's: one job, and an instance for each process."""
    targets = [f"127.0.0.1:{port}" for port in ports]
    job = {"job_name": "dutiful", "static_configs": [{"targets": targets}]}
    every = {"scrape_interval": f"{SCRAPED_EVERY_S}s", "scrape_timeout": f"{SCRAPED_EVERY_S}s"}
    config = home / "prometheus.yaml"
    home.mkdir(parents=True, exist_ok=True)
    text = json.dumps({"global": every, "scrape_configs": [job] if targets else []})  # which is YAML too
    config.write_text(text, encoding="utf-8")
    return config


async def _ready(process: ServerProcess, url: str) -> None:
    async with asyncio.timeout(_READY_WITHIN_S), aiohttp.ClientSession() as http:
        while not await _is_ready(http, url):
            if process.exit_code is not None:
                raise ServerError(f"Prometheus ended while starting:\n{process.log_tail()}")
            await asyncio.sleep(POLL_S)


async def _is_ready(http: aiohttp.ClientSession, url: str) -> bool:
    try:
        async with http.get(f"{url}/-/ready") as answer:
            return answer.status == 200  # noqa: PLR2004 - HTTP's own
    except aiohttp.ClientConnectionError:
        return False
