"""The API: what operators say and read, what a client reads of itself alone, and who may what (§6, §12, App. C 9)."""

from typing import Any

import pytest
from tests.breach.desk import HOUR, INCIDENT, Desk, Json

from contracts.incident import IncidentDossierSubmitted, IncidentNoticeOrdered, NoticeKind, Submission

pytestmark = pytest.mark.servers
OPEN: Json = {
    "incident_id": INCIDENT,
    "description": "An export of call logs",
    "detected_at": "2026-11-24T08:00:00Z",
    "client_ids": ["acme"],
}
NATURE: Json = {"code": "nature", "text": {"en": "Call logs were copied.", "fr": "Des journaux ont été copiés."}}


async def say(desk: Desk, what: str, body: Json, status: int = 201, **more: str) -> Any:  # noqa: ANN401 - JSON of any shape
    """The DPO says something of the incident."""
    answer = await desk.post("dpo", f"/incidents/{INCIDENT}/{what}", body, **more)
    assert answer.status_code == status, answer.text
    await desk.settle()
    return answer.json()


async def opened(desk: Desk, *, aware: bool = True) -> Any:  # noqa: ANN401 - JSON of any shape
    """Two clients, an incident of one of them."""
    await desk.sign("acme", "borealis")
    body = OPEN | ({"aware_at": "2026-11-24T08:30:00Z"} if aware else {})
    answer = await desk.post("operator", "/incidents", body)
    assert answer.status_code == 201, answer.text
    await desk.settle()
    return answer.json()


async def test_every_answer_shows_the_time_left(desk: Desk) -> None:
    """An incident opened with awareness answers with its clocks; the same key again changes nothing."""
    seen = await opened(desk)
    left = {each["clock"]: each["seconds_left"] for each in seen["clocks"]}
    assert 71.4 * 3600 < left["clients"] < 71.6 * 3600
    assert 23.4 * 3600 < left["telecom_611_2013"] < 23.6 * 3600
    body: Json = {"update_id": "u1", "as_of": "2026-11-24T09:00:00Z", "text": {"en": "More."}}
    assert (await say(desk, "updates", body, key="once"))["updates"] == 1
    assert (await say(desk, "updates", body, key="once"))["updates"] == 1
    assert desk.told(NoticeKind.BREACH_UPDATE) == ["acme"]
    await say(desk, "updates", body, status=422)


async def test_a_key_is_good_for_one_act(desk: Desk) -> None:
    """The same key with another body or for another act is a 422 that names it; another order is no other body."""
    await opened(desk)
    body: Json = {"update_id": "u1", "as_of": "2026-11-24T09:00:00Z", "text": {"en": "More."}}
    await say(desk, "updates", body, key="once")
    await say(desk, "updates", dict(reversed(body.items())), key="once")
    others: list[tuple[str, Json]] = [("updates", body | {"update_id": "u2"}), ("closure", {"reason": "Over."})]
    for path, other in others:
        refused = await say(desk, path, other, status=422, key="once")
        assert refused["errors"][0]["field"] == "Idempotency-Key"
    assert (await desk.incident())["updates"] == 1


async def test_a_refusal_names_its_field_and_reason(desk: Desk) -> None:
    """422 with the field, 409 where no field is wrong, 404 where there is no incident; all in the journal."""
    await opened(desk)
    early: Json = {"aware_at": "2026-11-24T07:59:59Z", "reason": "It was seen."}
    assert "before the detection" in (await say(desk, "awareness", early, status=422))["errors"][0]["message"]
    far: Json = {"clock": "lunar", "notify": True, "reason": "Why not."}
    assert (await say(desk, "decisions", far, status=422))["errors"][0]["field"] == "clock"
    bad: Json = {"entries": [{"code": "nature", "standing": "rumoured"}]}
    assert "entries.0.standing" in (await say(desk, "dossier", bad, status=422))["detail"]
    lacking = await say(desk, "closure", {"reason": "Over."}, status=422)
    assert "cause, measures, last_update" in lacking["detail"]
    assert (await say(desk, "reopening", {"reason": "Why not."}, status=409))["detail"] == "it is established"
    assert (await desk.post("dpo", "/incidents/nowhere/closure", {"reason": "Over."})).status_code == 404
    journal = (await desk.get("auditor", f"/incidents/{INCIDENT}/journal")).json()["items"]
    assert [each["data"]["what"] for each in journal if each["what"] == "incident.refused"] == [
        "breach.awareness_recorded",
        "breach.authority_decided",
        "breach.closed",
        "breach.reopened",
    ]


async def test_the_dossier_from_initial_to_complete(desk: Desk) -> None:
    """BRE-4: what is missing is named, approximate is enough; initial, complementary, complete; JSON and paper."""
    await opened(desk)
    await say(desk, "dossier", {"entries": [NATURE, {"code": "records", "standing": "unknown"}]})
    await say(desk, "decisions", {"clock": "gdpr_33", "notify": True, "reason": "A risk can't be excluded."})
    sent: Json = {"clock": "gdpr_33", "submitted_at": "2026-11-24T09:00:00Z", "reference": "N-1"}
    after = await say(desk, "notifications", sent)
    stopped = {each["clock"]: each["stopped_why"] for each in after["clocks"]}
    assert (stopped["gdpr_33"], stopped["telecom_611_2013"]) == ("notified", None)
    words = {"en": "So it was."}
    rest: list[Json] = [
        {"code": each, "text": words} for each in ("contact", "consequences", "measures", "cause", "discovery")
    ]
    rest += [{"code": "type", "choices": ["confidentiality"]}, {"code": "origin", "choices": ["external_malicious"]}]
    rest += [{"code": each, "standing": "approximate", "number": 900} for each in ("data_subjects", "records")]
    await say(desk, "dossier", {"entries": rest[:3]})
    await say(desk, "notifications", sent)
    await say(desk, "dossier", {"entries": rest})
    await say(desk, "notifications", sent)
    submitted = desk.of(IncidentDossierSubmitted)
    assert [each.kind for each in submitted] == [Submission.INITIAL, Submission.COMPLEMENTARY, Submission.COMPLETE]
    assert "records" in submitted[0].missing
    assert "nature" not in submitted[0].missing
    kept = (await desk.get("dpo", f"/incidents/{INCIDENT}/notifications")).json()
    assert [len(each["entries"]) for each in kept] == [3, 5, 10]  # the contact is the agreement's
    document = (await desk.get("dpo", f"/incidents/{INCIDENT}/dossier")).json()
    assert (document["authority"], document["missing"], document["would_be"]) == ("CNIL", [], "complete")
    elements = {each["code"]: each["entered"] for each in document["elements"]}
    assert (elements["records"]["standing"], elements["records"]["number"]) == ("approximate", 900)
    assert elements["lateness"] is None
    assert document["decisions"]["gdpr_33"]["decided_by"] == "dpo@example"
    paper = await desk.get("dpo", f"/incidents/{INCIDENT}/dossier/pdf")
    assert paper.content.startswith(b"%PDF")
    assert b"dossier.json" in paper.content


async def test_a_late_notification_needs_its_reason(desk: Desk) -> None:
    """BRE-4: past its clock the lateness is asked for by name; the reason that is given fills it."""
    await opened(desk)
    await desk.pass_hours(80)
    assert "lateness" in (await desk.incident())["missing"]
    why: Json = {"clock": "gdpr_33", "reason": {"en": "The log was found today."}}
    seen = await say(desk, "delays", why)
    assert "lateness" not in seen["missing"]
    assert seen["entries"]["lateness"]["text"]["en"] == "The log was found today."


async def test_a_decision_not_to_notify_stops_its_clock_and_can_be_taken_back(desk: Desk) -> None:
    """BRE-4: with reason and person, either way."""
    await opened(desk)
    no: Json = {"clock": "telecom_611_2013", "notify": False, "reason": "Counsel: it doesn't bind us."}
    await say(desk, "decisions", no)
    stopped = {each["clock"]: each["stopped_why"] for each in (await desk.incident())["clocks"]}
    assert stopped["telecom_611_2013"] == "not_notified"
    seen = await say(desk, "decisions", no | {"notify": True, "reason": "Counsel: it does."})
    assert {each["clock"]: each["running"] for each in seen["clocks"]}["telecom_611_2013"] == 1


async def test_severity_is_advice(desk: Desk) -> None:
    """ENISA: the score, its band and each choice are kept; telling clients waits for nothing of it."""
    await opened(desk)
    assert desk.told() == ["acme"]
    body: Json = {
        "data_context": 3,
        "data_context_because": "Call logs",
        "ease": "significant",
        "ease_because": "Numbers",
        "circumstances": [
            {"aspect": "confidentiality", "extent": "full", "because": "Copied"},
            {"aspect": "malicious_intent", "extent": "full", "because": "Stolen"},
        ],
    }
    seen = await say(desk, "severity", body)
    assert (seen["severity"]["score"], seen["severity"]["severity"]) == (3.25, "high")
    assert len(seen["severity"]["because"]) == 4


async def test_a_client_reads_its_breaches_and_nobody_else_s(desk: Desk) -> None:
    """BRE-2, CON-1: what affects it, its updates and steps, not what is internal; another's doesn't exist for it."""
    await opened(desk)
    step: Json = {"taken_at": "2026-11-24T08:45:00Z", "taken_by": "N. Petit", "kind": "containment"}
    await say(desk, "steps", step | {"step_id": "s1", "text": {"en": "Locked."}})
    await say(desk, "steps", step | {"step_id": "s2", "text": {"en": "Called the police."}, "internal": True})
    await say(desk, "updates", {"update_id": "u1", "as_of": "2026-11-24T09:00:00Z", "text": {"en": "One account."}})
    await desk.receive("acme")
    (seen,) = (await desk.get("acme", "/clients/acme/breaches")).json()
    assert seen["told_at"]
    whole = (await desk.get("acme", f"/clients/acme/breaches/{INCIDENT}")).json()
    assert [each["text"]["en"] for each in whole["steps"]] == ["Locked."]
    assert [each["text"]["en"] for each in whole["phases"]] == ["One account."]
    assert "borealis" not in str(whole)
    assert (await desk.get("borealis", "/clients/borealis/breaches")).json() == []
    for path in (f"/clients/borealis/breaches/{INCIDENT}", "/clients/acme/breaches"):
        assert (await desk.get("borealis", path)).status_code == 404
    assert (await desk.post("borealis", f"/clients/borealis/breaches/{INCIDENT}/request")).status_code == 404
    assert (await desk.post("acme", f"/clients/acme/breaches/{INCIDENT}/request")).status_code == 201
    await desk.settle()
    assert desk.told(NoticeKind.BREACH_STATE) == ["acme"]


@pytest.mark.parametrize(
    ("who", "reads", "client_reads", "acts"),
    [
        ("operator", 200, 200, 201),
        ("dpo", 200, 200, 201),
        ("auditor", 200, 200, 403),
        ("acme/super_administrator", 403, 200, 403),
        ("acme/administrator", 403, 200, 403),
        ("acme/manager", 403, 403, 403),
        ("acme/user", 403, 403, 403),
    ],
)
async def test_a_role_may_what_its_rights_say(desk: Desk, who: str, reads: int, client_reads: int, acts: int) -> None:
    """SSO-1: staff see incidents whole; of a client those who must know, and of its own."""
    await opened(desk)
    for path in ("/incidents", f"/incidents/{INCIDENT}", f"/incidents/{INCIDENT}/dossier", "/register"):
        assert (await desk.get(who, path)).status_code == reads
    assert (await desk.get(who, "/clients/acme/breaches")).status_code == client_reads
    body: Json = {"aware_at": "2026-11-24T08:20:00Z", "reason": "Seen."}
    assert (await desk.post(who, f"/incidents/{INCIDENT}/awareness", body)).status_code == acts


async def test_the_register_holds_every_breach_in_three_forms(desk: Desk) -> None:
    """GDPR art. 33(5): the facts, the effects, what was done; dismissed ones as well."""
    await opened(desk)
    await desk.detect("borealis", incident="inc-2")
    assert (await desk.post("dpo", "/incidents/inc-2/closure", {"reason": "A drill."})).status_code == 201
    await say(desk, "dossier", {"entries": [NATURE]})
    await desk.receive("acme")
    rows = {each["incident_id"]: each for each in (await desk.get("auditor", "/register")).json()["items"]}
    assert rows[INCIDENT]["nature"] == "Call logs were copied. (known)"
    assert (rows[INCIDENT]["clients_affected"], rows[INCIDENT]["clients_told"]) == (1, 1)
    assert rows["inc-2"]["status"] == "dismissed"
    csv = await desk.get("auditor", "/register", format="csv")
    assert csv.text.startswith("incident_id,status,detected_at")
    page = await desk.get("auditor", "/register", format="html")
    assert "Register of personal data breaches" in page.text


async def test_a_list_of_incidents_goes_on_from_page_to_page(desk: Desk) -> None:
    """The newest first, by a cursor, and by how far they are."""
    await desk.sign("acme")
    for nth in range(3):
        await desk.detect("acme", incident=f"inc-{nth}")
    await desk.aware(incident="inc-1")
    first = (await desk.get("dpo", "/incidents", limit=2)).json()
    rest = (await desk.get("dpo", "/incidents", limit=2, cursor=first["next"])).json()
    assert [each["incident_id"] for each in first["items"] + rest["items"]] == ["inc-2", "inc-1", "inc-0"]
    suspected = (await desk.get("dpo", "/incidents", status="suspected")).json()["items"]
    assert [each["incident_id"] for each in suspected] == ["inc-2", "inc-0"]
    assert desk.of(IncidentNoticeOrdered)[0].deadline_at - desk.clock.now() < 72 * HOUR
