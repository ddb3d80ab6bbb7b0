"""The last story of the demo: three contracts end; one client chooses return, one deletion, one says nothing.

What goes are rows of a real database, by the ready holder; the sub-processors are played.
"""

import asyncio
import hashlib
import json
import tarfile
from collections import Counter
from datetime import date, timedelta
from io import BytesIO
from typing import Any

from pydantic_core import from_json
from rich.console import Console
from rich.table import Table

from agreement import deadlines
from agreement.schema import Agreement
from chassis.access import Role
from chassis.clock import VirtualClock
from dutiful.demo.holdings import Holdings
from dutiful.demo.systems import Systems
from dutiful.demo.timeline import Seen, StoryFailed, Timeline
from dutiful.demo.world import People, Platform
from retention.signing import NotVerified, verify

RETURNS, DELETES, SILENT = "acme", "borealis", "delta"
STAYS = "cedar"
_ENDS = (RETURNS, DELETES, SILENT)
_HELD = "call_recordings"
_DISPUTE = "dispute-7"
_ROWS = 2000
_EMAILS = 3
_WITHIN_S = 20.0


class Ending:
    """§8.3 from the end of the contracts to certificates that verify; raises StoryFailed where the world differs."""

    def __init__(
        self, console: Console, agreement: Agreement, clock: VirtualClock, timeline: Timeline, people: People
    ) -> None:
        self._console = console
        self._agreement = agreement
        self._clock = clock
        self._timeline = timeline
        self._people = people
        self._before: dict[str, Counter[str]] = {}

    async def tell(self, bootstrap: str, platform: Platform, holdings: Holdings, holder_id: str) -> None:
        """The story, with sub-processors that answer orders beside it."""
        systems = Systems(platform, self._clock, except_for=holder_id)
        async with asyncio.TaskGroup() as group:
            answering = group.create_task(systems.work(bootstrap))
            await holdings.fill((*_ENDS, STAYS), _ROWS, self._clock.now() - timedelta(days=1))
            await holdings.store_emails(STAYS, _EMAILS, self._clock.now())
            self._before = {client_id: await holdings.count(client_id) for client_id in (*_ENDS, STAYS)}
            await self._contracts_end(platform)
            await self._clients_choose()
            await self._silence_ends()
            await self._dispute_ends()
            await self._sum_up(holdings)
            answering.cancel()

    async def _contracts_end(self, platform: Platform) -> None:
        self._timeline.say(f"The contracts of {', '.join(map(str.title, _ENDS))} end today", style="bold")
        rows = sum(self._before[RETURNS].values())
        self._timeline.say(
            f"the platform's database holds {rows:,} rows of each, in {len(self._before[RETURNS])} categories"
        )
        for client_id in _ENDS:
            terminated = {"client_id": client_id, "terminated_on": self._today().isoformat()}
            await platform.publish("contract.terminated", client_id, terminated)
        holders = 1 + len(self._agreement.sub_processors)
        await self._timeline.until(
            "every holder has ceased, and the clients are asked",
            lambda seen: (
                _count(seen, "cease.confirmed") >= holders * len(_ENDS)
                and _count(seen, "retention.choice_requested") == len(_ENDS)
            ),
        )
        self._timeline.say("every system and every sub-processor has ceased to process their data")

    async def _clients_choose(self) -> None:
        self._timeline.say("Borealis chooses deletion, but its recordings are in dispute; Acme return", style="bold")
        hold = {
            "hold_id": _DISPUTE,
            "kind": "dispute",
            "categories": [_HELD],
            "legal_basis": f"clause {self._agreement.termination.clause}",
            "reason": "An invoice is before the court.",
        }
        await self._people.post(Role.OPERATOR, None, "retention", f"/clients/{DELETES}/holds", hold)
        await self._post(DELETES, "choice", {"choice": "deletion"})
        await self._post(RETURNS, "choice", {"choice": "return"})
        await self._timeline.until("Acme has its link", lambda seen: _has(seen, RETURNS, "package_ready"))
        await self._fetch()
        self._timeline.say("Acme acknowledges that it has its data", style="bold")
        await self._post(RETURNS, "acknowledgement", {})
        await self._timeline.until(
            "deletion follows", lambda seen: any(each.type == "retention.return_settled" for each in seen)
        )

    async def _fetch(self) -> None:
        """Acme fetches its package through the signed link; what came is what was said, and all of its rows."""
        (package,) = [data for data in self._timeline.of("return.confirmed") if data["client_id"] == RETURNS]
        archive = await self._people.fetch(str(package["url"]))
        if hashlib.sha256(archive).hexdigest() != package["package_sha256"]:
            raise StoryFailed("the package that came is not the one that was confirmed")
        with tarfile.open(fileobj=BytesIO(archive)) as opened:
            manifest = opened.extractfile("manifest.json")
            listed = json.load(manifest)["categories"] if manifest else []
        returned = {each["category"]: each["records"] for each in listed}
        wanted = {
            each.category: self._before[RETURNS][each.category] for each in self._agreement.retention if each.returned
        }
        if returned != wanted:
            raise StoryFailed(f"the package holds {returned}, and not {wanted}")
        self._timeline.say(
            f"Acme fetches {len(archive) / 1e6:.1f} MB: {sum(returned.values()):,} rows, checksums verified"
        )

    async def _silence_ends(self) -> None:
        days = self._agreement.periods.termination_choice.n + 1
        await self._answered(RETURNS, DELETES)
        self._timeline.say(f"{days} days pass; Delta says nothing", style="bold")
        self._pass_days(days)
        await self._timeline.until(
            "the default runs for Delta", lambda seen: _count(seen, "retention.choice_defaulted") == 1
        )
        await self._timeline.until("what is never stored is found", lambda seen: _count(seen, "retention.flagged") == 1)
        await self._answered(*_ENDS)
        self._timeline.say("The systems look a second time for what is left", style="bold")
        self._pass_days(self._agreement.periods.second_look.n + 1)
        await self._timeline.until("each has a certificate", lambda _: all(map(self._certified, _ENDS)))

    async def _dispute_ends(self) -> None:
        self._timeline.say("The dispute is settled: what it alone kept goes by itself", style="bold")
        before = self._certified(DELETES)
        path = f"/clients/{DELETES}/holds/{_DISPUTE}/end"
        await self._people.post(Role.OPERATOR, None, "retention", path, {"reason": "The parties settled."})
        await self._answered(DELETES)
        self._pass_days(self._agreement.periods.second_look.n + 1)
        await self._timeline.until("Borealis has another certificate", lambda _: self._certified(DELETES) > before)

    async def _sum_up(self, holdings: Holdings) -> None:
        key = await self._people.get(Role.OPERATOR, None, "retention", "/certificate-key")
        table = Table(title="What the certificates say, and what the database holds", title_justify="left")
        for column in ("client", "choice", "rows before", "rows left", "certified as held", "signature"):
            table.add_column(column)
        for client_id in _ENDS:
            said = await self._certificate(client_id, key)
            left = await holdings.count(client_id)
            claimed = {each["category"] for each in said["held"]}
            if set(left) != claimed:
                raise StoryFailed(f"{client_id} has {set(left)} left, and is told of {claimed}")
            held = sorted(
                {f"{left[each['category']]:,} {each['category']} until {each['until']}" for each in said["held"]}
            )
            rows = (sum(self._before[client_id].values()), sum(left.values()))
            table.add_row(client_id, said["choice"]["choice"], *map("{:,}".format, rows), "\n".join(held), "verified")
        stays = await holdings.count(STAYS)
        if stays != self._before[STAYS]:
            raise StoryFailed(f"{STAYS} stays, and has {stays} where it had {self._before[STAYS]}")
        rows = (sum(self._before[STAYS].values()), sum(stays.values()))
        table.add_row(STAYS, "its contract goes on", *map("{:,}".format, rows))
        self._console.print(table)

    async def _certificate(self, client_id: str, key: str) -> Any:  # noqa: ANN401 - JSON of any shape
        """The client's last certificate, as its super administrator fetches it, verified with the public key alone."""
        listed = await self._get(client_id, f"/clients/{client_id}/certificates")
        path = f"/certificates/{from_json(listed)[0]['certificate_id']}"
        try:
            return verify((await self._get(client_id, path)).encode(), key.encode())
        except NotVerified as error:
            raise StoryFailed(f"the certificate of {client_id} does not verify: {error}") from error

    async def _answered(self, *client_ids: str) -> None:
        """Wait until retention has heard an answer to each of its orders about these clients."""
        for client_id in client_ids:
            path = f"/orders?state=open&client_id={client_id}"
            async with asyncio.timeout(_WITHIN_S):
                while from_json(await self._get(client_id, path))["items"]:  # noqa: ASYNC110 - another process answers
                    await asyncio.sleep(0.05)

    async def _post(self, client_id: str, what: str, body: dict[str, object]) -> None:
        path = f"/clients/{client_id}/{what}"
        await self._people.post(Role.SUPER_ADMINISTRATOR, client_id, "retention", path, body)

    async def _get(self, client_id: str, path: str) -> str:
        return await self._people.get(Role.SUPER_ADMINISTRATOR, client_id, "retention", path)

    def _certified(self, client_id: str) -> int:
        return len([data for data in self._timeline.of("retention.certified") if data["client_id"] == client_id])

    def _pass_days(self, days: int) -> None:
        self._clock.jump_to(deadlines.start_of_day(self._agreement, self._today() + timedelta(days=days)))

    def _today(self) -> date:
        return deadlines.local_date(self._agreement, self._clock.now())


def _count(seen: list[Seen], event_type: str) -> int:
    return sum(each.type == event_type for each in seen)


def _has(seen: list[Seen], client_id: str, kind: str) -> bool:
    received = [each.data for each in seen if each.type == "notice.received"]
    return any(data["client_id"] == client_id and data["kind"] == kind for data in received)
