"""What-if through the API: the answer is what the announcement would do, and nothing of it stays (§4.3, §8.2)."""

from datetime import date, timedelta
from typing import Any

import pytest
from tests.registry.desk import Desk, addition

from contracts.subprocessor import SubprocessorAdded, SubprocessorRemoved
from subprocessor_registry.changes import facts_of

pytestmark = pytest.mark.servers
DAY = date(2026, 12, 9)  # ten clear working days after the day on which the desk opens


async def test_a_simulation_says_what_the_announcement_does(desk: Desk) -> None:
    """The day, the way to it, the clients and the overtaken change are those of the announcement that follows."""
    await desk.sign("acme", "blue")
    planned = await desk.announce()
    wished = addition(actions=("speech to text", "storage"), effective_on=date(2026, 11, 30))
    said = await _simulate(desk, wished)
    assert said["verdict"] == "announced"
    announced = said["announcement"]
    assert (announced["notified"], announced["clients"], announced["overtakes"]) == (2, ["acme", "blue"], planned)
    assert (announced["moved"], announced["notice_until_on"]) == (True, "2026-11-24")
    change_id = await desk.announce(wished)
    change = (await desk.get("operator", f"/changes/{change_id}")).json()
    assert announced["effective_on"] == change["effective_on"]
    assert announced["because"] == change["reckoning"]["because"]
    assert announced["kind"] == change["kind"]
    assert change["clients"] == {"awaiting_receipt": announced["notified"]}
    assert (await desk.get("operator", f"/changes/{planned}")).json()["status"] == "withdrawn"


async def test_a_simulation_leaves_no_trace(desk: Desk) -> None:
    """Not a row of any table is added or changed."""
    await desk.sign("acme")
    before = await _everything(desk)
    for wished in (addition(), addition(location="US"), addition(subprocessor_id="brevo")):
        await _simulate(desk, wished)
    assert await _everything(desk) == before


async def test_a_simulation_gives_the_reason_of_a_refusal(desk: Desk) -> None:
    """Outside the EEA without a mechanism: refused by 8.2, with what would do."""
    said = await _simulate(desk, addition(location="US"))
    assert (said["verdict"], said["clause"], said["announcement"]) == ("refused", "8.2", None)
    assert said["reason"] == f"transfer.mechanism 'none' does not cover this transfer: {said['transfer']['because']}"
    assert (said["transfer"]["needed"], said["transfer"]["covered"]) == (True, False)
    assert "scc" in said["transfer"]["accepts"]


async def test_a_simulation_of_no_json_object_is_refused(desk: Desk) -> None:
    """A list is no announcement: refused in the usual words, and no error of ours."""
    answer = await desk.post("operator", "/simulations", ["a"])  # type: ignore[arg-type]  # what a client may do
    assert answer.status_code == 422, answer.text


async def test_a_simulation_tells_a_correction_from_a_change(desk: Desk) -> None:
    """Another name alone is corrected without notice; nobody would be told."""
    await desk.reach_day(await desk.announce(), DAY)
    said = await _simulate(desk, addition(name="Voix SAS"))
    assert (said["verdict"], said["corrected"], said["announcement"]) == ("corrected", ["name"], None)
    said = await _simulate(desk, addition(location="FR"))
    assert (said["verdict"], said["announcement"]["kind"]) == ("announced", "modification")


async def test_a_simulation_names_the_windows_of_other_changes(desk: Desk) -> None:
    """Who could still object to what on that day; a window that is over by then is not among them."""
    await desk.sign("acme", "blue", "core")
    other = await desk.announce(addition(subprocessor_id="other", name="Other"))
    await desk.receive(other, "blue")
    assert (await _simulate(desk, addition()))["open_windows"] == [
        {
            "change_id": other,
            "subprocessor_id": "other",
            "effective_on": "2026-12-09",
            "awaiting_receipt": 2,
            "window_open": 1,
            "last_day_on": "2026-12-08",
            "clients": ["blue"],
        }
    ]
    later = (await _simulate(desk, addition(), on="2026-12-09"))["open_windows"]
    assert [(each["awaiting_receipt"], each["window_open"]) for each in later] == [(2, 0)]
    assert (await _simulate(desk, addition(subprocessor_id="other", name="Else")))["open_windows"] == []


async def test_a_simulation_counts_from_the_day_that_is_given(desk: Desk) -> None:
    """A week later the first lawful day is a week later."""
    today = (await _simulate(desk, addition()))["announcement"]["effective_on"]
    later = (await _simulate(desk, addition(), on="2026-12-01"))["announcement"]["effective_on"]
    assert date.fromisoformat(later) - date.fromisoformat(today) == timedelta(days=7)


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"location": "Germany"}, "location"),
        ({"effective_on": "soon"}, "effective_on"),
        ({"actions": []}, "actions"),
        ({"written_agreement": {"reference": "DPA-7"}}, "written_agreement.signed_on"),
    ],
)
async def test_a_wrong_event_is_told_by_its_field(desk: Desk, changed: dict[str, object], field: str) -> None:
    """The body is checked as the event itself would be."""
    answer = await desk.post("dpo", "/simulations", addition().model_dump(mode="json") | changed)
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == [field]


@pytest.mark.parametrize("changed", [{"on": "9999-12-31"}, {"on": "0001-01-01"}])
async def test_a_day_of_announcement_beyond_the_calendar_is_a_problem(desk: Desk, changed: dict[str, str]) -> None:
    """No calendar says which days are worked then."""
    answer = await desk.post("dpo", "/simulations", addition().model_dump(mode="json") | changed)
    assert answer.status_code == 422
    assert answer.json()["detail"]


async def _simulate(desk: Desk, wished: SubprocessorAdded, **more: str) -> dict[str, Any]:
    answer = await desk.post("dpo", "/simulations", wished.model_dump(mode="json") | more)
    assert answer.status_code == 200, answer.text
    said: dict[str, Any] = answer.json()
    return said


async def _everything(desk: Desk) -> dict[str, object]:
    async with desk.runtime.pool.acquire() as connection:
        tables = await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = current_schema()")
        return {row[0]: await connection.fetch(f"SELECT * FROM {row[0]} ORDER BY 1") for row in tables}


async def test_to_ask_for_what_is_listed_would_take_back_what_is_planned(desk: Desk) -> None:
    """§4.3: the verdict says so, and nothing would be announced."""
    line = desk.book.latest.sub_processors[0]
    await desk.announce(SubprocessorRemoved(subprocessor_id=line.id))
    listed = {"subprocessor_id": line.id} | facts_of(line).model_dump(exclude_none=True)
    simulated = await _simulate(desk, SubprocessorAdded.model_validate(listed))
    assert (simulated["verdict"], simulated["announcement"]) == ("withdrawn", None)
