"""`dutiful dead-letters`: what was set aside, why, and playing it again."""

import asyncio
from collections.abc import AsyncIterator, Coroutine, Iterable, Sequence
from contextlib import asynccontextmanager
from typing import Annotated, Any, TypeVar

import typer
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaConnectionError
from pydantic_core import to_json
from rich.console import Console

from chassis.dead_letters import DeadLetter, exhume, topic_of
from dutiful.services import RUNNABLE

app = typer.Typer(
    name="dead-letters",
    help="What could not be handled, with its reason. Mend its cause, then replay it; or discard it.",
    no_args_is_help=True,
)
Kafka = Annotated[str, typer.Option(envvar="DUTIFUL_KAFKA", help="bootstrap servers")]
Prefix = Annotated[str, typer.Option(envvar="DUTIFUL_TOPIC_PREFIX", help="put before every topic's name")]
AsJson = Annotated[bool, typer.Option("--json", help="one JSON object a line")]
T = TypeVar("T")
LetterId = Annotated[str, typer.Argument(help="as `list` shows it")]


@app.command("list")
def list_all(kafka: Kafka = "127.0.0.1:9092", prefix: Prefix = "", as_json: AsJson = False) -> None:
    """Show every dead letter that was neither replayed nor discarded."""
    letters = _run(_read(kafka, prefix))
    if as_json:
        for letter in letters.values():
            print(to_json(_summary(letter)).decode())
        return
    for letter in letters.values():
        print(letter.id)  # whole and alone on its line, however narrow that is: the other commands take it
        print(f"  {letter.failed_at}  {letter.service}{f', field {letter.field}' if letter.field else ''}")
        print(f"  {letter.reason}")
    if not letters:
        print("no dead letters")


@app.command("show")
def show(letter_id: LetterId, kafka: Kafka = "127.0.0.1:9092", prefix: Prefix = "") -> None:
    """Show one dead letter whole: its reason, where it came from, key, headers and value."""
    letter = _find(_run(_read(kafka, prefix)), letter_id)
    headers = {name: raw.decode("utf-8", "replace") for name, raw in letter.headers}
    origin = {"topic": letter.topic, "partition": letter.partition, "offset": letter.offset}
    message = {
        "key": None if letter.key is None else letter.key.decode("utf-8", "replace"),
        "headers": headers,
        "value": (letter.value or b"").decode("utf-8", "replace"),
    }
    Console().print_json(data=_summary(letter) | origin | message)


@app.command("replay")
def replay(
    letter_ids: Annotated[list[str], typer.Argument(help="ids, or `all`")],
    kafka: Kafka = "127.0.0.1:9092",
    prefix: Prefix = "",
) -> None:
    """Publish their messages again on their topic, unchanged, once each; what fails again comes back.

    A message is for every service: its letters from other services are struck off with it.
    """
    there = _run(_read(kafka, prefix))
    messages = {_origin(letter): letter for letter in _chosen(there, letter_ids)}
    letters = [letter for letter in there.values() if _origin(letter) in messages]
    _run(_send(kafka, prefix, letters, again=messages.values()))
    Console().print(f"{len(messages)} replayed, of {len(letters)} dead letters")


@app.command("discard")
def discard(
    letter_ids: Annotated[list[str], typer.Argument()], kafka: Kafka = "127.0.0.1:9092", prefix: Prefix = ""
) -> None:
    """Strike dead letters off the list; nothing is published."""
    letters = _chosen(_run(_read(kafka, prefix)), letter_ids)
    _run(_send(kafka, prefix, letters))
    Console().print(f"{len(letters)} discarded")


async def _read(kafka: str, prefix: str) -> dict[str, DeadLetter]:
    letters: dict[str, DeadLetter] = {}
    there = await _topics(kafka)
    topics = [topic for name in RUNNABLE if (topic := prefix + topic_of(name)) in there]
    if not topics:
        return letters
    async with _consumer(kafka, topics) as consumer:
        ends = await consumer.end_offsets(consumer.assignment())
        for partition in ends:
            while await consumer.position(partition) < ends[partition]:
                for record in (await consumer.getmany(partition, timeout_ms=1000)).get(partition, ()):
                    _fold(letters, record.key, exhume(record) if record.value is not None else None)
    return letters


def _fold(letters: dict[str, DeadLetter], key: bytes | None, letter: DeadLetter | None) -> None:
    letters.pop((key or b"").decode(), None)
    if letter is not None:
        letters[letter.id] = letter


async def _send(kafka: str, prefix: str, letters: Iterable[DeadLetter], again: Iterable[DeadLetter] = ()) -> None:
    """The originals first, then the tombstones: a crash between them replays twice, which the inbox forgives."""
    producer = AIOKafkaProducer(bootstrap_servers=kafka, enable_idempotence=True)
    await producer.start()
    try:
        for letter in again:
            await producer.send_and_wait(letter.topic, letter.value, letter.key, headers=letter.headers)
        for letter in letters:
            await producer.send_and_wait(prefix + topic_of(letter.service), None, letter.id.encode())
    finally:
        await producer.stop()


async def _topics(kafka: str) -> set[str]:
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    try:
        await admin.start()
        return set(await admin.list_topics())
    finally:
        await admin.close()


@asynccontextmanager
async def _consumer(kafka: str, topics: Sequence[str]) -> AsyncIterator[AIOKafkaConsumer]:
    consumer = AIOKafkaConsumer(*topics, bootstrap_servers=kafka, auto_offset_reset="earliest")
    try:
        await consumer.start()
        yield consumer
    finally:
        await consumer.stop()


def _chosen(letters: dict[str, DeadLetter], ids: list[str]) -> list[DeadLetter]:
    return list(letters.values()) if ids == ["all"] else [_find(letters, each) for each in ids]


def _origin(letter: DeadLetter) -> tuple[str, int, int]:
    """Where its message was on the bus: the same for the letters of all services about it."""
    return letter.topic, letter.partition, letter.offset


def _find(letters: dict[str, DeadLetter], letter_id: str) -> DeadLetter:
    if letter_id not in letters:
        raise typer.BadParameter(f"there is no dead letter {letter_id!r}; `dutiful dead-letters list` shows them")
    return letters[letter_id]


def _summary(letter: DeadLetter) -> dict[str, str]:
    return {
        "id": letter.id,
        "service": letter.service,
        "failed_at": letter.failed_at,
        "field": letter.field,
        "reason": letter.reason,
    }


def _run(work: Coroutine[Any, Any, T]) -> T:
    try:
        return asyncio.run(work)
    except KafkaConnectionError as error:
        Console(stderr=True).print(f"Kafka can't be reached: {error}; set --kafka or DUTIFUL_KAFKA", style="red")
        raise typer.Exit(1) from None
