"""The second story of the demo: a breach at a sub-processor, told in two phases; one client caused a part of it."""

from datetime import timedelta
from typing import Any, Final

from pydantic_core import from_json
from rich.console import Console
from rich.table import Table

from agreement.schema import Agreement
from all_in_one import ON_CALL
from chassis.access import Role
from chassis.clock import VirtualClock
from dutiful.demo.timeline import Seen, StoryFailed, Timeline
from dutiful.demo.world import People, Platform
from embedded.smtp import SmtpSink

INCIDENT: Final = "inc-2026-0007"
_PATH: Final = f"/incidents/{INCIDENT}"
_EXEMPT: Final = "cedar"
_CATEGORY: Final = "call_recordings"


class Incident:
    """§6 from a sub-processor's notice to the register; raises StoryFailed where the world differs."""

    def __init__(
        self,
        console: Console,
        agreement: Agreement,
        clock: VirtualClock,
        timeline: Timeline,
        people: People,
        mails: SmtpSink,
    ) -> None:
        self._console = console
        self._agreement = agreement
        self._clock = clock
        self._timeline = timeline
        self._people = people
        self._mails = mails

    async def tell(self, platform: Platform, client_ids: set[str]) -> None:
        """The story."""
        await self._notice_comes(platform)
        await self._aware(client_ids)
        await self._first_phase(client_ids)
        await self._second_phase(client_ids - {_EXEMPT})
        await self._authority()
        await self._close(client_ids)

    async def _notice_comes(self, platform: Platform) -> None:
        where = next(each for each in self._agreement.sub_processors if _CATEGORY in each.data_categories)
        self._timeline.say(f"The sub-processor {where.name} writes that recordings may have been copied", style="bold")
        said = {
            "incident_id": INCIDENT,
            "origin": "subprocessor",
            "detected_at": (self._clock.now() - timedelta(hours=5)).isoformat(),
            "description": f"Recordings at {where.name} were opened by somebody who had no right to.",
            "subprocessor_id": where.id,
            "data_categories": [_CATEGORY],
        }
        await platform.publish("breach.detected", INCIDENT, said)
        await self._timeline.until("a suspected incident", lambda seen: _count(seen, "incident.scope_widened") == 1)

    async def _aware(self, client_ids: set[str]) -> None:
        self._clock.jump_to(self._clock.now() + timedelta(hours=2))
        self._timeline.say("The DPO decides that it is a breach: the clocks run", style="bold")
        body = {"aware_at": self._clock.now().isoformat(), "reason": "Their log shows the access."}
        await self._post("awareness", body)
        await self._told("breach_notice", client_ids)

    async def _first_phase(self, client_ids: set[str]) -> None:
        self._clock.jump_to(self._clock.now() + timedelta(hours=3))
        self._timeline.say("Access is closed, and the clients are told so: phase 1", style="bold")
        words = {"en": "The stolen key was withdrawn.", "fr": "La clé volée a été retirée."}
        await self._post("steps", self._step("containment", words))
        text = {
            "en": "Nobody can open the recordings any more.",
            "fr": "Plus personne ne peut ouvrir les enregistrements.",
        }
        await self._post("updates", self._update("phase-1", text))
        await self._told("breach_update", client_ids)

    async def _second_phase(self, client_ids: set[str]) -> None:
        self._timeline.say("Cedar's recordings were opened with a password that Cedar gave away", style="bold")
        why = {"client_id": _EXEMPT, "reason": "Its own password was used.", "evidence": "Cedar's letter of today"}
        await self._post("exemptions", why)
        self._clock.jump_to(self._clock.now() + timedelta(hours=20))
        self._timeline.say("The cause is found: phase 2, to all but Cedar", style="bold")
        words = {"en": "A key was left in a public program.", "fr": "Une clé était restée dans un programme public."}
        await self._post("steps", self._step("cause", words))
        await self._post("updates", self._update("phase-2", words) | {"last": True})
        await self._told("breach_update", client_ids, times=2)
        await self._on_call()

    async def _on_call(self) -> None:
        """Meanwhile a clock warned of its end: the person on call has an email."""
        mails = await self._mails.wait_for(lambda got: any(ON_CALL.email in each.recipients for each in got))
        mail = next(each for each in mails if ON_CALL.email in each.recipients)
        self._timeline.say(f"The duty officer is mailed: {mail.message['subject']}", style="bold")

    async def _authority(self) -> None:
        self._timeline.say("The dossier for the authority: first incomplete, then whole", style="bold")
        clock, *others = [each.code for each in self._agreement.breach.authority_clocks]
        await self._post("decisions", {"clock": clock, "notify": True, "reason": "A risk can't be excluded."})
        for other in others:
            await self._post("decisions", {"clock": other, "notify": False, "reason": "Counsel: it doesn't bind us."})
        elements = self._agreement.breach.dossier
        first = [{"code": each.code, "standing": "unknown"} for each in elements if each.counted]
        await self._post("dossier", {"entries": first})
        sent = {"clock": clock, "submitted_at": self._clock.now().isoformat()}
        await self._post("notifications", sent)
        await self._post("dossier", {"entries": [_entry(each.code, each.choices, each.counted) for each in elements]})
        await self._post("notifications", sent)
        await self._timeline.until(
            "an initial and a complete notification",
            lambda seen: (
                {"initial", "complete"}
                <= {each.data.get("kind") for each in seen if each.type == "incident.dossier_submitted"}
            ),
        )

    async def _close(self, client_ids: set[str]) -> None:
        await self._post("closure", {"reason": "Cause found, access closed."})
        await self._timeline.until("it is closed", lambda seen: _count(seen, "incident.closed") == 1)
        seen = from_json(await self._get(_PATH))
        table = Table(title="What the incident shows", title_justify="left")
        table.add_column("what")
        table.add_column("result")
        for name in ("status", "detected_at", "aware_at", "told_at", "affected", "exempt", "updates"):
            table.add_row(name.replace("_", " "), str(seen[name]))
        for clock in seen["clocks"]:
            table.add_row(f"clock {clock['clock']}", f"{clock['stopped_why']}, missed for {clock['missed']}")
        document = from_json(await self._get(f"{_PATH}/dossier"))
        table.add_row("missing in the dossier", ", ".join(document["missing"]) or "nothing")
        self._console.print(table)
        if (seen["affected"], seen["exempt"], document["missing"]) != (len(client_ids), 1, []):
            raise StoryFailed(f"the incident ended otherwise: {seen}")
        own: list[Any] = from_json(await self._get(f"/clients/acme/breaches/{INCIDENT}", "acme"))["phases"]
        if len(own) != 2:  # noqa: PLR2004 - the two phases of the story
            raise StoryFailed(f"Acme should read two phases, and reads {own}")

    async def _told(self, kind: str, client_ids: set[str], *, times: int = 1) -> None:
        def holds(seen: list[Seen]) -> bool:
            found = [
                each.data["client_id"] for each in seen if each.type == "notice.received" and each.data["kind"] == kind
            ]
            return all(found.count(client_id) >= times for client_id in client_ids)

        await self._timeline.until(f"{', '.join(sorted(client_ids))} have the notice {kind}", holds)
        extra = [data for data in self._timeline.of("notice.received") if data["kind"] == kind]
        if times > 1 and sum(data["client_id"] == _EXEMPT for data in extra) >= times:
            raise StoryFailed(f"{_EXEMPT} is exempt and was told all the same")

    def _step(self, kind: str, words: dict[str, str]) -> dict[str, object]:
        at = self._clock.now().isoformat()
        return {"step_id": f"step-{kind}", "kind": kind, "taken_at": at, "taken_by": "N. Petit", "text": words}

    def _update(self, update_id: str, words: dict[str, str]) -> dict[str, object]:
        next_at = (self._clock.now() + timedelta(hours=24)).isoformat()
        return {"update_id": update_id, "as_of": self._clock.now().isoformat(), "text": words, "next_at": next_at}

    async def _post(self, what: str, body: dict[str, Any]) -> None:
        await self._people.post(Role.DPO, None, "breach", f"{_PATH}/{what}", body)

    async def _get(self, path: str, client_id: str | None = None) -> str:
        role = Role.SUPER_ADMINISTRATOR if client_id else Role.DPO
        return await self._people.get(role, client_id, "breach", path)


def _entry(code: str, choices: tuple[str, ...], counted: bool) -> dict[str, object]:
    words = {"text": {"en": "As our notices say.", "fr": "Comme le disent nos notifications."}}
    return (
        {"code": code, **words}
        | ({"standing": "approximate", "number": 120} if counted else {})
        | ({"choices": choices[:1]} if choices else {})
    )


def _count(seen: list[Seen], event_type: str) -> int:
    return sum(each.type == event_type for each in seen)
