"""The real OpenTelemetry Collector, as `deploy/compose` and `deploy/k8s` set it up, takes what every service tells."""

import asyncio
import shutil
from asyncio.subprocess import PIPE, STDOUT, Process
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from uuid import uuid4

import pytest
from tests.flows.conftest import Progress, open_house
from tests.flows.street import facts

from agreement import default_path
from agreement.book import Book
from embedded import sample_platform
from embedded.kafka_broker import free_port

pytestmark = [pytest.mark.servers, pytest.mark.slow]
ROOT = Path(__file__).parents[2]


class Collector:
    """One that runs, and all that it has printed."""

    def __init__(self, process: Process, port: int) -> None:
        self._process = process
        self.endpoint = f"http://127.0.0.1:{port}"
        self.printed = ""

    async def until(self, *words: str) -> None:
        """Wait until all of these were printed."""
        assert self._process.stdout is not None
        async with asyncio.timeout(120):
            while not all(word in self.printed for word in words):
                line = await self._process.stdout.readline()
                assert line, self.printed
                self.printed += line.decode()


@pytest.fixture(params=["compose/otel-collector.yaml", "k8s/components/opentelemetry/collector-config.yaml"])
async def collector(request: pytest.FixtureRequest) -> AsyncIterator[Collector]:
    """A shipped configuration on ports of its own, printing each span whole."""
    binary = shutil.which("otelcol", path=str(ROOT / ".tools/bin")) or shutil.which("otelcol")
    if binary is None:
        pytest.skip("there is no otelcol here: `make otelcol` builds it")
    port = free_port()
    changed = {
        "receivers::otlp::protocols::grpc::endpoint": f"127.0.0.1:{port}",
        "exporters::debug::verbosity": "detailed",
        "service::telemetry::metrics::level": "none",
    }
    if "k8s" in request.param:
        changed["extensions::health_check::endpoint"] = f"127.0.0.1:{free_port()}"
    arguments = [f"--config={ROOT}/deploy/{request.param}"]
    arguments += [f"--config=yaml:{name}: {value}" for name, value in changed.items()]
    process = await asyncio.create_subprocess_exec(binary, *arguments, stdout=PIPE, stderr=STDOUT, limit=2**24)
    running = Collector(process, port)
    await running.until("Everything is ready")
    yield running
    process.terminate()
    await process.wait()


async def test_it_takes_the_spans_and_metrics_of_every_service(
    collector: Collector, progress: Progress, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A change from the event to the webhook: each span of it arrives, found by the flow's id, and so do metrics."""
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.endpoint)
    monkeypatch.setenv("DUTIFUL_OTLP_METRICS_EVERY", "PT1S")
    async with open_house(Book.read(default_path()), progress, sample_platform.MAP) as street:
        await street.sign("co-acme")
        await street.register("co-acme")
        flow = str(uuid4())
        await street.publish("subprocessor.added", "co-sub", facts("co-sub"), event_id=flow)
        await street.until(partial(street.of, "change.window_opened", client_id="co-acme"))
        services = [service.app.name for service in street.house.services]
        names = ("process subprocessor", "send change", "process change", "POST", "send notice", "process notice")
        await collector.until(
            *[f"service.name: Str({name})" for name in services],
            *[f"    Name           : {name}\n" for name in names],
            f"messaging.message.conversation_id: Str({flow})",
            "Name: dutiful_events_handled\n",
            "Unit: {event}",
        )
