"""`dutiful trace` on the real servers: what an event caused, from the services' own records."""

import asyncio
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial
from uuid import uuid4

import pytest
from pydantic import BaseModel
from tests.flows.street import EARLIEST_ON, Street, facts
from typer.testing import CliRunner, Result

from dutiful.cli import app

pytestmark = pytest.mark.servers


async def trace(street: Street, *arguments: str, role: str = "operator") -> Result:
    """`dutiful trace …` as somebody runs it."""
    return await command(street, "trace", *arguments, role=role)


async def command(street: Street, *arguments: str, role: str = "operator") -> Result:
    """`dutiful …` as somebody runs it."""
    token = street.authorized(role)["Authorization"].removeprefix("Bearer ")
    urls = " ".join(each.url for each in street.house.services)
    env = {"DUTIFUL_TOKEN": token, "COLUMNS": "300", "DUTIFUL_SERVICES": urls}
    env["DUTIFUL_NOTIFIER"] = street.house.url("notifier")
    return await asyncio.to_thread(CliRunner().invoke, app, [*arguments], env=env)


class _Heard(BaseModel):
    service: str


class Line(BaseModel):
    """A thing of the flow, as `--json` prints it, with what followed from it."""

    id: str
    what: str
    key: str
    stands: str
    service: str
    at: datetime | None
    after: str | None
    heard: list[_Heard]
    caused: list["Line"] = []

    def walk(self) -> "Iterator[Line]":
        """Itself and all that followed."""
        yield self
        for each in self.caused:
            yield from each.walk()


async def tree(street: Street, event_id: str) -> Line:
    """The one tree that an event is the root of."""
    result = await trace(street, event_id, "--json")
    assert result.exit_code == 0, result.output
    lines = {line.id: line for line in map(Line.model_validate_json, result.stdout.splitlines())}
    for line in lines.values():
        if line.after is not None:
            lines[line.after].caused.append(line)
    (root,) = [line for line in lines.values() if line.after is None]
    return root


def of(root: Line, what: str) -> list[Line]:
    """The things of a kind."""
    return [line for line in root.walk() if line.what == what]


def acted_upon(line: Line) -> set[str]:
    """Who heard it, but the console: that hears nearly everything for the record, before the others or after them."""
    return {each.service for each in line.heard} - {"console"}


async def announce(street: Street, *client_ids: str) -> tuple[str, str]:
    """An addition that these clients have received; the ids of its event and of its change."""
    event_id, subject = str(uuid4()), f"t-{uuid4().hex[:8]}"
    await street.publish("subprocessor.added", subject, facts(subject), event_id=event_id)
    await street.until(partial(street.of, "change.announced", subprocessor_id=subject))
    change_id = str(street.of("change.announced", subprocessor_id=subject)[0]["change_id"])
    await street.received(change_id, *client_ids)
    return event_id, change_id


async def test_what_an_addition_caused(street: Street) -> None:
    """From the platform's event to each receipt, with its delivery; who handled what; and the days to come."""
    for client_id in ("t-acme", "t-borealis"):
        await street.sign(client_id)
    await street.register("t-acme")
    event_id, change_id = await announce(street, "t-acme", "t-borealis")
    root = await tree(street, event_id)
    assert acted_upon(root) == {"subprocessor_registry"}
    (announced,) = of(root, "change.announced")
    assert (announced.stands, announced.service, announced.key) == ("published", "subprocessor_registry", change_id)
    (order,) = of(root, "change.notice_ordered")
    assert acted_upon(order) == {"notifier"}
    assert {notice.key for notice in order.caused if notice.what == "notice"} >= {"t-acme", "t-borealis"}
    (notice,) = [each for each in of(order, "notice") if each.key == "t-acme"]
    assert {way.what for way in notice.caused} >= {"by webhook", "by email", "notice.received"}
    assert next(way for way in notice.caused if way.what == "by webhook").stands == "delivered, 1 attempt, begun"
    (received,) = [each for each in notice.caused if each.what == "notice.received"]
    assert {each.what for each in received.walk()} >= {"change.window_opened", "deadline.window_closed"}
    ahead = [node for node in root.walk() if node.stands == "to come"]
    assert {node.what for node in ahead} >= {"deadline.window_closed", "deadline.day_reached", "escalation.due"}
    (day,) = [node for node in ahead if node.what == "deadline.day_reached"]
    assert day.at is not None
    assert abs(day.at.date() - EARLIEST_ON) <= timedelta(days=1)
    await street.terminate("t-acme", "t-borealis")


async def test_a_person_reads_it(street: Street) -> None:
    """Lines with time and service; from the middle of a flow downwards, with the way there; what is alike counted."""
    clients = [f"u-{nth}" for nth in range(8)]
    for client_id in clients:
        await street.sign(client_id)
    event_id, _ = await announce(street, *clients)
    root = await tree(street, event_id)
    (order,) = of(root, "change.notice_ordered")
    below = await trace(street, order.id)
    assert below.exit_code == 0, below.output
    lines = below.stdout.splitlines()
    assert lines[0] == f"follows from event {event_id}"
    assert lines[1].startswith(f"change.notice_ordered  {order.key}  published 2026-")
    assert "by subprocessor_registry  → " in lines[1]
    assert "notifier 2026-" in lines[1]
    assert "more notice, the last u-" in below.stdout
    assert below.stdout.count("├── notice  u-") < len(clients)
    unfolded = await trace(street, order.id, "--all")
    assert all(f"notice  {client_id}  by notifier" in unfolded.stdout for client_id in clients)
    await street.terminate(*clients)


async def test_what_is_missing_is_said(street: Street) -> None:
    """A service that isn't asked or refuses, an id that nobody knows: said, and never taken for nothing."""
    await street.sign("v-acme")
    event_id, _ = await announce(street, "v-acme")
    alone = await trace(
        street, event_id, "--service", street.house.url("subprocessor_registry"), "--service", "http://127.0.0.1:9"
    )
    assert alone.exit_code == 0, alone.output
    assert "change.announced" in alone.stdout
    assert "http://127.0.0.1:9 can't be reached" in alone.stderr
    unknown = await trace(street, "no-such-event")
    assert unknown.exit_code == 1
    assert "no service knows 'no-such-event'" in unknown.stderr
    refused = await trace(street, event_id, role="v-acme/super_administrator")
    assert refused.exit_code == 1
    assert "answered 403" in refused.stderr
    await street.terminate("v-acme")


async def test_a_dead_letter_stands_under_its_message(street: Street) -> None:
    """What a service set aside is a branch of what it could not handle."""
    event_id = str(uuid4())
    await street.publish(
        "contract.terminated", "w-nobody", {"client_id": "w-nobody", "terminated_on": "2026-06-01"}, event_id
    )
    result = await trace(street, event_id)
    while result.exit_code or result.stdout.count("dead-letter") < 2:  # of the registry, retention and the notifier
        result = await trace(street, event_id)
    assert "dead-letter  notifier-contract-" in result.stdout


async def test_where_a_client_s_notice_is(street: Street) -> None:
    """§15: received since when and how, or under way: what was tried, what it answered, what comes next."""
    street.house.smtp.refuse("dpo@x-deaf.example")
    for client_id in ("x-acme", "x-deaf"):
        await street.sign(client_id)
    _, change_id = await announce(street, "x-acme")
    received = await command(street, "notices", "--client", "x-acme", "--about", change_id)
    assert received.exit_code == 0, received.output
    assert f"{change_id}  received 2026-" in received.stdout
    assert " by email" in received.stdout
    missing = await command(street, "notices", "--client", "x-deaf", "--about", change_id)
    while " answered " not in missing.stdout:  # the first attempt is still under way
        missing = await command(street, "notices", "--client", "x-deaf", "--about", change_id)
    assert f"{change_id}  under way, deadline 2026-" in missing.stdout
    assert "by email: " in missing.stdout
    assert "no notice to x-nobody" in (await command(street, "notices", "--client", "x-nobody")).stdout
    await street.terminate("x-acme", "x-deaf")


async def test_which_deadlines_are_at_risk(street: Street) -> None:
    """§6, §15: what is open and due soon, of every service that keeps any; a silent one is named."""
    street.house.smtp.refuse("dpo@y-deaf.example")
    await street.sign("y-deaf")
    now = street.clock.now()
    said: dict[str, object] = {
        "incident_id": "y-inc",
        "origin": "detector",
        "description": "An export",
        "client_ids": ["y-deaf"],
    }
    times: dict[str, object] = {
        "detected_at": (now - timedelta(hours=2)).isoformat(),
        "aware_at": (now - timedelta(hours=1)).isoformat(),
    }
    await street.publish("breach.detected", "y-inc", said | times)
    await street.until(partial(street.of, "incident.notice_ordered", about="y-inc"))
    found = await command(street, "deadlines", "--within", "7d", "--client", "y-deaf")
    while "lacks receipt of breach_notice" not in found.stdout:
        found = await command(street, "deadlines", "--within", "7d", "--client", "y-deaf")
    assert found.exit_code == 0, found.output
    assert "breach_client y-inc  y-deaf  lacks receipt, clock clients  breach" in found.stdout
    soon = await command(street, "deadlines", "--within", "1h", "--client", "y-deaf")
    assert "nothing is open that is due within 1h" in soon.stdout
    authority = await command(street, "deadlines", "--within", "30h")
    assert "breach_authority y-inc  lacks word to or decision on the authority" in authority.stdout
    wrong = await command(street, "deadlines", "--within", "soon")
    assert wrong.exit_code == 2
    assert "30m, 48h, 7d" in wrong.stderr
    for service in street.house.services:
        refused = await street.http.get(f"{service.url}/deadlines", headers=street.authorized("y-deaf/administrator"))
        assert refused.status in {403, 404}
    apart = ("--service", street.house.url("retention"), "--service", "http://127.0.0.1:9", "--client", "y-deaf")
    alone = await command(street, "deadlines", "--within", "1h", *apart)
    assert (alone.exit_code, "as far as those know that answered" in alone.stdout) == (1, True)
    assert "http://127.0.0.1:9 can't be reached" in alone.stderr
    await street.terminate("y-deaf")
