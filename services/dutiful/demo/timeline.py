"""Prints what happens on the bus as it happens, with the date that it happens on and the reason of every date."""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from aiokafka import AIOKafkaConsumer, ConsumerRecord
from pydantic_core import from_json
from rich.console import Console

from chassis.clock import Clock

Data = Mapping[str, object]
_WITHIN_S = 20.0


@dataclass(frozen=True, slots=True)
class Seen:
    """One event as an outside consumer reads it; a tombstone has no data."""

    type: str
    key: str
    data: Data


class StoryFailed(Exception):
    """What should have happened did not."""


class Timeline:
    """An outside consumer of everything that the services say; the printed story is made of it and of nothing else."""

    def __init__(self, console: Console, clock: Clock, zone: ZoneInfo) -> None:
        self._console = console
        self._clock = clock
        self._zone = zone
        self._seen: list[Seen] = []
        self._grew = asyncio.Condition()

    async def follow(self, bootstrap: str, topics: Iterable[str]) -> None:
        """Read the topics from their beginning until cancelled."""
        consumer = AIOKafkaConsumer(*topics, bootstrap_servers=bootstrap, auto_offset_reset="earliest")
        await consumer.start()
        try:
            async for record in consumer:
                seen = _read(record)
                self._tell(seen)
                async with self._grew:
                    self._seen.append(seen)
                    self._grew.notify_all()
        finally:
            await consumer.stop()

    async def until(self, what: str, holds: Callable[[list[Seen]], bool]) -> None:
        """Wait until the events seen so far satisfy `holds`; `what` names it if they never do."""
        try:
            async with asyncio.timeout(_WITHIN_S), self._grew:
                await self._grew.wait_for(lambda: holds(self._seen))
        except TimeoutError:
            raise StoryFailed(f"expected: {what}") from None

    @property
    def seen(self) -> list[Seen]:
        """The events so far."""
        return self._seen

    def of(self, event_type: str) -> list[Data]:
        """The data of the events of a type so far."""
        return [seen.data for seen in self._seen if seen.type == event_type]

    def say(self, text: str, *, style: str = "") -> None:
        """A line of the story at the present moment."""
        now = self._clock.now().astimezone(self._zone)
        self._console.print(f"[dim]{now:%a %Y-%m-%d %H:%M:%S}[/]  {text}", style=style, highlight=False)

    def explain(self, steps: Iterable[object]) -> None:
        """The steps that led to a date, under its line."""
        for step in steps:
            self._console.print(f"{'':25}[dim]· {step}[/]", highlight=False)

    def _tell(self, seen: Seen) -> None:
        line = _LINES.get(seen.type)
        if line is None:
            return
        if text := line(seen.data):
            self.say(text)
        clocks = seen.data.get("clocks")
        for clock in clocks if isinstance(clocks, list) else ():
            self.say(f"the clock [bold]{clock['clock']}[/] runs, to {clock['to']}")
            self.explain(clock["reckoning"]["because"])
        reckoning = seen.data.get("reckoning")
        if isinstance(reckoning, dict):
            self.explain(reckoning["because"])


def _read(record: "ConsumerRecord[bytes, bytes]") -> Seen:
    headers = {name: raw.decode() for name, raw in record.headers}
    data = from_json(record.value) if record.value else {}
    return Seen(headers.get("ce_type", "tombstone"), (record.key or b"").decode(), data)


_LINES: dict[str, Callable[[Data], str]] = {
    "change.announced": lambda d: (
        f"[bold]{d['subprocessor_id']}[/] is announced: in effect on [bold]{d['effective_on']}[/]"
        + (f" (asked for {d['requested_on']}, too early)" if d["moved"] else "")
    ),
    "change.refused": lambda d: f"[red]refused[/] [bold]{d['subprocessor_id']}[/] (§{d['clause']}): {d['reason']}",
    "notice.received": lambda d: f"{d['client_id']} has the notice {d['kind']} by {d['channel']} ({d['proof']})",
    "notice.escalated": lambda d: f"[yellow]{d['client_id']} goes on to {d['to_channels']}[/]: {d['reason']}",
    "notice.failed": lambda d: f"[red]no way to {d['client_id']}[/] for {d['kind']}: {d['reason']}",
    "change.window_opened": lambda d: f"{d['client_id']} may object until the end of [bold]{d['last_day_on']}[/]",
    "deadline.window_closed": lambda d: f"the window of {d['client_id']} is over",
    "change.receipt_overdue": lambda d: (
        f"[yellow]{d['client_id']} has not received the notice[/]: nothing changes for it"
    ),
    "change.objection_accepted": lambda d: f"[green]objection of {d['client_id']} accepted[/] (ground: {d['ground']})",
    "change.objection_refused": lambda d: (
        f"[red]objection of {d['client_id']} refused[/] (§{d['clause']}): {d['reason']}"
    ),
    "change.mitigation_opened": lambda d: f"{d['client_id']} is offered: {d['description']}",
    "change.mitigation_closed": lambda d: (
        f"{d['client_id']} {'[green]accepts[/]' if d['accepted'] else '[red]refuses[/]'} what was offered"
    ),
    "change.took_effect": lambda d: (
        f"[green]in effect[/]: {d['subprocessor_id']} for {', '.join(d['client_ids'])}"  # type: ignore[arg-type]
    ),
    "retention.choice_requested": lambda d: (
        f"{d['client_id']} may choose return or deletion until [bold]{d['last_day_on']}[/]; else: {d['default']}"
    ),
    "retention.choice_accepted": lambda d: f"[green]{d['client_id']} chose {d['choice']}[/]",
    "retention.choice_defaulted": lambda d: f"[yellow]{d['client_id']} made no choice[/]: {d['choice']} runs by itself",
    "retention.hold_applied": lambda d: (
        f"[yellow]hold {d['hold_id']}[/] keeps {', '.join(d['categories'])} of {d['client_id']}"  # type: ignore[arg-type]
    ),
    "return.confirmed": lambda d: f"{d['holder_id']} made a package for {d['client_id']}: {d['url']}",
    "holder.reported": lambda d: (
        f"[yellow]{d['holder_id']} finds {d['count']} of {d['category']} of {d['client_id']}[/] ({d['finding']})"
    ),
    "retention.flagged": lambda d: f"[red]flagged[/] {d['client_id']}/{d['category']} (§{d['clause']}): {d['reason']}",
    "return.downloaded": lambda d: f"{d['client_id']} has the whole package of {d['holder_id']}: {d['bytes']:,} bytes",
    "retention.return_settled": lambda d: f"{d['client_id']}: {d['reason']}; deletion follows",
    "retention.reopened": lambda d: f"[red]{d['remaining']} left[/] of {d['category']} at {d['holder_id']}: again",
    "retention.certified": lambda d: (
        f"[green]certificate[/] for {d['client_id']}: {'complete' if d['complete'] else 'a part is held'}"
    ),
    "incident.opened": lambda d: (
        f"incident [bold]{d['incident_id']}[/]: {'suspected' if d['suspected'] else 'a breach'}"
    ),
    "incident.scope_widened": lambda d: f"{d['affected']} clients may be affected ({d['reason']})",
    "incident.aware": lambda d: f"[bold]it is a breach[/], {d['decided_by']} decides: {d['reason']}",
    "incident.time_left": lambda d: (
        f"[yellow]{d['seconds_left'] // 3600} hours left[/] on the clock {d['clock']}"  # type: ignore[operator]
    ),
    "incident.clock_missed": lambda d: f"[red]the clock {d['clock']} is over[/]: why, is asked",
    "incident.updated": lambda d: f"update {d['number']} goes to every client that is affected",
    "incident.all_told": lambda d: f"[green]all {d['clients']} clients that are affected have their notice[/]",
    "incident.exemption_set": lambda d: (
        f"[yellow]{d['client_id']} is {'exempt' if d['exempt'] else 'no longer exempt'}[/] (§{d['clause']}): "
        f"{d['reason']}"
    ),
    "incident.authority_decided": lambda d: (
        f"{d['clock']}: the authority is {'notified' if d['notify'] else 'not notified'}: {d['reason']}"
    ),
    "incident.dossier_submitted": lambda d: (
        f"the dossier goes out, [bold]{d['kind']}[/]; missing: {', '.join(d['missing']) or 'nothing'}"  # type: ignore[arg-type]
    ),
    "incident.closed": lambda d: f"[green]closed[/] by {d['closed_by']}: {d['reason']}",
    "assurance.opened": lambda d: (
        f"{d['client_id']}: {d['matter']} {d['matter_id']} is taken up"
        + (
            f"; {d['asked_on']} is too early, by the gate {d['gate']}: not before {d['due_on']}"
            if d.get("gate")
            else ""
        )
    ),
    "assurance.refused": lambda d: (
        f"[red]refused[/] {d['client_id']} {d['what']} (§{d['clause']}), gate [bold]{d.get('gate')}[/]: {d['reason']}"
        + (f"; it opens when {d['opens_when']}" if d.get("opens_when") else "")
    ),
    "assurance.measures_held": lambda d: (
        f"[yellow]{d['version_id']} is held[/]: nobody has answered for {', '.join(d['unjustified'])}"  # type: ignore[arg-type]
    ),
    "assurance.measures_in_force": lambda d: f"[green]{d['version_id']} is in force[/], without {d['dropped']}",
    "permission.set": lambda d: (
        f"the platform reads: {d['client_id']}/{d['subprocessor_id']} is [bold]{d['standing']}[/] ({d['reason']})"
        if d.get("change_id")
        else ""
    ),
}
