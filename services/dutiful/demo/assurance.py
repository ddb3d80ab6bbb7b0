"""A short story of the demo: an audit that no gate lets begin yet, and a measure that nobody drops without a name."""

from datetime import timedelta
from typing import Any, Final

from pydantic_core import from_json
from rich.console import Console
from rich.table import Table

from agreement.deadlines import local_date
from agreement.schema import Agreement
from chassis.access import Role
from chassis.clock import VirtualClock
from dutiful.demo.timeline import Seen, StoryFailed, Timeline
from dutiful.demo.world import People

_CLIENT: Final = "acme"
_AUDIT: Final = f"/clients/{_CLIENT}/audits/audit-1"
_SERVICE: Final = "assurance"


class Assurance:
    """§7 and §5 where they say no; raises StoryFailed where the world differs."""

    def __init__(
        self, console: Console, agreement: Agreement, clock: VirtualClock, timeline: Timeline, people: People
    ) -> None:
        self._console = console
        self._agreement = agreement
        self._clock = clock
        self._timeline = timeline
        self._people = people

    async def tell(self, incident_id: str) -> None:
        """The story."""
        await self._request(incident_id)
        await self._refuse()
        await self._weaken()

    async def _request(self, incident_id: str) -> None:
        soon = local_date(self._agreement, self._clock.now()) + timedelta(days=14)
        self._timeline.say(f"After the breach Acme requests an audit, on {soon}", style="bold")
        body = {"reason": "breach", "incident_id": incident_id, "text": "We must see.", "proposed_on": str(soon)}
        await self._post(Role.SUPER_ADMINISTRATOR, _CLIENT, _AUDIT, body)
        await self._timeline.until("the earliest day is explained", lambda seen: _has(seen, "assurance.opened"))

    async def _refuse(self) -> None:
        self._timeline.say("An operator tries to begin it all the same; a competitor asks too", style="bold")
        await self._people.refusal(Role.OPERATOR, None, _SERVICE, f"{_AUDIT}/beginning", {})
        mark = {"competitor": True, "reason": "It sells telephony now."}
        await self._post(Role.OPERATOR, None, "/clients/borealis/competitor", mark)
        asked = {"items": ["Who has access to our recordings?"]}
        path = "/clients/borealis/questions/q-1"
        await self._people.refusal(Role.SUPER_ADMINISTRATOR, "borealis", _SERVICE, path, asked)
        await self._timeline.until(
            "both are refused by their gates",
            lambda seen: {"certificate", "competitor"} <= {each.data.get("gate") for each in seen},
        )
        audit = from_json(await self._people.get(Role.SUPER_ADMINISTRATOR, _CLIENT, _SERVICE, _AUDIT))
        table = Table("gate", "open", "what would open it", title="Acme's audit", title_justify="left")
        for gate in audit["gates"]:
            table.add_row(gate["gate"], "yes" if gate["open"] else "no", gate["opens_when"] or "")
        self._console.print(table)
        if audit["status"] != "open" or all(gate["open"] for gate in audit["gates"]):
            raise StoryFailed(f"no audit may begin here: {audit}")

    async def _weaken(self) -> None:
        self._timeline.say("A new version of the security measures drops one", style="bold")
        path = f"/agreements/{self._agreement.id}/measures"
        kept, dropped = self._agreement.measures[:-1], self._agreement.measures[-1]
        measures = [{"measure_id": each.id, "section": each.section, "text": each.text} for each in kept]
        await self._post(Role.OPERATOR, None, f"{path}/2026-05", {"measures": measures, "reason": "A review."})
        await self._timeline.until("it is held", lambda seen: _has(seen, "assurance.measures_held"))
        if _has(self._timeline.seen, "assurance.measures_in_force"):
            raise StoryFailed("a dropped measure came into force without a justification")
        why = {"measure_id": dropped.id, "justified_by": "C. Martin, head of security", "reason": "It moved elsewhere."}
        await self._post(Role.OPERATOR, None, f"{path}/2026-05/justifications", why)
        await self._timeline.until("it is in force", lambda seen: _has(seen, "assurance.measures_in_force"))

    async def _post(self, role: Role, client_id: str | None, path: str, body: dict[str, Any]) -> None:
        await self._people.post(role, client_id, _SERVICE, path, body)


def _has(seen: list[Seen], event_type: str) -> bool:
    return any(each.type == event_type for each in seen)
