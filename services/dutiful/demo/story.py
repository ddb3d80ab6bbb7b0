"""The story of the demo: a translator is appointed; one client objects with a ground, one without, one too late."""

import asyncio
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import aiohttp
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from agreement.book import Book
from agreement.deadlines import start_of_day
from all_in_one import House
from chassis.access import Role
from chassis.clock import VirtualClock
from chassis.service import Crashed
from dutiful.demo.asking import Asking
from dutiful.demo.assurance import Assurance
from dutiful.demo.ending import Ending
from dutiful.demo.evidence import Evidence
from dutiful.demo.helping import Helping
from dutiful.demo.holdings import Holdings
from dutiful.demo.incident import INCIDENT, Incident
from dutiful.demo.timeline import Seen, StoryFailed, Timeline
from dutiful.demo.world import People, Platform
from embedded import sample_platform
from embedded.receiver import WebhookReceiver
from holder.map_file import load

_START_AT = datetime(2026, 4, 30, 7, 0, tzinfo=UTC)
_TOPICS = (
    "change",
    "deadline",
    "notice",
    "permission",
    "incident",
    "request",
    "register",
    "task",
    "assurance",
    "holder",
    "retention",
    "cease",
    "erasure",
    "return",
)
_SUBPROCESSOR = "lingua"
_FACTS: dict[str, object] = {
    "subprocessor_id": _SUBPROCESSOR,
    "name": "Lingua Cloud Inc.",
    "actions": ["Translation of transcripts"],
    "data_categories": ["transcriptions"],
    "location": "US",
    "transfer": {"mechanism": "scc", "document": "Standard Contractual Clauses (2021/914), signed 2026-04-20"},
    "written_agreement": {"reference": "DPA-2026-17", "signed_on": "2026-04-20"},
    "effective_on": "2026-05-11",
}
_CLIENTS = {
    "acme": ("Acme SAS", "fr", True),
    "borealis": ("Borealis GmbH", "en", True),
    "cedar": ("Cedar Ltd", "en", True),
    "delta": ("Delta SARL", "fr", False),
}
"""Each client: name, language, and whether it registers a webhook; all have email."""


class Story:
    """The demo from beginning to end; raises StoryFailed where the world differs from it."""

    def __init__(self, console: Console, book: Book) -> None:
        self._console = console
        self._book = book
        self._agreement = book.latest
        self._clock = VirtualClock(_START_AT)
        self._timeline = Timeline(console, self._clock, self._agreement.zone)
        self._receiver = WebhookReceiver()

    async def tell(self) -> None:
        """Start everything, tell the story, stop everything."""
        async with AsyncExitStack() as stack:
            home = Path(stack.enter_context(TemporaryDirectory(prefix="dutiful-demo-")))
            house = House(home, self._book, self._clock, data_map=sample_platform.MAP)
            stack.push_async_callback(house.stop)
            await house.start(lambda line: self._console.print(f"[dim]· {line}[/]"))
            await self._receiver.start()
            stack.push_async_callback(self._receiver.stop)
            platform = Platform(house.bootstrap)
            await platform.start()
            stack.push_async_callback(platform.stop)
            session = await stack.enter_async_context(aiohttp.ClientSession())
            group = await stack.enter_async_context(asyncio.TaskGroup())
            following = group.create_task(self._timeline.follow(house.bootstrap, _TOPICS))
            watching = group.create_task(house.crashed())
            await self._tell(house, platform, People(house, session))
            following.cancel()
            watching.cancel()

    async def _tell(self, house: House, platform: Platform, people: People) -> None:
        await self._clients_sign(platform, people)
        change_id = await self._appoint(platform)
        await self._object(change_id, people)
        await self._mitigate(change_id, people)
        await self._days_pass(change_id, people)
        self._sum_up(house)
        incident = Incident(self._console, self._agreement, self._clock, self._timeline, people, house.smtp)
        await incident.tell(platform, set(_CLIENTS))
        asking = Asking(self._console, self._agreement, self._clock, self._timeline, people)
        await asking.tell(platform)
        assurance = Assurance(self._console, self._agreement, self._clock, self._timeline, people)
        await assurance.tell(INCIDENT)
        evidence = Evidence(self._timeline, people)
        await evidence.keep()
        ending = Ending(self._console, self._agreement, self._clock, self._timeline, people)
        data_map = load(sample_platform.MAP)
        async with Holdings(str(house.sample_dsn), data_map) as holdings:
            await Helping(self._console, self._clock, self._timeline, people).tell(platform, holdings)
            await ending.tell(house.bootstrap, platform, holdings, data_map.holder_id)
        await evidence.tell()

    async def _clients_sign(self, platform: Platform, people: People) -> None:
        self._timeline.say(
            f"{len(_CLIENTS)} clients are bound to the agreement {self._agreement.title!r}", style="bold"
        )
        for client_id, (name, language, _) in _CLIENTS.items():
            contact = {"name": f"DPO of {name}", "email": f"dpo@{client_id}.example", "language": language}
            signed = {
                "client_id": client_id,
                "name": name,
                "agreement_id": self._agreement.id,
                "agreement_version": self._agreement.version,
                "signed_on": "2026-02-02",
                "contact": contact,
            }
            await platform.publish("client.signed", client_id, signed)
        on_the_list = len(_CLIENTS) * len(self._agreement.sub_processors)
        await self._timeline.until(
            "the list is permitted to every client", lambda seen: _count(seen, "permission.set") == on_the_list
        )
        self._timeline.say(f"each may use the {len(self._agreement.sub_processors)} sub-processors of Appendix B")
        for client_id, (_, _, has_webhook) in _CLIENTS.items():
            if has_webhook:
                body = {"url": self._receiver.url(f"/{client_id}")}
                path = f"/clients/{client_id}/endpoints"
                made = await people.post(Role.ADMINISTRATOR, client_id, "notifier", path, body)
                self._receiver.trust(f"/{client_id}", str(made["secret"]))

    async def _appoint(self, platform: Platform) -> str:
        self._timeline.say("The platform announces two sub-processors on Kafka", style="bold")
        careless = {key: value for key, value in _FACTS.items() if key != "transfer"} | {"subprocessor_id": "careless"}
        await platform.publish("subprocessor.added", "careless", careless)
        await platform.publish("subprocessor.added", _SUBPROCESSOR, _FACTS)
        await self._timeline.until(
            "one is refused, one announced, and every client has the notice",
            lambda seen: _count(seen, "change.refused") == 1 and _count(seen, "change.window_opened") == len(_CLIENTS),
        )
        await self._receiver.wait_for(lambda got: len(got) >= sum(has for _, _, has in _CLIENTS.values()))
        return str(self._timeline.of("change.announced")[0]["change_id"])

    async def _object(self, change_id: str, people: People) -> None:
        path = f"/changes/{change_id}/objections"
        self._pass_days(2)
        self._timeline.say("Acme objects with a ground, Borealis without one", style="bold")
        ground = next(ground.code for ground in self._agreement.objection.grounds if ground.objective)
        with_ground = {"ground": ground, "statement": "Our sector's secrecy forbids it."}
        await people.post(Role.SUPER_ADMINISTRATOR, "acme", "subprocessor_registry", path, with_ground)
        without = {"statement": "We would rather not."}
        await people.post(Role.SUPER_ADMINISTRATOR, "borealis", "subprocessor_registry", path, without)
        await self._timeline.until(
            "both objections are answered",
            lambda seen: _kinds(seen) >= {("acme", "objection_accepted"), ("borealis", "objection_refused")},
        )

    async def _mitigate(self, change_id: str, people: People) -> None:
        self._pass_days(1)
        self._timeline.say("An alternative is offered to Acme, which accepts it", style="bold")
        kind = min(self._agreement.mitigation.barred_if_accepted)
        offer = {
            "client_id": "acme",
            "kind": kind,
            "description": "Acme's transcripts stay with the present translator.",
        }
        path = f"/changes/{change_id}/mitigations"
        made = await people.post(Role.OPERATOR, None, "subprocessor_registry", path, offer)
        answer = f"/mitigations/{made['mitigation_id']}/answer"
        await people.post(Role.SUPER_ADMINISTRATOR, "acme", "subprocessor_registry", answer, {"accepted": True})
        await self._timeline.until(
            "Acme's answer is confirmed", lambda seen: ("acme", "mitigation_closed") in _kinds(seen)
        )

    async def _days_pass(self, change_id: str, people: People) -> None:
        last_day = max(str(window["last_day_on"]) for window in self._timeline.of("change.window_opened"))
        effective = str(self._timeline.of("change.announced")[0]["effective_on"])
        self._timeline.say(f"Time jumps over the windows, which close with {last_day}", style="bold")
        self._clock.jump_to(start_of_day(self._agreement, datetime.fromisoformat(effective).date()))
        await self._timeline.until(
            "the change is in effect for the others", lambda seen: _count(seen, "change.took_effect") >= 1
        )
        self._timeline.say("Cedar objects too late", style="bold")
        late = {"ground": "legal_obligation", "statement": "We only saw it now."}
        path = f"/changes/{change_id}/objections"
        await people.post(Role.SUPER_ADMINISTRATOR, "cedar", "subprocessor_registry", path, late)
        await self._timeline.until("Cedar is told why", lambda seen: ("cedar", "objection_refused") in _kinds(seen))

    def _pass_days(self, days: int) -> None:
        self._clock.jump_to(self._clock.now() + timedelta(days=days))

    def _sum_up(self, house: House) -> None:
        standing = {key: text for key, text in _standings(self._timeline).items() if key.endswith(_SUBPROCESSOR)}
        expected = {
            f"acme/{_SUBPROCESSOR}": "barred",
            f"borealis/{_SUBPROCESSOR}": "permitted",
            f"cedar/{_SUBPROCESSOR}": "permitted",
            f"delta/{_SUBPROCESSOR}": "permitted",
        }
        if standing != expected:
            raise StoryFailed(f"the platform should read {expected}, and reads {standing}")
        requests = self._receiver.requests
        if not all(request.verified for request in requests):
            raise StoryFailed("a webhook's signature did not verify")
        table = Table(title="What came out", title_justify="left")
        table.add_column("what")
        table.add_column("result")
        for key, text in sorted(standing.items()):
            table.add_row(key, text)
        table.add_row("webhooks received, every signature verified", str(len(requests)))
        table.add_row("emails received", str(len(house.smtp.mails)))
        self._console.print(table)


def _count(seen: list[Seen], event_type: str) -> int:
    return sum(each.type == event_type for each in seen)


def _kinds(seen: list[Seen]) -> set[tuple[str, str]]:
    return {(str(each.data["client_id"]), str(each.data["kind"])) for each in seen if each.type == "notice.received"}


def _standings(timeline: Timeline) -> dict[str, str]:
    said = timeline.of("permission.set")
    return {f"{each['client_id']}/{each['subprocessor_id']}": str(each["standing"]) for each in said}


def _leaves(failed: BaseExceptionGroup[BaseException]) -> list[BaseException]:
    """The errors themselves, out of every group within the group."""
    found: list[BaseException] = []
    for error in failed.exceptions:
        found += _leaves(error) if isinstance(error, BaseExceptionGroup) else [error]
    return found


def run(console: Console, book: Book) -> int:
    """Tell the story; 0 if all of it came true."""
    import uvloop

    from embedded.process import ServerError

    said: list[str] = []
    try:
        uvloop.run(Story(console, book).tell())
    except* StoryFailed as failed:
        said += [f"[bold red]The story ended otherwise:[/] {escape(str(error))}" for error in _leaves(failed)]
    except* (ServerError, Crashed) as failed:
        said += [f"[bold red]{escape(str(error))}[/]" for error in _leaves(failed)]
    for line in said:
        console.print(line)
    if not said:
        console.print("[bold green]Every promise of the story was kept.[/]")
    return 1 if said else 0
