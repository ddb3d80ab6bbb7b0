"""`dutiful emit`: publish events from a file, every one of them checked before the first is sent."""

import asyncio
import logging
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic
from typing import Annotated, Final, NoReturn
from uuid import uuid4

import typer
from pydantic_core import to_json
from rich.console import Console
from rich.progress import Progress

from contracts.bus import TOPICS
from contracts.publishing import InvalidEvent, Outgoing, draft

PROBLEMS_SHOWN: Final = 20
PROGRESS_AFTER_S: Final = 2


@dataclass(frozen=True, slots=True)
class Naming:
    """Where events get their ids: given, derived from the data, or fresh."""

    given: str | None
    once: bool

    def name(self, line: int | None) -> str | None:
        """The id of an event, with its line's number where there are many; None has it derived from the data."""
        if self.once:
            return None
        if self.given is None:
            return str(uuid4())
        return self.given if line is None else f"{self.given}-{line}"


def emit(  # noqa: PLR0913, PLR0917 - one argument per option
    event_type: Annotated[str, typer.Argument(metavar="TYPE", help="such as subprocessor.added")],
    file: Annotated[str, typer.Option("--file", "-f", help="the event's data as JSON; - is standard input")],
    kafka: Annotated[str, typer.Option(envvar="DUTIFUL_KAFKA", help="bootstrap servers")] = "127.0.0.1:9092",
    prefix: Annotated[str, typer.Option(envvar="DUTIFUL_TOPIC_PREFIX", help="put before the topic's name")] = "",
    source: Annotated[str, typer.Option(help="who says it, as a URI reference")] = "dutiful/emit",
    event_id: Annotated[
        str | None,
        typer.Option("--id", help="the event's id (with --lines, `-` and the line's number follow); else new"),
    ] = None,
    once: Annotated[bool, typer.Option("--once", help="derive the id from the data: again changes nothing")] = False,
    lines: Annotated[bool, typer.Option("--lines", help="the file holds one event per line (NDJSON)")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="check and print, publish nothing")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="print one JSON object per event")] = False,
) -> None:
    """Publish one event, or one per line. All are checked first; if one is wrong, none is published."""
    if once and event_id is not None:
        raise typer.BadParameter("--id and --once exclude each other")
    _refuse_services_events(event_type)
    said_at = None if once else datetime.now(UTC)
    events: list[Outgoing] = []
    wrong: list[tuple[int | None, InvalidEvent]] = []
    naming = Naming(event_id, once)
    for line, data in _read(file, lines=lines):
        try:
            name = naming.name(line)
            events.append(draft(event_type, data, source=source, event_id=name, time=said_at, prefix=prefix))
        except InvalidEvent as error:
            wrong.append((line, error))
    if wrong:
        _refuse(wrong)
    if not events:
        _fail(f"{file} holds no event")
    if dry_run:
        for event in events:
            _print_draft(event, as_json=as_json)
        return
    _publish(events, kafka, as_json=as_json, repeatable=once or event_id is not None)


def _refuse_services_events(event_type: str) -> None:
    """This command speaks for the platform and for holders, never for a service."""
    for topic in TOPICS:
        own = set(topic.events) - set(topic.from_outside)
        if event_type in {event.TYPE for event in own}:
            _fail(f"{event_type} is said by {topic.writer} alone")


def _read(file: str, *, lines: bool) -> Iterator[tuple[int | None, bytes]]:
    try:
        data = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    except OSError as error:
        _fail(f"{file} can't be read: {error.strerror}")
    if not lines:
        yield None, data
        return
    for number, line in enumerate(data.split(b"\n"), start=1):
        if line.strip():
            yield number, line


def _refuse(wrong: Sequence[tuple[int | None, InvalidEvent]]) -> NoReturn:
    for line, error in wrong[:PROBLEMS_SHOWN]:
        where = "" if line is None else f"line {line}: "
        for problem in error.problems:
            print(f"{where}{problem.field}: {problem.text}", file=sys.stderr)
    more = len(wrong) - PROBLEMS_SHOWN
    if more > 0:
        print(f"… and {more} more lines", file=sys.stderr)
    _fail("nothing was published")


def _publish(events: Sequence[Outgoing], kafka: str, *, as_json: bool, repeatable: bool) -> None:
    from dutiful.sending import NotSent, Sent, send

    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # NotSent says it in one sentence
    sent: list[Sent] = []
    began = monotonic()
    progress = Progress(console=Console(stderr=True), transient=True)
    shown = progress.add_task("publishing", total=len(events))

    def on_sent(record: Sent) -> None:
        sent.append(record)
        if progress.console.is_terminal and monotonic() - began > PROGRESS_AFTER_S:
            progress.start()
        progress.update(shown, completed=len(sent))

    failure = None
    try:
        asyncio.run(send(events, kafka, on_sent=on_sent))
    except NotSent as error:
        failure = str(error)
    finally:
        if progress.live.is_started:
            progress.stop()
    for record in sent:
        print(_json(asdict(record)) if as_json else f"{record.topic}/{record.partition}@{record.offset}  {record.id}")
    if failure is not None:
        _fail(failure + (_unsure(len(sent), len(events), repeatable=repeatable) if sent else ""))


def _unsure(sent: int, asked: int, *, repeatable: bool) -> str:
    what = f"; {sent} of {asked} events are published for certain, the next ones perhaps"
    if repeatable:
        return f"{what}: run the same command again, what was published does not count twice"
    return f"{what}: with --once or --id the command could be run again without counting any twice"


def _print_draft(event: Outgoing, *, as_json: bool) -> None:
    headers = {name: value.decode() for name, value in event.headers}
    if as_json:
        fields = {"topic": event.topic, "key": event.key.decode(), "headers": headers, "value": event.value.decode()}
        print(_json(fields))
        return
    print(f"would publish to {event.topic}, key {event.key.decode()}")
    for name, value in headers.items():
        print(f"  {name}: {value}")
    print(f"  {event.value.decode()}")


def _json(fields: Mapping[str, object]) -> str:
    return to_json(fields).decode()


def _fail(sentence: str) -> NoReturn:
    print(sentence, file=sys.stderr)
    raise typer.Exit(1)
