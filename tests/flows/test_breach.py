"""§6 whole, from the event on the bus to the clients' endpoints and the authority's file, on the real servers."""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from pydantic_core import from_json
from tests.chassis.bus import Bus
from tests.flows.street import Street
from typer.testing import CliRunner, Result

from all_in_one import ON_CALL
from breach.app import Breach
from breach.settings import BreachSettings
from chassis.dead_letters import topic_of
from chassis.service import Service
from dutiful.cli import app
from embedded.smtp import ReceivedMail

pytestmark = pytest.mark.servers
SUB = "deeptranscript"
HOUR = timedelta(hours=1)
Json = dict[str, object]


async def detect(street: Street, incident: str, **more: object) -> datetime:
    """A breach that was noticed an hour ago and is known since half an hour."""
    now = street.clock.now()
    said: Json = {
        "incident_id": incident,
        "origin": "detector",
        "detected_at": (now - HOUR).isoformat(),
        "aware_at": (now - HOUR / 2).isoformat(),
        "description": "An export of call logs",
    }
    await street.publish("breach.detected", incident, said | more)
    await street.until(partial(street.of, "incident.aware", incident_id=incident))
    return now - HOUR / 2


async def told(street: Street, incident: str, *client_ids: str, kind: str = "breach_notice") -> None:
    """Wait until these clients have their notice."""
    for client_id in client_ids:
        await street.until(partial(street.of, "notice.received", about=incident, client_id=client_id, kind=kind))


async def command(street: Street, *arguments: str) -> Result:
    """`dutiful breach …` as an operator runs it."""
    headers = street.authorized("operator")
    env = {"DUTIFUL_TOKEN": headers["Authorization"].removeprefix("Bearer "), "COLUMNS": "200"}
    env["DUTIFUL_BREACH"] = street.house.url("breach")
    return await asyncio.to_thread(CliRunner().invoke, app, ["breach", *arguments], env=env)


async def test_a_breach_at_a_sub_processor(street: Street) -> None:
    """SUB-7, BRE-1, BRE-5: who let it process is told by signed webhook and in words; who caused it is not."""
    for client_id in ("h-acme", "h-borealis"):
        await street.sign(client_id)
    await street.register("h-acme")
    incident = "h-inc"
    await detect(street, incident, subprocessor_id=SUB, origin="subprocessor", data_categories=["call_recordings"])
    await told(street, incident, "h-acme", "h-borealis")
    await street.until(partial(street.of, "incident.all_told", incident_id=incident))
    requests = await street.receiver.wait_for(lambda got: any(each.path == "/h-acme" for each in got))
    (webhook,) = [each for each in requests if each.path == "/h-acme"]
    assert webhook.verified
    body: Any = from_json(webhook.body)
    assert body["type"] == "notice.breach_notice"
    assert body["data"]["at_subprocessors"] == ["DeepTranscript"]
    mails = await street.house.smtp.wait_for(
        lambda got: {to for each in got for to in each.recipients if "h-" in to} >= {"dpo@h-borealis.example"}
    )
    mail = next(each for each in mails if "dpo@h-borealis.example" in each.recipients)
    part = mail.message.get_body(("plain",))
    assert part
    text = part.get_content()
    for words in ("Ce qui s'est passé", "Ce que vous pouvez faire", "Qui appeler", "ne vaut pas reconnaissance"):
        assert words in text
    why: Json = {"client_id": "h-borealis", "reason": "Its password", "evidence": "Its letter"}
    await street.post("dpo", "breach", f"/incidents/{incident}/exemptions", why)
    now = street.clock.now().isoformat()
    update: Json = {"update_id": "h-u1", "as_of": now, "text": {"en": "One account.", "fr": "Un seul compte."}}
    await street.post("dpo", "breach", f"/incidents/{incident}/updates", update)
    await told(street, incident, "h-acme", kind="breach_update")
    assert not street.of("notice.received", about=incident, client_id="h-borealis", kind="breach_update")
    seen = await street.get("h-acme/super_administrator", "breach", f"/clients/h-acme/breaches/{incident}")
    phases = seen["phases"]
    assert isinstance(phases, list)
    assert [each["text"]["fr"] for each in phases] == ["Un seul compte."]
    await street.terminate("h-acme", "h-borealis")


async def test_an_operator_by_command(street: Street, tmp_path: Path) -> None:
    """BRE-1 to BRE-4: suspected, established, widened, told, contained, documented and closed from a shell."""
    await street.sign("k-acme")
    await street.sign("k-borealis")
    at = (street.clock.now() - HOUR / 2).isoformat()
    opened = await command(
        street, "open", "k-inc", "--description", "A strange export", "--detected-at", at, "--client", "k-acme"
    )
    assert opened.exit_code == 0, opened.output
    assert "no clock runs" in opened.stdout
    once = ("aware", "k-inc", "--at", at, "--reason", "The file was found.")
    aware = await command(street, *once)
    assert aware.exit_code == 0, aware.output
    again = await command(street, *once)  # what was answered is another act, which is weighed anew
    assert (again.exit_code, "known since already" in again.stderr) == (1, True)
    assert "71 h" in aware.stdout
    assert "23 h" in aware.stdout
    await told(street, "k-inc", "k-acme")
    assert len(street.of("incident.aware", incident_id="k-inc")) == 1
    await command(street, "scope", "k-inc", "--client", "k-borealis", "--reason", "Its rows too.")
    await told(street, "k-inc", "k-borealis")
    step = ("contain", "k-inc", "--id", "s1", "--text", "The account was locked.", "--at", at, "--by", "N. Petit")
    assert (await command(street, *step)).exit_code == 0
    update = ("update", "k-inc", "--id", "u1", "--text", "It was one account.", "--as-of", at, "--last")
    assert (await command(street, *update)).exit_code == 0
    await told(street, "k-inc", "k-acme", "k-borealis", kind="breach_update")
    entries = tmp_path / "entries.json"
    entries.write_text('[{"code": "records", "standing": "approximate", "number": 900}]')
    entered = await command(street, "dossier", "k-inc", "--enter", str(entries))
    assert "missing for an authority: nature, data_subjects, consequences, type" in entered.stdout
    paper, data = tmp_path / "dossier.pdf", tmp_path / "dossier.json"
    for out in (paper, data):
        assert (await command(street, "dossier", "k-inc", "--out", str(out))).exit_code == 0
    assert paper.read_bytes().startswith(b"%PDF")
    assert from_json(data.read_bytes())["incident_id"] == "k-inc"
    refused = await command(street, "close", "k-inc", "--reason", "Over.")
    assert refused.exit_code == 1
    assert "it lacks cause: add" in refused.stderr  # the containment that was logged is a measure
    reasons = ("--without", "cause=Not found yet.")
    closed = await command(street, "close", "k-inc", "--reason", "Over.", *reasons)
    assert "k-inc: closed" in closed.stdout
    register = tmp_path / "register.csv"
    assert (await command(street, "register", "--out", str(register))).exit_code == 0
    assert "k-inc,closed" in register.read_text()
    await street.terminate("k-acme", "k-borealis")


async def test_a_client_that_can_not_be_reached(street: Street) -> None:
    """BRE-1: it goes on to post before its clock is over, its thresholds name it, and at the end people must act."""
    street.house.smtp.refuse("dpo@m-deaf.example")
    await street.sign("m-deaf")
    aware_at = await detect(street, "m-inc", client_ids=["m-deaf"])
    for hours, left in ((24, 48), (48, 24), (66, 6)):
        street.clock.jump_to(aware_at + hours * HOUR)
        found = partial(street.of, "incident.time_left", incident_id="m-inc", clock="clients", seconds_left=left * 3600)
        await street.until(found)
        assert found()[0]["client_ids"] == ["m-deaf"]
        assert found()[0]["late"] is False
    await street.until(partial(street.of, "notice.escalated", client_id="m-deaf", about="m-inc"))
    assert not street.of("incident.clock_missed", incident_id="m-inc", clock="clients")
    street.clock.jump_to(aware_at + 72 * HOUR)
    await street.until(partial(street.of, "incident.clock_missed", incident_id="m-inc", clock="clients"))
    await street.until(partial(street.of, "notice.failed", client_id="m-deaf", about="m-inc"))
    # The clients' clock at three thresholds and its end, and the notice itself before its end and after it.
    await street.house.smtp.wait_for(lambda got: len(alerts(got, "m-inc", "clients")) >= 4)
    mails = await street.house.smtp.wait_for(lambda got: len(alerts(got, "m-inc", "notices on")) >= 2)
    assert any("TOO LATE" in each for each in alerts(mails, "m-inc", "clients"))
    assert any("NOT RECEIVED" in each for each in alerts(mails, "m-inc", "notices on"))
    await street.terminate("m-deaf")


async def test_a_breach_that_reaches_nobody(street: Street) -> None:
    """BRE-1: whoever is on call is mailed at once, and every answer shows it, until somebody is found."""
    await detect(street, "p-inc", client_ids=["p-ghost"])
    await street.until(partial(street.of, "incident.reached_nobody", incident_id="p-inc"))
    await street.house.smtp.wait_for(lambda got: bool(alerts(got, "p-inc", "REACHES NOBODY")))
    shown = await command(street, "show", "p-inc")
    assert "IT REACHES NOBODY" in shown.stdout
    await street.sign("p-ghost")
    await told(street, "p-inc", "p-ghost")
    assert "IT REACHES NOBODY" not in (await command(street, "show", "p-inc")).stdout
    await street.terminate("p-ghost")


async def test_a_detector_whose_clock_is_ahead_loses_nothing(street: Street) -> None:
    """What lies ahead is a dead letter that says so, by its field; replayed at that time, it is an incident."""
    ahead_at = street.clock.now() + 2 * HOUR
    said = {"incident_id": "q-inc", "origin": "detector", "detected_at": ahead_at.isoformat(), "description": "Odd"}
    await street.publish("breach.detected", "q-inc", said)
    bus = Bus(street.house.bootstrap, "")
    letters = await bus.hear(topic_of("breach"), lambda got: any(b"q-inc" in (each.value or b"") for each in got))
    (letter,) = [each for each in letters if b"q-inc" in (each.value or b"")]
    assert letter.headers["dutiful-field"] == "detected_at"
    assert "it lies ahead" in letter.headers["dutiful-reason"]
    street.clock.jump_to(ahead_at)
    arguments = ["dead-letters", "replay", str(letter.key), "--kafka", street.house.bootstrap]
    replayed = await asyncio.to_thread(CliRunner().invoke, app, arguments)
    assert replayed.exit_code == 0, replayed.output
    await street.until(partial(street.of, "incident.opened", incident_id="q-inc"))


def alerts(mails: Sequence[ReceivedMail], *words: str) -> list[str]:
    """The subjects with all of these words of what the person on call was mailed."""
    subjects = [str(each.message["subject"]) for each in mails if ON_CALL.email in each.recipients]
    return [subject for subject in subjects if all(word in subject for word in words)]


async def test_a_threshold_that_passes_while_the_service_is_down_fires_on_return(street: Street) -> None:
    """BRE-1: it is said as soon as the service is back, marked late, and once."""
    house = street.house
    house.smtp.refuse("dpo@n-deaf.example")
    await street.sign("n-deaf")
    aware_at = await detect(street, "n-inc", client_ids=["n-deaf"])
    down = next(each for each in house.services if each.app.name == "breach")
    await down.stop()
    house.services.remove(down)
    street.clock.jump_to(aware_at + 26 * HOUR)
    settings = BreachSettings(
        kafka=house.bootstrap,
        database_url=SecretStr(house._dsn("breach")),
        token_key=house.token_key,
    )
    back = Service(Breach(house.book, settings), settings, street.clock)
    house.services.append(back)
    await back.start()
    await street.until(partial(street.of, "incident.time_left", incident_id="n-inc", clock="clients"))
    (said,) = street.of("incident.time_left", incident_id="n-inc", clock="clients")
    assert (said["late"], said["seconds_left"]) == (True, 48 * 3600)
    await street.until(partial(street.of, "incident.clock_missed", incident_id="n-inc", clock="telecom_611_2013"))
    await street.terminate("n-deaf")
