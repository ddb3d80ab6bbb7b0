"""Bad input and bad times: unknown values, hostile texts, two at once, twice, too early, another client's (§7, §12)."""

import asyncio
from datetime import date, timedelta

import pytest
from prometheus_client import generate_latest
from tests.assurance.desk import AUDIT, Desk, document

from agreement.book import Signed
from assurance import client_store
from assurance.watch import Watch
from chassis.database import Pool
from chassis.errors import Rejected
from contracts.assurance import AssuranceAnswered, AssuranceGateDecided, AssuranceOpened, AssuranceRefused
from contracts.audit import AuditBegun, AuditPlanSubmitted
from contracts.bus import EVENTS
from contracts.client import ClientAmended
from contracts.evidence import Document
from contracts.question import QuestionAsked

pytestmark = pytest.mark.servers
QUESTION = "/clients/acme/questions/q1"
HOSTILE = "<script>alert(1)</script>\u202e'; DROP TABLE matter; --\n{{7*7}}"


async def test_of_two_operators_one_wins_and_the_other_is_told(desk: Desk) -> None:
    """Two decide at once about the same plan: one decision counts, the other is a 409 that names who made it."""
    await desk.sign("acme")
    await desk.tell_breach("acme")
    await desk.request()
    await desk.say("acme", f"{AUDIT}/plan", {"plan": document(), "text": "All."})
    body = {"gate": "plan", "reason": "So."}
    async with desk.runtime.pool.acquire() as connection:
        async with connection.transaction():
            await connection.execute("SELECT FROM client WHERE client_id = 'acme' FOR UPDATE")
            asked = asyncio.gather(
                desk.post("operator", f"{AUDIT}/answers", body | {"accepted": True}),
                desk.post("dpo", f"{AUDIT}/answers", body | {"accepted": False}),
            )
            await _until_both_wait(desk.runtime.pool)
        answers = await asked
    await desk.settle()
    assert sorted(answer.status_code for answer in answers) == [201, 409]
    (lost,) = [answer for answer in answers if answer.status_code == 409]
    winner = "operator@example" if answers[0].status_code == 201 else "dpo@example"
    assert f"by {winner} at" in lost.json()["detail"]
    assert [each.decided_by for each in desk.of(AssuranceGateDecided)] == [winner]


async def _until_both_wait(pool: Pool) -> None:
    """Both have begun, and neither has read how the audit stands."""
    waiting = (
        "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%FOR UPDATE OF client%'"
    )
    async with asyncio.timeout(30):
        while await pool.fetchval(waiting) < 2:  # noqa: ASYNC110 - another session's state
            await asyncio.sleep(0.01)


async def test_the_same_again_is_said_once(desk: Desk) -> None:
    """A retry under its key gets the same answer and changes nothing, whether it counted or not."""
    await desk.sign("acme")
    asked = {"items": ["Where?"]}
    first = await desk.post("acme", QUESTION, asked, key="k1")
    again = await desk.post("acme", QUESTION, asked, key="k1")
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    for _ in range(2):
        refused = await desk.post("acme", QUESTION, asked, key="k2")
        assert refused.status_code == 409
    await desk.settle()
    assert len(desk.of(AssuranceOpened)) == len(desk.of(AssuranceRefused)) == 1


async def test_what_comes_twice_or_too_early_on_the_bus(desk: Desk) -> None:
    """Said again under another id it is refused; of what is not there yet it is a dead letter that names the field."""
    plan = AuditPlanSubmitted(
        client_id="acme", audit_id="a1", said_by="ada", plan=Document(sha256="0" * 64, name="p", bytes=1), text="All."
    )
    with pytest.raises(Rejected, match="publish client") as caught:
        await desk.hear(plan)
    assert caught.value.field == "client_id"
    await desk.sign("acme")
    with pytest.raises(Rejected, match="no audit 'a1'") as caught:
        await desk.hear(plan)
    assert caught.value.field == "audit_id"
    asked = QuestionAsked(
        client_id="acme", question_id="q1", said_by="ada", items=("Where?",), received_at=desk.clock.now()
    )
    await desk.hear(asked)
    await desk.hear(asked)
    assert [each.reason for each in desk.of(AssuranceRefused)] == ["the question 'q1' is there already"]
    with pytest.raises(Rejected, match="no version"):
        await desk.hear(ClientAmended(client_id="acme", agreement_version="9", signed_on=date(2026, 11, 1)))


async def test_what_lies_ahead_is_refused(desk: Desk) -> None:
    """A request from a day to come would run its sixty days too early; an audit can't have begun tomorrow."""
    await desk.sign("acme")
    await desk.tell_breach("acme")
    await desk.request()
    tomorrow = desk.clock.now() + timedelta(days=1)
    await desk.hear(
        QuestionAsked(client_id="acme", question_id="q9", said_by="ada", items=("?",), received_at=tomorrow)
    )
    await desk.hear(AuditBegun(client_id="acme", audit_id="a1", said_by="ada", begun_at=tomorrow))
    assert [each.field for each in desk.of(AssuranceRefused)] == ["received_at", "begun_at"]


async def test_a_client_dates_nothing_back(desk: Desk) -> None:
    """§7: for a client a request comes when it comes; an operator enters the day of a letter."""
    await desk.sign("acme")
    letter = {"items": ["Where?"], "received_at": "2026-11-02T10:00:00+01:00"}
    refused = await desk.post("acme", QUESTION, letter)
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["field"] == "received_at"
    assert (await desk.say("operator", QUESTION, letter))["due_on"] == "2026-12-01"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"items": []}, "items"),
        ({"items": ["x" * 10_001]}, "items[0]"),
        ({"items": ["?"] * 201}, "items"),
        ({"items": ["a\x00b"]}, "items[0]"),
        ({"items": ["?"], "documents": [document() | {"sha256": "zz"}]}, "documents[0].sha256"),
        ({"items": ["?"], "documents": [document() | {"name": "a\nb"}]}, "documents[0].name"),
        ({"items": ["?"], "client_id": "borealis"}, "client_id"),
        ({"items": ["?"], "said_by": "somebody else"}, "said_by"),
        ({"items": ["?"], "itmes": ["?"]}, "itmes"),
        ({"items": "?"}, "items"),
    ],
)
async def test_bad_bodies_are_told_by_field(desk: Desk, body: dict[str, object], field: str) -> None:
    """What `dutiful emit` would refuse is a 422 that names the field, and nothing is kept."""
    await desk.sign("acme")
    answer = await desk.post("acme", QUESTION, body)
    assert answer.status_code == 422, answer.text
    assert field in {each["field"] for each in answer.json()["errors"]}
    assert (await desk.get("acme", QUESTION)).status_code == 404


@pytest.mark.parametrize("raw", [b"[]", b"{", b'"x"', b"\xff", b"null"])
async def test_what_is_no_object_is_a_bad_request(desk: Desk, raw: bytes) -> None:
    """A body that is no JSON object is told so."""
    await desk.sign("acme")
    headers = desk.headers("acme") | {"Idempotency-Key": "k1"}
    answer = await desk.http.post(QUESTION, content=raw, headers=headers)
    assert answer.status_code == 400
    assert "no JSON object" in answer.json()["detail"]


async def test_hostile_texts_stay_texts(desk: Desk) -> None:
    """Whatever somebody writes is kept and given back as it is, as JSON or bytes, and never as a page."""
    await desk.sign("acme")
    await desk.say("acme", QUESTION, {"items": [HOSTILE]})
    answer = await desk.get("acme", QUESTION)
    assert answer.headers["content-type"] == "application/json"
    assert answer.json()["record"]["asked"]["items"] == [HOSTILE]
    await desk.say("operator", f"{QUESTION}/answers", {"answers": [{"item": 1, "text": HOSTILE}]})
    assert desk.of(AssuranceAnswered)


async def test_documents_are_kept_by_their_hash_and_bounded(desk: Desk) -> None:
    """The same bytes are one document; they come back as a download; beyond the bound none is kept."""
    await desk.sign("acme", "borealis")
    page = b"<script>alert(1)</script>"
    headers = desk.headers("acme")
    path = "/clients/acme/documents"
    kept = await desk.http.post(path, params={"name": 'a"b.html'}, content=page, headers=headers)
    assert kept.status_code == 201, kept.text
    again = await desk.http.post(path, params={"name": "other.html"}, content=page, headers=headers)
    assert again.json()["sha256"] == kept.json()["sha256"]
    read = await desk.get("acme", f"{path}/{kept.json()['sha256']}")
    assert read.content == page
    assert read.headers["content-type"] == "application/octet-stream"
    assert read.headers["x-content-type-options"] == "nosniff"
    assert read.headers["content-disposition"] == "attachment; filename*=UTF-8''a%22b.html"
    assert (await desk.get("borealis", f"{path}/{kept.json()['sha256']}")).status_code == 404
    assert (await desk.get("borealis", f"/clients/borealis/documents/{kept.json()['sha256']}")).status_code == 404
    for n in range(4):
        more = await desk.http.post(path, params={"name": f"{n}"}, content=str(n).encode(), headers=headers)
        assert more.status_code == 201
    full = await desk.http.post(path, params={"name": "6"}, content=b"six", headers=headers)
    assert full.status_code == 409
    large = await desk.http.post(path, params={"name": "l"}, content=b"x" * (1024 * 1024 + 1), headers=headers)
    assert large.status_code == 413
    empty = await desk.http.post(path, params={"name": "e"}, headers=headers)
    assert empty.status_code == 422


async def test_an_audits_report_is_confidential(desk: Desk) -> None:
    """§7: report, findings and the journal are for those who may see them, the document itself too."""
    await desk.sign("acme")
    await desk.tell_breach("acme")
    await desk.request()
    await desk.prepare()
    await desk.say("operator", f"{AUDIT}/escort", {"name": "N. Petit", "function": "Security"})
    await desk.at(date(2027, 2, 15))
    await desk.say("operator", f"{AUDIT}/beginning")
    report = await desk.http.post(
        "/clients/acme/documents", params={"name": "report.pdf"}, content=b"secret", headers=desk.headers("acme")
    )
    await desk.say("acme", f"{AUDIT}/findings/f1", {"text": "A secret."})
    await desk.say("acme", f"{AUDIT}/report", {"report": report.json()})
    path = f"/clients/acme/documents/{report.json()['sha256']}"
    assert (await desk.get("acme/administrator", path)).status_code == 403
    assert (await desk.get("acme", path)).content == b"secret"
    seen = (await desk.get("acme/administrator", AUDIT)).json()["record"]
    assert (seen["report"], seen["findings"]) == (None, [])
    assert (await desk.get("acme/administrator", f"{AUDIT}/journal")).status_code == 403
    assert (await desk.get("auditor", AUDIT)).json()["record"]["findings"][0]["found"]["text"] == "A secret."


async def test_another_clients_records_are_not_there(desk: Desk) -> None:
    """§12: what is another client's is answered as what doesn't exist, to read and to say."""
    await desk.sign("acme", "borealis")
    await desk.say("acme", QUESTION, {"items": ["Where?"]})
    nowhere = (await desk.get("acme", "/clients/acme/questions/none")).json()
    for answer in (
        await desk.get("borealis", QUESTION),
        await desk.get("borealis", f"{QUESTION}/journal"),
        await desk.post("borealis", f"{QUESTION}/insufficiency", {"reason": "."}),
        await desk.post("acme", "/clients/acme/questions/none/insufficiency", {"reason": "."}),
    ):
        assert answer.status_code == 404
        assert answer.json() == nowhere
    assert (await desk.get("borealis", "/matters/questions")).json()["items"] == []
    await desk.say("borealis", "/clients/borealis/questions/q1", {"items": ["Same id?"]})
    assert (await desk.get("acme", QUESTION)).json()["record"]["asked"]["items"] == ["Where?"]


async def test_lists_have_pages_and_filters(desk: Desk) -> None:
    """Staff read all clients' matters, or one client's, page by page."""
    await desk.sign("acme", "borealis")
    for client_id in ("acme", "borealis"):
        for n in range(3):
            await desk.say(client_id, f"/clients/{client_id}/questions/q{n}", {"items": ["?"]})
    first = (await desk.get("operator", "/matters/questions", limit=4)).json()
    rest = (await desk.get("operator", "/matters/questions", limit=4, cursor=first["next"])).json()
    ids = [(each["client_id"], each["matter_id"]) for each in first["items"] + rest["items"]]
    assert ids == [(client_id, f"q{n}") for client_id in ("borealis", "acme") for n in (2, 1, 0)]
    assert rest["next"] is None
    own = (await desk.get("operator", "/matters/questions", client="acme", open="true")).json()["items"]
    assert {each["client_id"] for each in own} == {"acme"}
    assert (await desk.get("operator", "/matters/questions", cursor="x")).status_code == 400
    assert (await desk.get("acme/manager", "/matters/questions")).status_code == 403


async def test_an_amendment_binds_from_its_day(desk: Desk) -> None:
    """§15: the version that was signed last by a day binds on it; of two words about one day the later."""
    await desk.sign("acme", signed_on=date(2026, 2, 2))
    days = [date(2026, 1, 1), date(2026, 2, 2), date(2026, 11, 30), date(2026, 12, 1), date(2027, 6, 1)]
    async with desk.runtime.processor.transaction() as tx:
        for version, signed_on in (("3", date(2027, 1, 1)), ("2", date(2026, 12, 1)), ("4", date(2027, 1, 1))):
            await client_store.sign(tx, "acme", Signed("quicktalk", version), signed_on)
    bound = [await client_store.load_client(desk.runtime.pool, "acme", day) for day in days]
    assert [None if each is None else each.signed.version for each in bound] == ["1", "1", "1", "2", "4"]


async def test_what_is_open_overdue_held_and_bound_is_counted(desk: Desk) -> None:
    """An SRE sees by kind what waits, and no client's name."""
    await desk.sign("acme")
    await desk.say("acme", QUESTION, {"items": ["Where?"]})
    await desk.say("acme", "/clients/acme/assistance/h1", {"kind": "dpia", "text": "Help."})
    measures = (await desk.get("operator", "/agreements/quicktalk/measures")).json()["proposed"]["measures"]
    await desk.say("operator", "/agreements/quicktalk/measures/v2", {"measures": measures[1:], "reason": "."})
    await desk.say("dpo", "/staff/undertakings", {"person": "ada", "basis": "law", "given_on": "2026-11-24"})
    await desk.at(date(2026, 12, 23))
    await desk.say("operator", "/clients/acme/assistance/h1/result", {"text": "Here."})
    watch = Watch(desk.app.book, desk.runtime)
    await watch.look()
    shown = generate_latest(desk.runtime.metrics.registry).decode()
    assert 'dutiful_assurance_open{kind="question",service="assurance"} 1.0' in shown
    assert 'dutiful_assurance_overdue{kind="question",service="assurance"} 1.0' in shown
    assert 'dutiful_assurance_open{kind="assistance",service="assurance"} 0.0' in shown
    assert 'dutiful_measures_held{service="assurance"} 1.0' in shown
    assert 'dutiful_undertakings{service="assurance"} 1.0' in shown
    assert "acme" not in shown


def test_the_api_describes_every_word(desk: Desk) -> None:
    """Each operation has the schema of its event's own fields, and neither whose it is nor who says it."""
    described = desk.app.api(desk.runtime).openapi()
    posts = [
        item["post"]["requestBody"]["content"]["application/json"]["schema"]
        for path, item in described["paths"].items()
        if "post" in item and not path.endswith("/documents")
    ]
    assert (
        len(posts)
        == sum(
            name.partition(".")[0] in {"question", "audit", "assistance", "dispute", "measure", "staff"}
            for name in EVENTS
        )
        + 1
    )
    for schema in posts:
        assert not {"client_id", "said_by"} & schema["properties"].keys()
        assert schema["additionalProperties"] is False
