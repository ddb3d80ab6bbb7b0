"""What the record holds of whom, on a real database (EVI-1: §3.2, §7, §12)."""

from datetime import date, timedelta

import asyncpg
import pytest
from tests.console.desk import AT, Desk, ordered, received, removed, signed, told

from console.verifying import NotProven, prove_prefix, verify
from contracts.authority import AuthorityKind, AuthorityRequested, Ban
from contracts.breach import Origin
from contracts.dsar import DataSubjectRight, DsarReceived
from contracts.erasure import ErasureConfirmed, ErasureOrdered
from contracts.handling import HandlingClientNamed
from contracts.incident import IncidentClosed, IncidentOpened, IncidentReopened
from contracts.notice import NoticeFailed
from contracts.ordering import Method, Purpose, Scope
from contracts.request import RequestClosed, RequestKind, RequestMatched, RequestOpened

pytestmark = pytest.mark.servers
WORDS = "I am Marie Curie, delete what you have of me"


async def test_each_client_has_its_own_part_alone(desk: Desk) -> None:
    """§12: a fact about many clients is in each one's record, and names no other."""
    await desk.hear(ordered("acme", "blue"))
    for client_id, other in (("acme", "blue"), ("blue", "acme")):
        page = await desk.record(client_id)
        assert [each["type"] for each in page["items"]] == ["change.notice_ordered"]
        assert other not in str(page)
    assert (await desk.get("acme", "/clients/blue/record")).status_code == 404
    assert (await desk.get("acme", "/clients/blue/record/export")).status_code == 404
    assert (await desk.get("acme", "/clients/blue/promises")).status_code == 404
    assert (await desk.get("acme/administrator", "/clients/acme/record")).status_code == 403


async def test_a_message_twice_is_one_entry(desk: Desk) -> None:
    """A redelivered message changes nothing."""
    await desk.hear(received("acme", "n-1"), "same")
    await desk.hear(received("acme", "n-1"), "same")
    assert await desk.types("acme") == ["notice.received"]


async def test_an_entry_names_what_it_rests_on(desk: Desk) -> None:
    """Each fact has its clause: the one that the event names, or that of the promise in the agreement it signed."""
    await desk.hear(signed("acme"))
    await desk.hear(ordered("acme"))
    first, second = (await desk.record("acme"))["items"]
    assert (first["clause"], first["promises"]) == ("15", ["AME-1", "CLI-1"])
    assert (second["clause"], second["promises"]) == ("4.3", ["SUB-3"])
    assert second["entry"]["data"]["facts"] == {"name": "Translator"}


async def test_who_is_reached_where_is_there_by_its_hash_alone(desk: Desk) -> None:
    """A contact is a person: the record can't be erased, so it holds the hash."""
    await desk.hear(signed("acme"))
    data = (await desk.record("acme"))["items"][0]["entry"]["data"]
    assert len(data["contact_sha256"]) == 64
    assert "Ada" not in str(data)


async def test_the_record_is_filtered_and_paged(desk: Desk) -> None:
    """By clause, promise, type, time, and by what it is about; pages follow each other without a gap."""
    await desk.hear(signed("acme"))
    for number in range(5):
        await desk.hear(received("acme", f"n-{number}"))
    desk.clock.jump_to(desk.clock.now() + timedelta(hours=1))
    later = desk.clock.now().isoformat()
    await desk.hear(ordered("acme"))
    assert await desk.types("acme", clause="4.3") == ["change.notice_ordered"]
    assert await desk.types("acme", promise="AME-1") == ["client.signed"]
    assert len(await desk.types("acme", type="notice.received")) == 5
    assert await desk.types("acme", **{"from": later}) == ["change.notice_ordered"]
    assert len(await desk.types("acme", until=later)) == 6
    assert await desk.types("acme", about="n-3") == ["notice.received"]
    assert len(await desk.types("acme", about="change-1")) == 6
    seqs: list[int] = []
    page = await desk.record("acme", limit=3)
    while True:
        seqs += [each["seq"] for each in page["items"]]
        if page["next"] is None:
            break
        page = await desk.record("acme", limit=3, cursor=page["next"])
    assert seqs == list(range(1, 8))


async def test_a_matter_is_its_clients_as_soon_as_they_are_known(desk: Desk) -> None:
    """What was said of an incident before a client is told of it is in its record from then on, and what follows."""
    await desk.hear(
        IncidentOpened(incident_id="inc-1", origin=Origin.DETECTOR, detected_at=AT, suspected=True), "opened"
    )
    assert (await desk.get("auditor", "/clients/acme/record")).status_code == 404
    for client_id in ("acme", "blue"):
        await desk.hear(told("inc-1", client_id))
    await desk.hear(IncidentClosed(incident_id="inc-1", dismissed=False, closed_by="Ada", reason="blue was at fault"))
    for client_id in ("acme", "blue"):
        assert await desk.types(client_id) == ["incident.opened", "incident.notice_ordered", "incident.closed"]
    assert "blue" not in str(await desk.record("acme"))


async def test_an_order_about_many_says_to_each_its_own(desk: Desk) -> None:
    """§12: of an order to delete, each client has its own scope; of its confirmation, no sum over others."""
    scopes = (Scope(client_id="acme", cutoff_at=AT), Scope(client_id="blue", cutoff_at=AT + timedelta(days=1)))
    await desk.hear(
        ErasureOrdered(
            order_id="e-1",
            holder_id="h",
            due_at=AT,
            clause="Appendix A",
            category="call_logs",
            scopes=scopes,
            purpose=Purpose.ROLLING,
        )
    )
    await desk.hear(
        ErasureConfirmed(
            order_id="e-1",
            holder_id="h",
            started_at=AT,
            finished_at=AT,
            count=7,
            method=Method.PURGE,
            confirmed_by="h",
            evidence="acme 3, blue 4",
        )
    )
    first, second = (await desk.record("acme"))["items"]
    assert first["entry"]["data"]["scopes"] == [{"client_id": "acme", "cutoff_at": "2026-11-24T08:00:00Z"}]
    assert second["type"] == "erasure.confirmed"
    assert "count" not in second["entry"]["data"]
    assert "blue" not in str([first, second])


async def test_who_asks_is_in_no_record(desk: Desk) -> None:
    """What a requester wrote must be erased, so it never goes in (0021, 0022); the steps of its request do."""
    assert "dsar.received" not in desk.runtime.processor.router.routes
    assert {DsarReceived.TYPE, HandlingClientNamed.TYPE} & set(desk.runtime.processor.router.routes) == set()
    await desk.hear(RequestOpened(request_id="r-1", kind=RequestKind.DSAR, about="access", received_at=AT))
    await desk.hear(RequestMatched(request_id="r-1", client_id="acme", found_by="ada", because=WORDS, tell_by=AT))
    await desk.hear(RequestClosed(request_id="r-1", answered=False, closed_by="ada", reason=WORDS))
    page = await desk.record("acme")
    assert [each["type"] for each in page["items"]] == ["request.opened", "request.matched", "request.closed"]
    assert "Curie" not in str(page)
    assert DataSubjectRight.ACCESS in str(page)


async def test_what_is_under_a_ban_is_nowhere(desk: Desk) -> None:
    """§9: of an authority's request nothing is heard here until `requests` says it, after the ban."""
    requested = AuthorityRequested(
        request_id="a-1",
        authority="Court",
        kind=AuthorityKind.LAW_ENFORCEMENT,
        legal_basis="Code",
        received_at=AT,
        client_id="acme",
        text="all calls",
        ban=Ban(text="secret", until=date(2026, 12, 1)),
    )
    assert requested.TYPE not in desk.runtime.processor.router.routes
    assert not {"authority", "handling", "dsar", "term"} & set(desk.runtime.processor.router.topics)


async def test_the_database_itself_refuses_a_change(desk: Desk) -> None:
    """The table only grows: whoever writes SQL is refused too."""
    await desk.hear(received("acme", "n-1"))
    for statement in ("UPDATE entry SET body = 'x'", "DELETE FROM entry", "TRUNCATE entry"):
        with pytest.raises(asyncpg.PostgresError, match="only grows"):
            await desk.runtime.pool.execute(statement)


async def test_an_export_proves_itself_and_what_was_before(desk: Desk) -> None:
    """§7: one file, whole, signed; an older export is how it begins; and both forms of a rewriting are found."""
    await desk.hear(removed())
    await desk.hear(signed("acme"))
    await desk.hear(received("acme", "n-1"))
    older = verify(await desk.export("acme"), desk.public_key)
    assert older.hashes.keys() == {"all", "client/acme"}
    await desk.hear(received("acme", "n-2"))
    await desk.hear(received("blue", "n-3"))
    lines = await desk.export("acme", "acme")
    newer = verify(lines, desk.public_key)
    assert {chain: len(hashes) for chain, hashes in newer.hashes.items()} == {"all": 1, "client/acme": 3}
    assert newer.header["agreement"] == {"id": "quicktalk", "version": "1", "title": "Data Processing Agreement"}
    assert str(newer.header["complete_from"]).startswith("2026-11-24T09:00:00.")
    assert b"blue" not in b"".join(lines)
    prove_prefix(older, newer)
    with pytest.raises(NotProven, match="some are gone"):
        prove_prefix(newer, older)


async def test_promises_say_what_stands(desk: Desk) -> None:
    """Each row of the agreement, with its facts, the last of them, what is open and what was missed."""
    await desk.hear(signed("acme"))
    await desk.hear(IncidentOpened(incident_id="inc-1", origin=Origin.DETECTOR, detected_at=AT, suspected=False))
    await desk.hear(told("inc-1", "acme"))
    rows = {each["code"]: each for each in (await desk.get("acme", "/clients/acme/promises")).json()["items"]}
    assert (rows["BRE-1"]["facts"], rows["BRE-1"]["open"], rows["BRE-1"]["clause"]) == (2, 1, "6")
    assert rows["AME-1"]["last"]["type"] == "client.signed"
    assert (rows["DIS-1"]["facts"], rows["DIS-1"]["last"]) == (0, None)
    await desk.hear(IncidentClosed(incident_id="inc-1", dismissed=False, closed_by="a", reason="b"))
    rows = {each["code"]: each for each in (await desk.get("acme", "/clients/acme/promises")).json()["items"]}
    assert rows["BRE-1"]["open"] == 0


async def test_a_thing_stands_as_its_last_entry_says(desk: Desk) -> None:
    """Of two notices one failed and one arrived after all; an incident that is open again is open."""
    failed = [NoticeFailed(notice_id=f"n-{nth}", client_id="acme", about="c", kind="k", reason="r") for nth in (1, 2)]
    for notice in failed:
        await desk.hear(notice)
    await desk.hear(received("acme", "n-2"))
    await desk.hear(IncidentOpened(incident_id="inc-1", origin=Origin.DETECTOR, detected_at=AT, suspected=False))
    await desk.hear(told("inc-1", "acme"))
    await desk.hear(IncidentClosed(incident_id="inc-1", dismissed=False, closed_by="a", reason="b"))
    await desk.hear(IncidentReopened(incident_id="inc-1", reopened_by="a", reason="b"))
    rows = {each["code"]: each for each in (await desk.get("acme", "/clients/acme/promises")).json()["items"]}
    assert (rows["CLI-1"]["facts"], rows["CLI-1"]["missed"], rows["CLI-1"]["open"]) == (3, 1, 0)
    assert rows["CLI-1"]["last"]["type"] == "notice.received"
    assert (rows["BRE-1"]["open"], rows["BRE-3"]["open"], rows["BRE-3"]["last"]["seq"]) == (0, 1, 7)


async def test_a_timeline_in_french(desk: Desk) -> None:
    """People read what happened in words, in their language, as a page."""
    await desk.hear(signed("acme"))
    await desk.hear(received("acme", "n-1"))
    page = await desk.get("acme", "/clients/acme/timeline", lang="fr", format="html", limit=1)
    assert page.headers["content-type"].startswith("text/html")
    assert '<html lang="fr">' in page.text
    assert "L&#x27;accord a été signé" in page.text
    assert 'rel="next"' in page.text
    assert "Page suivante" in page.text
    english = await desk.get("acme", "/clients/acme/timeline", format="csv")
    assert "The client has a notice" in english.text


async def test_before_the_record_began_is_said(desk: Desk) -> None:
    """A page says from when on the record is complete, and where it ends, signed."""
    await desk.hear(received("acme", "n-1"))
    page = await desk.record("acme")
    assert page["complete_from"].startswith("2026-11-24T09:00:00.")
    assert (page["head"]["seq"], page["head"]["sha256"]) == (1, page["items"][0]["hash"])
