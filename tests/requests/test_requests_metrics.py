"""What an SRE watches of requests."""

import pytest
from prometheus_client import generate_latest
from tests.requests.desk import Desk

from contracts.authority import Ban
from contracts.request import NoticeKind
from requests_desk import due
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
        'dutiful_requests{kind="authority",service="requests",status="searching"} 0.0',
        'dutiful_requests_untold{service="requests"} 3.0',
        'dutiful_instructions_suspended{service="requests"} 1.0',
        'dutiful_answers_refused_total{service="requests"} 1.0',
        'dutiful_requests_escalated_total{service="requests"} 6.0',
    ):
        assert line in said
    assert "acme" not in said
    assert "dsar-1" not in said


async def test_who_must_know_is_among_the_deadlines(desk: Desk) -> None:
    """DSR-1, DSR-4: what nobody knows yet, the soonest first, with what is missing; what is sealed is not there."""
    await desk.ask("dsar-1")
    await desk.ask("dsar-2", client_id=None, text="Nobody's")
    await desk.demand("auth-1", ban=Ban(text="An order"))
    found = (await desk.get("operator", "/deadlines", within=24 * 7)).json()["items"]
    assert [(each["about"], each["client_id"], each["lacks"]) for each in found] == [
        ("dsar-1", "acme", "receipt"),
        ("dsar-2", None, "decision whose data it is about"),
    ]
    deadlines = due.deadlines(desk.runtime)
    await deadlines.look()
    assert b'dutiful_deadline_seconds_left{kind="request_notice",service="requests"}' in generate_latest(
        desk.runtime.metrics.registry
    )
    await desk.pass_days(60)
    await desk.ask("dsar-3")
    await deadlines.look()
    value = desk.runtime.metrics.registry.get_sample_value
    kind = {"service": "requests", "kind": "request_notice"}
    assert (value("dutiful_deadline_seconds_left", kind) or 0) < 0
    assert (value("dutiful_deadline_to_come_seconds_left", kind) or 0) > 0, "one that is over hides no other"
    await desk.receipt("dsar-1", NoticeKind.DSAR_RECEIVED)
    await desk.receipt("dsar-3", NoticeKind.DSAR_RECEIVED)
    await desk.post("operator", "/requests/dsar-2/closure", {"reason": "Nobody's."})
    assert (await desk.get("operator", "/deadlines", within=24 * 7)).json()["items"] == []
    assert (await desk.get("acme", "/deadlines")).status_code == 403
