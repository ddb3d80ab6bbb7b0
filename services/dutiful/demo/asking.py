"""The third story of the demo: somebody asks, and nothing leaves uninstructed; an authority asks, under a ban."""

from datetime import timedelta
from hashlib import sha256
from typing import Any, Final

from pydantic_core import from_json
from rich.console import Console
from rich.table import Table

from agreement import deadlines
from agreement.schema import Agreement
from chassis.access import Role
from chassis.clock import VirtualClock
from dutiful.demo.timeline import Seen, StoryFailed, Timeline
from dutiful.demo.world import Answered, People, Platform

_REQUEST: Final = "dsar-2026-0031"
_SEALED: Final = "auth-2026-0004"
_PATH: Final = f"/requests/{_REQUEST}"
_CLIENT: Final = "acme"
_BAN_DAYS: Final = 30


class Asking:
    """§9 from what somebody asks to what leaves; raises StoryFailed where the world differs."""

    def __init__(
        self, console: Console, agreement: Agreement, clock: VirtualClock, timeline: Timeline, people: People
    ) -> None:
        self._console = console
        self._agreement = agreement
        self._clock = clock
        self._timeline = timeline
        self._people = people

    async def tell(self, platform: Platform) -> None:
        """The story."""
        await self._ask(platform)
        answer_id = await self._draft()
        await self._refuse(answer_id)
        instruction_id = await self._instruct()
        await self._send(answer_id, instruction_id)
        await self._seal()
        await self._ban_ends()

    async def _ask(self, platform: Platform) -> None:
        self._timeline.say("A person asks what is held of her; she names a company, and no client's id", style="bold")
        asked = {
            "request_id": _REQUEST,
            "right": "access",
            "received_at": self._clock.now().isoformat(),
            "text": "You called me on Monday. What do you hold of me?",
            "reply_to": "jane.roe@private.example",
            "hints": ["ACME SAS"],
        }
        await platform.publish("dsar.received", _REQUEST, asked)
        await platform.publish("dsar.received", _REQUEST, asked)
        await self._timeline.until(
            "Acme is found and told, and the repetition is counted",
            lambda seen: _has(seen, "request.told", _REQUEST) and _has(seen, "request.repeated", _REQUEST),
        )

    async def _draft(self) -> str:
        self._timeline.say("An operator takes it and writes an answer", style="bold")
        await self._people.post(Role.OPERATOR, None, "requests", f"{_PATH}/handler", {})
        words = {"text": "Dear Ms Roe, we hold one call of Monday, which is enclosed."}
        drafted: Any = await self._people.post(Role.OPERATOR, None, "requests", f"{_PATH}/answers", words)
        return str(drafted["answers"][0]["answer_id"])

    async def _refuse(self, answer_id: str) -> None:
        self._timeline.say("... and tries to send it before Acme has said a word", style="bold")
        tried = await self._people.attempt(
            Role.OPERATOR, None, "requests", f"{_PATH}/answers/{answer_id}/sending", {"instruction_id": None}
        )
        _expect(tried, 409)
        content = await self._people.look(Role.OPERATOR, None, "requests", f"{_PATH}/answers/{answer_id}/content")
        _expect(content, 409)
        await self._timeline.until("it is refused", lambda seen: _has(seen, "request.answer_refused", _REQUEST))

    async def _instruct(self) -> str:
        self._clock.jump_to(self._clock.now() + timedelta(hours=20))
        self._timeline.say("Acme reads the draft, and instructs in writing that it be sent", style="bold")
        body = {"request_id": _REQUEST, "text": "Send what you drafted.", "purpose": "to answer the request"}
        path = f"/clients/{_CLIENT}/instructions"
        given = await self._people.post(Role.SUPER_ADMINISTRATOR, _CLIENT, "requests", path, body)
        return str(given["instruction_id"])

    async def _send(self, answer_id: str, instruction_id: str) -> None:
        path = f"{_PATH}/answers/{answer_id}"
        await self._people.post(Role.OPERATOR, None, "requests", f"{path}/sending", {"instruction_id": instruction_id})
        await self._timeline.until("it leaves", lambda seen: _has(seen, "request.answer_sent", _REQUEST))
        content = await self._people.get(Role.OPERATOR, None, "requests", f"{path}/content")
        seen: Any = from_json(await self._own(f"/clients/{_CLIENT}/requests/{_REQUEST}"))
        [answer] = seen["answers"]
        if sha256(content.encode()).hexdigest() != answer["sha256"] or len(seen["refused"]) != 1:
            raise StoryFailed(f"Acme should read one answer and one refusal, and reads {seen}")
        table = Table(title="What Acme reads of the request", title_justify="left")
        table.add_column("what")
        table.add_column("result")
        for name in ("about", "times", "told_at", "answer_by_unrolled", "answer_by", "status"):
            table.add_row(name.replace("_", " "), str(seen[name]))
        table.add_row("refused", f"{seen['refused'][0]['tried_by']}: {seen['refused'][0]['reason']}")
        table.add_row("left", f"{answer['sent_at']}, on {answer['instruction_id']}")
        table.add_row("SHA-256 of what left", answer["sha256"])
        self._console.print(table)

    async def _seal(self) -> None:
        self._timeline.say("A court asks for Acme's call logs, and forbids to tell Acme", style="bold")
        until = deadlines.local_date(self._agreement, self._clock.now()) + timedelta(days=_BAN_DAYS)
        body = {
            "request_id": _SEALED,
            "authority": "Tribunal judiciaire de Nanterre",
            "kind": "law_enforcement",
            "legal_basis": "Art. 77-1-1 of the Code of Criminal Procedure",
            "received_at": self._clock.now().isoformat(),
            "client_id": _CLIENT,
            "text": "The call logs of one number in March.",
            "ban": {"text": "Art. 11 of the Code of Criminal Procedure", "until": until.isoformat()},
        }
        entered = await self._people.post(Role.OPERATOR, None, "requests", "/authority-requests", body)
        if entered["sealed"] is not True:
            raise StoryFailed(f"it should be sealed: {entered}")
        own = await self._own(f"/clients/{_CLIENT}/requests")
        if _SEALED in own or any(_SEALED in str(each) for each in self._timeline.of("request.opened")):
            raise StoryFailed("what is sealed shows")
        opening = f"/sealed/{_SEALED}/openings"
        why = {"reason": "The court called."}
        _expect(await self._people.attempt(Role.OPERATOR, None, "requests", opening, why), 403)
        await self._people.post(Role.DPO, None, "requests", opening, why)
        self._timeline.say(f"nothing is said of it until {until} is over; the DPO opened it, which is on record")

    async def _ban_ends(self) -> None:
        self._timeline.say("Time jumps over the ban's last day", style="bold")
        self._clock.jump_to(self._clock.now() + timedelta(days=_BAN_DAYS + 1))
        await self._timeline.until("the notice goes out by itself", lambda seen: _has(seen, "request.told", _SEALED))
        if _SEALED not in await self._own(f"/clients/{_CLIENT}/requests"):
            raise StoryFailed("Acme should read of it now")

    async def _own(self, path: str) -> str:
        return await self._people.get(Role.SUPER_ADMINISTRATOR, _CLIENT, "requests", path)


def _expect(answered: Answered, status: int) -> None:
    if answered.status != status:
        raise StoryFailed(f"expected {status}, and was answered {answered.status}: {answered.content}")


def _has(seen: list[Seen], event_type: str, request_id: str) -> bool:
    return any(each.type == event_type and each.data.get("request_id") == request_id for each in seen)
