"""Who may be used for whom, kept exact: a plan takes nothing away, and a bar ends with its objection (§4.4)."""

import random
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, timedelta

import pytest
from pydantic_core import from_json
from tests.desk import Json
from tests.registry.desk import Desk, addition

from agreement import deadlines
from chassis.errors import Rejected
from chassis.outbox import SHARDS, read
from contracts.contract import ContractTerminated
from contracts.deadline import DeadlineClientEnded, DeadlineDayReached, DeadlineWindowClosed
from contracts.event import Event
from contracts.mitigation import MitigationAnswered, MitigationKind, MitigationOffered
from contracts.objection import ObjectionRaised, ObjectionWithdrawn
from contracts.retention import RetentionReinstated
from contracts.subprocessor import SubprocessorAdded, SubprocessorRemoved

pytestmark = pytest.mark.servers
OBJECTING = {"objected", "mitigation_open", "mitigated"}


@dataclass
class History:
    """A registry, and what happens to it: words that are heard, and days that pass with all that falls due."""

    desk: Desk
    told: list[str] = field(default_factory=list)

    async def hear(self, event: Event) -> None:
        """A word, kept so that a failure shows the way to it."""
        self.told.append(repr(event))
        await self.desk.hear(event)

    async def pass_days(self, days: int) -> None:
        """Days pass; what falls due meanwhile is said in its order."""
        self.told.append(f"{days} days pass")
        until = self.desk.clock.now() + timedelta(days=days)
        while due := await self.desk.runtime.pool.fetchrow(
            "DELETE FROM agenda WHERE name = (SELECT name FROM agenda WHERE due_at <= $1 ORDER BY due_at, name LIMIT 1)"
            " RETURNING name, due_at",
            until,
        ):
            self.desk.clock.jump_to(max(self.desk.clock.now(), due["due_at"]))
            what, _, about = due["name"].partition("/")
            match what:
                case "window":
                    change_id, _, client_id = about.partition("/")
                    await self.hear(DeadlineWindowClosed(change_id=change_id, client_id=client_id))
                case "day":
                    await self.hear(DeadlineDayReached(change_id=about))
                case "client-ended":
                    await self.hear(DeadlineClientEnded(client_id=about))
        self.desk.clock.jump_to(until)

    async def announce(self, event: SubprocessorAdded | SubprocessorRemoved) -> str:
        """A change is published; return its id."""
        self.told.append(repr(event))
        return (await self.desk.hear(event)).derive("change")

    async def object_to(self, change_id: str, client_id: str = "acme") -> None:
        """A client objects now, with a ground."""
        await self.hear(
            ObjectionRaised(
                objection_id=f"objection-{len(self.told)}",
                change_id=change_id,
                client_id=client_id,
                received_at=self.desk.clock.now(),
                ground="legal_obligation",
            )
        )

    async def take_back(self, change_id: str, client_id: str = "acme") -> None:
        """A client takes its objection back now."""
        now = self.desk.clock.now()
        await self.hear(ObjectionWithdrawn(change_id=change_id, client_id=client_id, received_at=now))

    async def offer(self, change_id: str, kind: MitigationKind, client_id: str = "acme") -> str:
        """Something is offered; return the offer's id."""
        mitigation_id = f"offer-{len(self.told)}"
        await self.hear(
            MitigationOffered(
                mitigation_id=mitigation_id,
                change_id=change_id,
                client_id=client_id,
                kind=kind,
                description="Off",
                offered_by="the DPO",
            )
        )
        return mitigation_id

    async def answer(self, mitigation_id: str, change_id: str, client_id: str = "acme", *, accepted: bool) -> None:
        """A client answers an offer now."""
        await self.hear(
            MitigationAnswered(
                mitigation_id=mitigation_id,
                change_id=change_id,
                client_id=client_id,
                accepted=accepted,
                received_at=self.desk.clock.now(),
            )
        )

    async def permission(self, subprocessor_id: str, client_id: str = "acme") -> Json | None:
        """The last word on a sub-processor and a client."""
        row = await self.desk.runtime.pool.fetchrow(
            "SELECT standing, permitted_from, reason, change_id FROM permission"
            " WHERE client_id = $1 AND subprocessor_id = $2",
            client_id,
            subprocessor_id,
        )
        return dict(row) if row else None


@pytest.fixture
async def history(desk: Desk) -> History:
    """A registry with a client that signed, and so may be served by the whole list."""
    await desk.sign("acme")
    return History(desk)


async def modify(history: History, **changed: object) -> tuple[str, str, Json | None]:
    """A listed sub-processor is to change; return its id, the change's, and what was said of it before."""
    line = history.desk.book.latest.sub_processors[0]
    before = await history.permission(line.id)
    change_id = await history.announce(addition(subprocessor_id=line.id, name=line.name, **changed))
    await history.desk.receive(change_id, "acme")
    return line.id, change_id, before


async def test_an_objection_to_a_planned_modification_leaves_what_is_listed(history: History) -> None:
    """§4.4: the client objects to the change; until its day the listed facts are permitted, from it on barred."""
    listed, change_id, before = await modify(history)
    assert before
    await history.object_to(change_id)
    assert await history.permission(listed) == before
    await history.pass_days(30)
    barred = await history.permission(listed)
    assert barred
    assert (barred["standing"], barred["change_id"]) == ("barred", change_id)


async def test_an_objection_taken_back_before_the_day_leaves_nothing(history: History) -> None:
    """§4.4: before the day as after it: the client has the rest of its days, and then the change is in effect."""
    listed, change_id, before = await modify(history)
    await history.object_to(change_id)
    await history.take_back(change_id)
    assert await history.permission(listed) == before
    await history.pass_days(30)
    permitted = await history.permission(listed)
    assert permitted
    assert (permitted["standing"], permitted["change_id"]) == ("permitted", change_id)


async def test_an_objection_taken_back_after_the_day_permits_what_is_listed(history: History) -> None:
    """§4.4: the bar goes with its objection."""
    listed, change_id, _ = await modify(history)
    await history.object_to(change_id)
    await history.pass_days(30)
    await history.take_back(change_id)
    permitted = await history.permission(listed)
    assert permitted
    assert (permitted["standing"], permitted["change_id"]) == ("permitted", change_id)


@pytest.mark.parametrize("accepted", [True, False])
@pytest.mark.parametrize("kind", list(MitigationKind))
async def test_an_offer_decides_from_the_day_on(history: History, kind: MitigationKind, *, accepted: bool) -> None:
    """§4.4: only an accepted configuration ends the objection; until the day nothing changes either way."""
    listed, change_id, before = await modify(history)
    await history.object_to(change_id)
    await history.answer(await history.offer(change_id, kind), change_id, accepted=accepted)
    assert await history.permission(listed) == before
    await history.pass_days(30)
    after = await history.permission(listed)
    assert after
    configured = accepted and kind is MitigationKind.CONFIGURATION
    assert (after["standing"], after["change_id"]) == ("permitted" if configured else "barred", change_id)


async def test_a_bar_ends_with_a_change_that_is_taken_back(history: History) -> None:
    """§4.3, §4.4: of an addition that will not be, nothing is said; a modification leaves the list as it was."""
    addition_id = await history.announce(addition())
    await history.object_to(addition_id)
    barred = await history.permission("voix")
    assert barred
    assert barred["standing"] == "barred"
    overtaking = await history.announce(addition(location="FR"))
    assert await history.permission("voix") is None
    await history.object_to(overtaking)
    await history.announce(SubprocessorRemoved(subprocessor_id="voix"))
    assert await history.permission("voix") is None
    listed, modification_id, before = await modify(history)
    await history.object_to(modification_id)
    await history.announce(SubprocessorRemoved(subprocessor_id=listed))
    assert await history.permission(listed) == before


async def test_an_objection_outlasts_a_later_modification(history: History) -> None:
    """§4.4: who objected to a sub-processor and is silent on what changes at it still objects, until it says so."""
    first = await history.announce(addition())
    await history.desk.receive(first, "acme")
    await history.object_to(first)
    await history.pass_days(30)
    second = await history.announce(addition(location="FR"))
    await history.desk.receive(second, "acme")
    await history.pass_days(30)
    barred = await history.permission("voix")
    assert barred
    assert (barred["standing"], barred["change_id"]) == ("barred", first)
    await history.take_back(first)
    permitted = await history.permission("voix")
    assert permitted
    assert permitted["standing"] == "permitted"


async def test_after_a_removal_nobody_has_a_word_on_what_was_before(history: History) -> None:
    """§4.4: an objection to what has left bars nothing, permits nothing, and doesn't meet what comes back."""
    first = await history.announce(addition())
    await history.desk.receive(first, "acme")
    await history.object_to(first)
    await history.pass_days(30)
    await history.announce(SubprocessorRemoved(subprocessor_id="voix"))
    await history.pass_days(30)
    await history.take_back(first)
    assert await history.permission("voix") is None
    again = await history.announce(addition())
    await history.desk.receive(again, "acme")
    await history.pass_days(30)
    permitted = await history.permission("voix")
    assert permitted
    assert (permitted["standing"], permitted["change_id"]) == ("permitted", again)


CLIENTS = ("acme", "blue", "cyan")
SUBS = ("voix", "lingua")
PLACES = ("DE", "FR", "NL")


@pytest.mark.parametrize("seed", range(10))
async def test_whatever_happens_the_permissions_are_what_the_state_says(desk: Desk, seed: int) -> None:
    """§4.3, §4.4: announcements, removals, receipts, objections, offers, days, departures, in any order."""
    chance, history = random.Random(seed), History(desk)
    await desk.sign(*CLIENTS)
    for _ in range(70):
        await _step(chance, history)
        expected = await _expected(desk)
        said = {key: row["standing"] for key, row in (await _said(desk)).items() if row["standing"] == "permitted"}
        assert said == {key: "permitted" for key, permitted in expected.items() if permitted}, history.told
    rows = await desk.runtime.pool.fetch(
        "SELECT permission.client_id, subprocessor_id FROM permission JOIN change USING (subprocessor_id)"
        "  JOIN client_change ON client_change.change_id = permission.change_id"
        "   AND client_change.client_id = permission.client_id"
        " WHERE standing = 'barred' AND change.change_id = permission.change_id"
        "   AND (change.status NOT IN ('announced', 'in_effect') OR client_change.status = 'ended')"
    )
    assert not rows, history.told  # no bar names what is over
    assert await _last_words(desk) == {key: row["standing"] for key, row in (await _said(desk)).items()}


async def _step(chance: random.Random, history: History) -> None:
    """One thing happens, often one that makes no sense where things stand."""
    client_id, subprocessor_id = chance.choice(CLIENTS), chance.choice(SUBS)
    rows = await history.desk.runtime.pool.fetch(
        "SELECT change_id FROM change WHERE effective_on IS NOT NULL ORDER BY seq DESC LIMIT 4"
    )
    change_id = chance.choice(rows)["change_id"] if rows else None
    what = chance.choices(
        ("add", "remove", "receive", "object", "take back", "offer", "answer", "days", "leave", "sign", "go on"),
        (14, 4, 22, 16, 8, 10, 10, 20, 3, 4, 3),
    )[0]
    concerned = await history.desk.runtime.pool.fetchval(
        "SELECT EXISTS (SELECT FROM client_change WHERE change_id = $1 AND client_id = $2)", change_id, client_id
    )
    match what:
        case "add":
            await history.announce(addition(subprocessor_id=subprocessor_id, location=chance.choice(PLACES)))
        case "remove":
            await history.announce(SubprocessorRemoved(subprocessor_id=subprocessor_id))
        case "days":
            await history.pass_days(chance.choice((1, 3, 9, 17)))
        case "leave":
            today = deadlines.local_date(history.desk.book.latest, history.desk.clock.now())
            with suppress(Rejected):  # it has left already
                await history.hear(ContractTerminated(client_id=client_id, terminated_on=today + timedelta(days=2)))
        case "sign":
            history.told.append(f"{client_id} signs")
            await history.desk.sign(client_id)
        case "go on":
            await history.hear(RetentionReinstated(client_id=client_id))
        case _ if change_id is not None and concerned:
            await _say(chance, history, what, str(change_id), client_id)


async def _say(chance: random.Random, history: History, what: str, change_id: str, client_id: str) -> None:
    match what:
        case "receive":
            history.told.append(f"{client_id} receives {change_id}")
            await history.desk.receive(change_id, *CLIENTS)
        case "object":
            await history.object_to(change_id, client_id)
        case "take back":
            await history.take_back(change_id, client_id)
        case "offer":
            await history.offer(change_id, chance.choice(list(MitigationKind)), client_id)
        case "answer":
            offered = await history.desk.runtime.pool.fetchval(
                "SELECT mitigation_id FROM mitigation WHERE change_id = $1 AND client_id = $2 ORDER BY seq DESC",
                change_id,
                client_id,
            )
            if offered is not None:
                await history.answer(str(offered), change_id, client_id, accepted=chance.random() < 0.5)


async def _expected(desk: Desk) -> dict[tuple[str, str], bool]:
    """A simple reading of the state: on the list, and no change of its stay there is open or objected to."""
    pool = desk.runtime.pool
    today = deadlines.local_date(desk.book.latest, desk.clock.now())
    changes = await pool.fetch(
        "SELECT change_id, subprocessor_id, kind FROM change WHERE status = 'in_effect' ORDER BY seq"
    )
    standings = {
        (row["change_id"], row["client_id"]): row["status"]
        for row in await pool.fetch("SELECT change_id, client_id, status FROM client_change")
    }
    stays: dict[str, list[str]] = {line.id: [] for line in desk.book.latest.sub_processors}
    for change in changes:
        if change["kind"] == "removal":
            del stays[change["subprocessor_id"]]
        else:
            stays.setdefault(change["subprocessor_id"], []).append(change["change_id"])
    active = [
        row["client_id"]
        for row in await pool.fetch("SELECT client_id, active_until FROM client")
        if _runs(row["active_until"], today)
    ]
    return {
        (client_id, subprocessor_id): all(
            standings.get((change_id, client_id), "ended") in {"in_effect", "ended"} for change_id in stay
        )
        for client_id in active
        for subprocessor_id, stay in stays.items()
    }


def _runs(active_until: date | None, today: date) -> bool:
    return active_until is None or active_until > today


async def _said(desk: Desk) -> dict[tuple[str, str], Json]:
    rows = await desk.runtime.pool.fetch("SELECT client_id, subprocessor_id, standing FROM permission")
    return {(row["client_id"], row["subprocessor_id"]): dict(row) for row in rows}


async def _last_words(desk: Desk) -> dict[tuple[str, str], object]:
    """What the compacted topic keeps."""
    last: dict[tuple[str, str], object] = {}
    async with desk.runtime.pool.acquire() as connection:
        for record in await read(connection, list(range(SHARDS)), 100_000):
            if record.topic == "permission":
                client_id, _, subprocessor_id = str(record.key).partition("/")
                if record.value is None:
                    last.pop((client_id, subprocessor_id), None)
                else:
                    last[client_id, subprocessor_id] = from_json(record.value)["standing"]
    return last
