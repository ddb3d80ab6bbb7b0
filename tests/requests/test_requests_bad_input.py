"""Bad input is refused with its field; what is personal is bounded, known by hash, and lies open nowhere."""

from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr, ValidationError
from pydantic_core import from_json, to_json
from tests.requests.desk import SECRET, Desk

from chassis.errors import Rejected
from chassis.vault import WrongKey, check_key
from contracts.dsar import Attachment, DsarReceived
from contracts.publishing import InvalidEvent, draft
from contracts.request import RequestMatched
from requests_desk.app import Requests
from requests_desk.settings import RequestsSettings
from requests_desk.vault import Said, Vault

HASH = "0" * 64
BODY = {
    "request_id": "dsar-1",
    "right": "access",
    "received_at": "2026-11-24T08:00:00Z",
    "text": f"I am {SECRET}.",
    "client_id": "acme",
    "reply_to": "jane@private.example",
}
FILE = {"name": "passport.pdf", "media_type": "application/pdf", "bytes": 1000, "sha256": HASH}
WRONG = [
    ({"right": "oblivion"}, "right"),
    ({"text": ""}, "text"),
    ({"hints": ["a\x00b"]}, "hints"),
    ({"text": "x" * 10_001}, "text"),
    ({"received_at": "yesterday"}, "received_at"),
    ({"hints": ["x" * 257]}, "hints"),
    ({"hints": ["h"] * 21}, "hints"),
    ({"identifiers": [{"kind": "Phone!", "value": "1"}]}, "identifiers"),
    ({"attachments": [FILE | {"sha256": "short"}]}, "attachments"),
    ({"attachments": [FILE | {"name": "../../etc\n/passwd"}]}, "attachments"),
    ({"attachments": [FILE] * 51}, "attachments"),
    ({"surprise": 1}, "surprise"),
]


@pytest.mark.parametrize(("changed", "field"), WRONG)
def test_a_publisher_is_told_the_field(changed: dict[str, object], field: str) -> None:
    """Unknown rights, missing words, huge and hostile texts and files are refused before they are published."""
    with pytest.raises(InvalidEvent) as invalid:
        draft("dsar.received", BODY | changed, source="/test")
    assert {problem.field.partition("[")[0] for problem in invalid.value.problems} == {field}
    assert SECRET not in str(invalid.value)


@pytest.mark.servers
@pytest.mark.parametrize(("changed", "field"), WRONG)
async def test_an_operator_is_told_the_field(desk: Desk, changed: dict[str, object], field: str) -> None:
    """The API says the same, and keeps nothing."""
    refused = await desk.post("operator", "/requests", BODY | changed)
    assert refused.status_code == 422
    assert any(field in each["field"] for each in refused.json()["errors"])
    assert SECRET not in refused.text
    assert await desk.value("SELECT count(*) FROM request") == 0


@pytest.mark.servers
async def test_hostile_words_are_words(desk: Desk) -> None:
    """What looks like markup or SQL is kept as it was written and handed out as JSON, never as a page."""
    hostile = "<script>alert(1)</script>'; DROP TABLE request; -- \u202e"
    file = FILE | {"name": "<img src=x onerror=alert(1)>.html", "media_type": "text/html"}
    made = await desk.post("operator", "/requests", BODY | {"text": hostile, "hints": [hostile], "attachments": [file]})
    assert made.status_code == 201
    seen = await desk.get("acme", "/clients/acme/requests/dsar-1")
    assert seen.headers["content-type"] == "application/json"
    assert seen.json()["requester"]["text"] == hostile
    assert seen.json()["requester"]["attachments"] == [file]


@pytest.mark.servers
async def test_who_cannot_be_reached_is_taken_all_the_same(desk: Desk) -> None:
    """Missing identity: the client is told and sees that nobody can be written to; checking who it is, is its own."""
    without = {name: value for name, value in BODY.items() if name != "reply_to"}
    assert (await desk.post("operator", "/requests", without)).status_code == 201
    seen = (await desk.get("acme", "/clients/acme/requests/dsar-1")).json()
    assert seen["requester"]["reply_to"] is None


@pytest.mark.servers
async def test_who_asks_is_read_by_the_client_and_the_handler_alone(desk: Desk) -> None:
    """§9, §12: nobody else of the staff, no other client; taking a request over is on record."""
    await desk.ask()
    await desk.draft()
    await desk.instruct()
    instruction = "/clients/acme/instructions/inst-1"
    for who in ("operator", "dpo", "auditor"):
        for path in ("/requests/dsar-1", instruction, "/clients/acme/instructions"):
            assert SECRET not in (await desk.get(who, path)).text
    assert (await desk.post("operator", "/requests/dsar-1/handler")).status_code == 201
    seen = (await desk.get("operator", "/requests/dsar-1")).json()
    assert SECRET in seen["requester"]["text"]
    assert SECRET in seen["answers"][0]["said"]["text"]
    assert SECRET in (await desk.get("operator", instruction)).json()["text"]
    assert SECRET in (await desk.get("acme", instruction)).json()["text"]
    await desk.post("dpo", "/requests/dsar-1/handler")
    assert (await desk.get("operator", "/requests/dsar-1")).json()["requester"] is None
    for who in ("acme", "acme/administrator"):
        assert SECRET in (await desk.get(who, "/clients/acme/requests/dsar-1")).text
    assert (await desk.get("acme/manager", "/clients/acme/requests/dsar-1")).status_code == 403
    assert (await desk.get("borealis", "/clients/acme/requests/dsar-1")).status_code == 404
    assert (await desk.get("borealis", "/clients/borealis/requests/dsar-1")).status_code == 404
    assert (await desk.get("acme", "/requests/dsar-1")).status_code == 403
    journal = (await desk.get("auditor", "/requests/dsar-1/journal")).json()["items"]
    assert [each["data"]["taken_by"] for each in journal if each["what"] == "handling.taken"] == [
        "operator@example",
        "dpo@example",
    ]


@pytest.mark.servers
async def test_what_is_personal_lies_nowhere_open(desk: Desk, capfd: pytest.CaptureFixture[str]) -> None:
    """§9: in no table, on no topic, in no log line are the words of the person, of the answer, of the instruction."""
    identifiers = [{"kind": "email", "value": f"{SECRET}@private.example"}]
    file = Attachment(name=f"{SECRET}.pdf", media_type="application/pdf", bytes=1, sha256=HASH)
    said = DsarReceived.model_validate_json(
        to_json(BODY | {"identifiers": identifiers, "hints": [SECRET], "reply_to": SECRET})
    )
    await desk.hear(said.model_copy(update={"attachments": (file,)}))
    await desk.draft()
    await desk.instruct()
    await desk.doubt()
    await desk.send_answer()
    await desk.demand()
    assert len(desk.of(RequestMatched)) == 2
    for event in desk.said:
        assert SECRET not in event.model_dump_json()
    tables = await desk.runtime.pool.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'requests'")
    assert len(tables) > 10
    for table in tables:
        rows = await desk.runtime.pool.fetch(f"SELECT t::text AS line FROM {table['tablename']} AS t")
        for row in rows:
            assert SECRET not in row["line"], table
            assert SECRET.encode().hex() not in row["line"], table
    written = capfd.readouterr()
    assert SECRET not in written.out + written.err


@pytest.mark.servers
async def test_another_key_is_noticed_at_the_start(desk: Desk) -> None:
    """What is closed opens with its key alone, and in its place alone; a wrong key is said before anything is heard."""
    settings = desk.app.settings.model_copy(update={})
    other = RequestsSettings(**(settings.model_dump() | {"vault_key": "another-key-of-more-than-thirty-two-chars"}))
    async with desk.runtime.processor.transaction() as tx:
        with pytest.raises(WrongKey, match="DUTIFUL_VAULT_KEY"):
            await Requests(desk.book, other).begin(tx)
        await check_key(tx, desk.app.vault.box)
    vault = desk.app.vault
    closed = vault.close(Said(text=SECRET), "answer/1")
    assert vault.open(Said, closed, "answer/1").text == SECRET
    for broken, place in ((closed, "answer/2"), (closed[:-1] + bytes([closed[-1] ^ 1]), "answer/1")):
        with pytest.raises(WrongKey):
            vault.open(Said, broken, place)


def test_a_key_is_needed_and_no_short_one(tmp_path: Path) -> None:
    """The key has no default, and thirty-two characters at least."""
    with pytest.raises(ValidationError, match="vault_key"):
        RequestsSettings(database_url="postgresql://nowhere")
    with pytest.raises(ValidationError, match="vault_key"):
        RequestsSettings(database_url="postgresql://nowhere", vault_key="short")
    vault = Vault(SecretStr("k" * 32))
    assert vault.marks("a", "bc") != vault.marks("ab", "c")


@pytest.mark.servers
async def test_ids_mean_one_thing(desk: Desk) -> None:
    """An id of another kind of request, and an answer's id of another request, are told so."""
    await desk.ask("dsar-1")
    with pytest.raises(Rejected, match="another kind") as rejected:
        await desk.demand("dsar-1")
    assert rejected.value.field == "request_id"
    await desk.ask("dsar-2", text="Other words")
    await desk.draft("answer-1", "dsar-1")
    with pytest.raises(Rejected, match="has no answer"):
        await desk.send_answer(request_id="dsar-2")
    with pytest.raises(Rejected, match="is unknown"):
        await desk.send_answer(request_id="dsar-9")


@pytest.mark.servers
async def test_under_one_key_a_post_counts_once(desk: Desk) -> None:
    """At least once: the same post again changes nothing and answers how it stands."""
    answers = [await desk.post("operator", "/requests", BODY, key="one") for _ in range(2)]
    assert [each.status_code for each in answers] == [201, 201]
    assert [each.json()["times"] for each in answers] == [1, 1]
    far = desk.clock.now() + timedelta(days=1)
    ahead = BODY | {"request_id": "dsar-2", "received_at": far.isoformat()}
    refused = await desk.post("operator", "/requests", ahead)
    assert (refused.status_code, "received_at" in refused.text) == (422, True)
    assert from_json(refused.content)["status"] == 422
