"""`dutiful dead-letters`: what was set aside, why, and playing it again."""

import asyncio
from collections.abc import Coroutine, Iterable
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer
from pydantic_core import to_json
from rich.console import Console

if TYPE_CHECKING:
    from chassis.dead_letters import DeadLetter

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


async def _read(kafka: str, prefix: str) -> "dict[str, DeadLetter]":
    from dutiful.dead_letter_box import read

    return await read(kafka, prefix)


async def _send(kafka: str, prefix: str, letters: "Iterable[DeadLetter]", again: "Iterable[DeadLetter]" = ()) -> None:
    from dutiful.dead_letter_box import send

    await send(kafka, prefix, letters, again)


def _chosen(letters: "dict[str, DeadLetter]", ids: list[str]) -> "list[DeadLetter]":
    return list(letters.values()) if ids == ["all"] else [_find(letters, each) for each in ids]


def _origin(letter: "DeadLetter") -> tuple[str, int, int]:
    """Where its message was on the bus: the same for the letters of all services about it."""
    return letter.topic, letter.partition, letter.offset


def _find(letters: "dict[str, DeadLetter]", letter_id: str) -> "DeadLetter":
    if letter_id not in letters:
        raise typer.BadParameter(f"there is no dead letter {letter_id!r}; `dutiful dead-letters list` shows them")
    return letters[letter_id]


def _summary(letter: "DeadLetter") -> dict[str, str]:
    return {
        "id": letter.id,
        "service": letter.service,
        "failed_at": letter.failed_at,
        "field": letter.field,
        "reason": letter.reason,
    }


def _run(work: Coroutine[Any, Any, T]) -> T:
    from aiokafka.errors import KafkaConnectionError

    try:
        return asyncio.run(work)
    except KafkaConnectionError as error:
        Console(stderr=True).print(f"Kafka can't be reached: {error}; set --kafka or DUTIFUL_KAFKA", style="red")
        raise typer.Exit(1) from None
