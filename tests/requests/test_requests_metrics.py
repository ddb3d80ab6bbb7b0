"""What an SRE watches of requests."""

import pytest
from prometheus_client import generate_latest
from tests.requests.desk import Desk

from requests_desk.watch import Watch

pytestmark = pytest.mark.servers


async def test_what_waits_and_what_was_refused_is_counted(desk: Desk) -> None:
    """DSR-1, DSR-2, INS-2: by kind and status, and no client, person or request is named."""
    watch = Watch(desk.runtime)
    await desk.ask("dsar-1")
    await desk.ask("dsar-2", client_id=None, text="Nobody's")
    await desk.demand("auth-1")
    await desk.instruct()
    await desk.doubt()
    await desk.draft()
    await desk.send_answer()
    await desk.pass_days(4)
    await watch.look()
    said = generate_latest(desk.runtime.metrics.registry).decode()
    for line in (
        'dutiful_requests{kind="dsar",service="requests",status="open"} 1.0',
        'dutiful_requests{kind="dsar",service="requests",status="searching"} 1.0',
        'dutiful_requests{kind="authority",service="requests",status="open"} 1.0',
        'dutiful_requests_untold{service="requests"} 3.0',
        'dutiful_instructions_suspended{service="requests"} 1.0',
        'dutiful_answers_refused_total{service="requests"} 1.0',
        'dutiful_requests_escalated_total{service="requests"} 6.0',
    ):
        assert line in said
    assert "acme" not in said
    assert "dsar-1" not in said
