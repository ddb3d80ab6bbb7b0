"""What an orchestrator and a scraper are told, over HTTP."""

import httpx
import pytest
from tests.chassis.bus import Bus
from tests.chassis.clerk import question
from tests.chassis.conftest import RunClerk
from tests.chassis.eventually import eventually

from chassis import upkeep

pytestmark = pytest.mark.servers


async def test_readiness_is_watched_by_itself(run_clerk: RunClerk) -> None:
    """The gauge is there before anybody asks for readiness."""
    service = await run_clerk()

    async def tells() -> bool:
        return f'dutiful_ready{{service="{service.app.name}"}} 1.0' in bytes(service.metrics.response().body).decode()

    await eventually(tells)


async def test_health_and_metrics_need_no_token(bus: Bus, run_clerk: RunClerk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Alive at once, ready when all answers; the metrics tell what was handled, set aside, skipped and still waits."""
    monkeypatch.setattr(upkeep, "_OBSERVE_S", 0.05)
    service = await run_clerk()
    async with httpx.AsyncClient(base_url=service.url, timeout=30) as http:
        assert (await http.get("/health/live")).json() == {"status": "alive"}

        async def is_ready() -> bool:
            return (await http.get("/health/ready")).status_code == 200

        await eventually(is_ready)
        await bus.publish("question", question("one"), ("anna", b"junk", {}), ("anna", None, {}))
        await bus.hear("answer", 1)
        labels = f'service="{service.app.name}"'
        expected = {
            f'dutiful_events_handled_total{{{labels},type="question.asked"}} 1.0',
            f'dutiful_dead_letters_total{{reason="unreadable",{labels}}} 1.0',
            f'dutiful_events_skipped_total{{reason="tombstone",{labels}}} 1.0',
            f"dutiful_outbox_rows{{{labels}}} 0.0",
            f"dutiful_outbox_oldest_age_seconds{{{labels}}} 0.0",
            f"dutiful_agenda_rows{{{labels}}} 0.0",
            f'dutiful_consumer_lag_records{{{labels},topic="{bus.prefix}question"}} 0.0',
            f"dutiful_ready{{{labels}}} 1.0",
        }

        async def tells_all() -> bool:
            scrape = await http.get("/metrics")
            assert scrape.headers["content-type"].startswith("text/plain")
            return expected <= set(scrape.text.splitlines())

        await eventually(tells_all)
