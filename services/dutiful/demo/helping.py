"""The fourth story of the demo: one person's data are handed out and deleted, for the client that instructs alone.

What is handed out and goes are rows of a real database, by the ready holder.
"""

import json
import tarfile
from collections.abc import Mapping
from datetime import timedelta
from io import BytesIO
from typing import Any, Final
from urllib.parse import urlsplit

from pydantic_core import from_json
from rich.console import Console
from rich.table import Table

from chassis.access import Role
from chassis.clock import VirtualClock
from dutiful.demo.holdings import Holdings
from dutiful.demo.timeline import Seen, StoryFailed, Timeline
from dutiful.demo.world import People, Platform

CLIENT: Final = "cedar"
_OTHER: Final = "delta"
_REQUEST: Final = "dsar-2026-0032"
_CATEGORY: Final = "client_contacts_manual"
_PHONE: Final = "+33 6 12 34 56 78"
_ROWS: Final = 12


class Helping:
    """§9: help at the client's express request, with a quote first; raises StoryFailed where the world differs."""

    def __init__(self, console: Console, clock: VirtualClock, timeline: Timeline, people: People) -> None:
        self._console = console
        self._clock = clock
        self._timeline = timeline
        self._people = people

    async def tell(self, platform: Platform, holdings: Holdings) -> None:
        """The story."""
        for client_id in (CLIENT, _OTHER):
            await holdings.meet(client_id, _PHONE, _ROWS, self._clock.now() - timedelta(days=1))
        assistance_id = await self._ask(platform)
        await self._quote(assistance_id)
        await self._timeline.until("the help is done", lambda seen: _moved(seen, assistance_id, "done"))
        await self._sum_up(assistance_id, holdings)

    async def _ask(self, platform: Platform) -> str:
        self._timeline.say("A person wants all that Cedar has of her, and then to be forgotten", style="bold")
        asked = {
            "request_id": _REQUEST,
            "right": "erasure",
            "received_at": self._clock.now().isoformat(),
            "text": "Send me what you have of me, then delete it.",
            "client_id": CLIENT,
            "identifiers": [{"kind": "phone", "value": _PHONE}],
        }
        await platform.publish("dsar.received", _REQUEST, asked)
        matched = "request.matched"
        await self._timeline.until("Cedar is found", lambda seen: any(_is(each, matched, _REQUEST) for each in seen))
        self._timeline.say("Cedar instructs in writing, and asks for help", style="bold")
        body = {
            "request_id": _REQUEST,
            "text": "Do as she asks.",
            "purpose": "her request",
            "data_categories": [_CATEGORY],
        }
        given = await self._own("/instructions", body)
        wanted: dict[str, object] = {"instruction_id": given["instruction_id"], "acts": ["export", "erase"]}
        found: Any = await self._own(f"/requests/{_REQUEST}/assistance", wanted)
        return str(found["assistance"][0]["assistance_id"])

    async def _quote(self, assistance_id: str) -> None:
        path = f"/requests/{_REQUEST}/assistance/{assistance_id}"
        offer = {"amount": "120.00", "currency": "EUR", "text": "Two hours of work."}
        found: Any = await self._people.post(Role.OPERATOR, None, "requests", f"{path}/quote", offer)
        quote_id = found["assistance"][0]["quote"]["quote_id"]
        tried = await self._people.attempt(Role.OPERATOR, None, "requests", f"{path}/start", {})
        if tried.status != 409:  # noqa: PLR2004 - a conflict
            raise StoryFailed(f"nothing should begin before the quote is accepted: {tried.content}")
        self._timeline.say("nothing begins before Cedar has accepted the quote, and it does", style="bold")
        await self._own(f"{path}/answer", {"quote_id": quote_id, "accepted": True})
        await self._people.post(Role.OPERATOR, None, "requests", f"{path}/start", {})

    async def _sum_up(self, assistance_id: str, holdings: Holdings) -> None:
        path = f"/clients/{CLIENT}/requests/{_REQUEST}/assistance/{assistance_id}/package"
        package: Any = from_json(await self._people.get(Role.SUPER_ADMINISTRATOR, CLIENT, "requests", path))
        [url] = [each["package"]["url"] for each in package["tasks"] if each["package"]]
        page = await self._people.get(Role.SUPER_ADMINISTRATOR, CLIENT, "holder", urlsplit(url).path)
        rows = _rows(await self._people.fetch(from_json(page)["url"]))
        left = {client_id: await holdings.count_person(client_id, _PHONE) for client_id in (CLIENT, _OTHER)}
        if (rows, left) != (_ROWS, {CLIENT: 0, _OTHER: _ROWS}):
            raise StoryFailed(f"{rows} rows were handed out, and {left} are left")
        table = Table(title="What was done for one person, whom the bus never named", title_justify="left")
        for column in ("holder", "act", "how much"):
            table.add_column(column)
        for each in package["tasks"]:
            touched = ", ".join(f"{one['count']} {one['category']}" for one in each["touched"])
            table.add_row(each["holder_id"], each["act"], touched)
        table.add_row(f"of the same person at {_OTHER}", "none", f"{left[_OTHER]} stay")
        self._console.print(table)

    async def _own(self, path: str, body: Mapping[str, object]) -> dict[str, object]:
        whole = f"/clients/{CLIENT}{path}"
        return await self._people.post(Role.SUPER_ADMINISTRATOR, CLIENT, "requests", whole, body)


def _rows(archive: bytes) -> int:
    """How many rows of contacts a package holds."""
    with tarfile.open(fileobj=BytesIO(archive)) as opened:
        files = json.load(opened.extractfile("manifest.json"))["files"]  # type: ignore[arg-type]
    return sum(each["records"] for each in files if each["category"] == _CATEGORY)


def _is(seen: Seen, event_type: str, request_id: str) -> bool:
    return seen.type == event_type and seen.data.get("request_id") == request_id


def _moved(seen: list[Seen], assistance_id: str, standing: str) -> bool:
    moved = [each.data for each in seen if each.type == "request.assistance_moved"]
    return any((each["assistance_id"], each["standing"]) == (assistance_id, standing) for each in moved)
