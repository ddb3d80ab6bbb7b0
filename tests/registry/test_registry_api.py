"""What the registry's API tells of the list and of the changes, as of any day and as it was known at any instant."""

import csv
from datetime import date

import pytest
from tests.desk import Json
from tests.registry.desk import Desk, addition

from chassis.pages import encode_cursor
from contracts.subprocessor import SubprocessorCorrected, WrittenAgreement
from subprocessor_registry.changes import facts_of

pytestmark = pytest.mark.servers
DAY = date(2026, 12, 9)  # ten clear working days after the day on which the desk opens


async def test_the_list_of_a_day_is_told_as_it_was_known_at_an_instant(desk: Desk) -> None:
    """After an addition and a correction, a past day reads as it was then, or as it is known now."""
    before_at = desk.clock.now()
    await desk.reach_day(await desk.announce(), DAY)
    added_at = desk.clock.now()
    correction = addition().model_dump(exclude={"effective_on", "name"})
    await desk.hear(SubprocessorCorrected(**correction, name="Voix SAS", reason="its name was cut short"))

    async def named(on: str, known_at: str | None = None) -> list[str]:
        query = {"on": on} | ({"known_at": known_at} if known_at else {})
        answer = await desk.get("operator", "/sub-processors", **query)
        return [item["name"] for item in answer.json()["items"] if item["subprocessor_id"] == "voix"]

    assert await named("2026-12-08") == []
    assert await named("2026-12-09") == ["Voix SAS"]
    assert await named("2026-12-09", added_at.isoformat()) == ["Voix"]
    assert await named("2026-12-09", before_at.isoformat()) == []
    assert await named("2030-01-01") == ["Voix SAS"]


async def test_the_first_list_is_the_agreements(desk: Desk) -> None:
    """A super administrator reads Appendix B whole on the day that the agreement states, and nothing the day before."""
    first = desk.book.latest.version_on
    items = (await desk.get("acme", "/sub-processors", on=first.isoformat())).json()["items"]
    assert {item["subprocessor_id"] for item in items} == {each.id for each in desk.book.latest.sub_processors}
    assert items[0]["listed_from"] == first.isoformat()
    assert items[0]["change_id"] == "agreement"
    answer = await desk.get("acme", "/sub-processors", on=first.replace(year=first.year - 1).isoformat())
    assert answer.json() == {"items": []}


async def test_a_written_agreement_is_shown_as_evidence_only_where_it_is_confirmed(desk: Desk) -> None:
    """§4.1: a placeholder of the agreement's own list is called one in every form, until a publisher confirms it."""
    line = next(each for each in desk.book.latest.sub_processors if each.id == "bics")
    assert await _confirmed(desk) == "false"
    page = await desk.get("acme", "/sub-processors", format="html")
    assert '<th scope="col">written agreement confirmed</th>' in page.text
    facts = facts_of(line).model_dump(exclude={"written_agreement"})
    agreed = WrittenAgreement(reference="BICS-2026-3", signed_on=date(2026, 3, 2))
    await desk.hear(
        SubprocessorCorrected.model_validate(
            {"subprocessor_id": "bics", "reason": "it was found", "written_agreement": agreed} | facts
        )
    )
    assert await _confirmed(desk) == "true"


async def _confirmed(desk: Desk) -> str:
    """What the list says of one written agreement, the same as CSV and as JSON."""
    items = (await desk.get("acme", "/sub-processors")).json()["items"]
    lines = csv.DictReader((await desk.get("acme", "/sub-processors", format="csv")).text.splitlines())
    (said,) = [each["written_agreement_confirmed"] for each in lines if each["subprocessor_id"] == "bics"]
    (item,) = [each["written_agreement_confirmed"] for each in items if each["subprocessor_id"] == "bics"]
    assert said.lower() == str(item).lower()
    return said.lower()


@pytest.mark.parametrize(
    ("form", "accept", "media_type", "said"),
    [
        (None, "text/html,*/*", "text/html", '<th scope="col">mechanism</th>'),
        (None, "text/csv", "text/csv", "subprocessor_id,name,actions"),
        ("csv", "text/html", "text/csv", "Storage of our databases; Cloud service"),
        ("json", "text/html", "application/json", '"location":"FR"'),
    ],
)
async def test_the_list_comes_in_three_forms(
    desk: Desk, form: str | None, accept: str, media_type: str, said: str
) -> None:
    """JSON, CSV or a page: by `format`, or else by what the caller accepts."""
    answer = await desk.http.get(
        "/sub-processors",
        params={"format": form} if form else {},
        headers=desk.headers("operator") | {"Accept": accept},
    )
    assert answer.headers["content-type"].partition(";")[0] == media_type
    assert said in answer.text


async def test_history_rewrites_nothing(desk: Desk) -> None:
    """A corrected line stays readable, with the instant at which it was replaced; an unknown one isn't there."""
    await desk.reach_day(await desk.announce(), DAY)
    correction = addition().model_dump(exclude={"effective_on", "name"})
    await desk.hear(SubprocessorCorrected(**correction, name="Voix SAS", reason="its name was cut short"))
    lines = (await desk.get("auditor", "/sub-processors/voix/history")).json()
    assert [line["facts"]["name"] for line in lines] == ["Voix", "Voix SAS"]
    assert lines[0]["replaced_at"] == lines[1]["recorded_at"]
    assert lines[1]["replaced_at"] is None
    assert (await desk.get("auditor", "/sub-processors/nobody/history")).status_code == 404


async def test_a_change_explains_its_day(desk: Desk) -> None:
    """A day that is too early is moved, with each step that led to the new one."""
    change_id = await desk.announce(addition(effective_on=date(2026, 12, 1)))
    change = (await desk.get("operator", f"/changes/{change_id}")).json()
    assert (change["status"], change["kind"], change["moved"]) == ("announced", "addition", True)
    assert (change["requested_on"], change["effective_on"]) == ("2026-12-01", "2026-12-09")
    assert change["reckoning"]["because"][-1] == "2026-12-01 was asked for and is too early: moved to 2026-12-09"
    assert change["reckoning"]["clause"] == "4.3"


async def test_a_publisher_reads_why_it_was_refused(desk: Desk) -> None:
    """Refused changes are among the others, with the reason and its clause."""
    await desk.announce(addition(location="US"))
    refused = (await desk.get("operator", "/changes", status="refused")).json()["items"]
    assert [change["subprocessor_id"] for change in refused] == ["voix"]
    assert refused[0]["reason"].startswith("transfer.mechanism 'none' does not cover this transfer")
    assert refused[0]["clause"] == desk.book.latest.transfers.clause


async def test_a_client_reads_its_own_standing_and_staff_read_counts(desk: Desk) -> None:
    """The client sees its window, with its days; staff see how many stand where, and each client's window."""
    await desk.sign("acme", "blue", "core")
    change_id = await desk.announce()
    await desk.receive(change_id, "acme")
    own = (await desk.get("acme", f"/changes/{change_id}")).json()
    assert own["standing"]["status"] == "window_open"
    assert own["standing"]["last_day_on"] == "2026-12-08"
    assert own["clients"] is None
    seen = (await desk.get("auditor", f"/changes/{change_id}")).json()
    assert seen["standing"] is None
    assert seen["clients"] == {"awaiting_receipt": 2, "window_open": 1}
    waiting = await desk.get("auditor", f"/changes/{change_id}/clients", status="awaiting_receipt")
    assert [client["client_id"] for client in waiting.json()["items"]] == ["blue", "core"]


async def test_a_client_sees_the_changes_that_concern_it(desk: Desk) -> None:
    """A change that was withdrawn before the client signed, or refused, is not there for it."""
    await desk.announce(addition(location="US"))
    await desk.sign("acme")
    change_id = await desk.announce()
    own = (await desk.get("acme", "/changes")).json()["items"]
    assert [change["change_id"] for change in own] == [change_id]


@pytest.mark.parametrize(
    "path", ["/changes", "/changes/{}/clients", "/changes/{}/objections", "/changes/{}/mitigations", "/permissions"]
)
async def test_pages_show_everything_once(desk: Desk, path: str) -> None:
    """By one item a page one comes to the same items in the same order as at once."""
    await desk.sign("acme", "blue", "core")
    await desk.announce(addition(subprocessor_id="other", name="Other"))
    change_id = await desk.announce()
    for client_id in ("acme", "blue", "core"):
        await desk.post(client_id, f"/changes/{change_id}/objections", {"ground": "legal_obligation"})
        offer: Json = {"client_id": client_id, "kind": "configuration", "description": "without it"}
        await desk.post("dpo", f"/changes/{change_id}/mitigations", offer)
    whole = (await desk.get("operator", path.format(change_id), limit=500)).json()
    assert whole["next"] is None
    assert len(whole["items"]) > 1
    page = (await desk.get("operator", path.format(change_id), limit=1)).json()
    seen = page["items"]
    while page["next"]:
        page = (await desk.get("operator", path.format(change_id), limit=1, cursor=page["next"])).json()
        seen += page["items"]
    assert seen == whole["items"]


@pytest.mark.parametrize(
    ("path", "query", "status"),
    [
        ("/changes", {"cursor": "bm90IG91cnM"}, 400),
        ("/changes", {"cursor": encode_cursor(10**30)}, 400),
        ("/changes", {"status": "lost"}, 422),
        ("/changes", {"limit": 0}, 422),
        ("/changes/no-such-change", {}, 404),
        ("/changes/no-such-change/clients", {}, 404),
        ("/changes/no-such-change/objections", {}, 404),
        ("/changes/%00", {}, 422),
        ("/sub-processors", {"on": "someday"}, 422),
        ("/sub-processors", {"known_at": "2026-12-01T00:00:00"}, 422),
        ("/sub-processors", {"format": "pdf"}, 422),
    ],
)
async def test_a_wrong_question_is_told_what_is_wrong(
    desk: Desk, path: str, query: dict[str, str | int], status: int
) -> None:
    """Every error is a problem (RFC 9457) with its status in it."""
    answer = await desk.get("operator", path, **query)
    assert (answer.status_code, answer.json()["status"]) == (status, status)
    assert answer.headers["content-type"] == "application/problem+json"


async def test_every_operation_is_described(desk: Desk) -> None:
    """The OpenAPI document has a summary for each operation and a schema for each answer."""
    described = (await desk.http.get("/openapi.json")).json()
    for path, operations in described["paths"].items():
        for operation in operations.values():
            assert operation["summary"], path
            good = next(answer for status, answer in operation["responses"].items() if status.startswith("2"))
            assert good["content"]["application/json"]["schema"], path
