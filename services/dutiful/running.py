"""Runs the system: all of it on this machine, or one service in a container."""

import asyncio
import errno
import logging
import os
import signal
import sys
from collections.abc import Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer
from pydantic import ValidationError
from rich.console import Console
from rich.table import Table

from agreement.book import Book
from agreement.loading import AgreementInvalid, default_path
from chassis import logs
from contracts.wording import in_words

if TYPE_CHECKING:
    from all_in_one import House

_HOME = Path(os.environ.get("DUTIFUL_HOME", ".dutiful"))
_PIPED = 400
"""Columns where nobody reads on a terminal: a line of the story is one line of the file."""

AgreementFile = Annotated[
    Path | None, typer.Option("--agreement", help="agreement file, or a directory of them; the shipped one by default")
]
ServiceName = Annotated[
    str,
    typer.Argument(help="subprocessor_registry, notifier, retention, breach, requests, assurance, console or holder"),
]


def configure_logs(*, verbose: bool) -> None:
    """Quiet for people; everything, as JSON lines where stderr is no terminal, with `--verbose`."""
    logs.configure(pretty=sys.stderr.isatty(), level=logging.INFO if verbose else logging.ERROR)
    if not verbose:
        # It calls every retry an error; what it gives up on is raised and told by us.
        logging.getLogger("aiokafka").setLevel(logging.CRITICAL)


def demo(agreement: AgreementFile = None) -> None:
    """Tell the story of one sub-processor change on real Kafka and PostgreSQL, with a virtual clock.

    Needs Python, Java 17+ and Maven; the first run downloads the broker. Ends with 0 if every promise was kept.
    """
    from dutiful.demo import story

    raise typer.Exit(story.run(Console(width=None if sys.stdout.isatty() else _PIPED), _book(agreement)))


def up(
    agreement: AgreementFile = None,
    home: Annotated[Path, typer.Option(help="where data, keys and logs live; it survives")] = _HOME / "up",
    kafka_port: Annotated[int, typer.Option(help="port of Kafka")] = 9092,
    first_port: Annotated[int, typer.Option(help="port of the registry's API; those of the others follow it")] = 8081,
    data_map: Annotated[
        Path | None, typer.Option("--data-map", help="what the holder holds; a made-up platform's database by default")
    ] = None,
) -> None:
    """Leave the whole system running on this machine, on the real clock; Ctrl-C stops all of it, data stays."""
    from all_in_one import House, Ports
    from embedded import sample_platform
    from embedded.process import ServerError

    console = Console()
    ports = Ports.from_first(first_port, kafka=kafka_port)
    house = House(home, _book(agreement), ports=ports, data_map=data_map or sample_platform.MAP)

    async def live() -> None:
        try:
            await house.start(lambda line: console.print(f"[dim]· {line}[/]"))
            _print_urls(console, house)
            await _until_signal(house.crashed())
            console.print("[dim]· stopping[/]")
        except ServerError as error:
            _fail(str(error))
        finally:
            await house.stop()

    _go(live(), "--first-port (the APIs) or --kafka-port (Kafka)")


def run(service: ServiceName, agreement: AgreementFile = None) -> None:
    """Run one service, set by DUTIFUL_* in the environment; SIGTERM stops it in order.

    Example: DUTIFUL_KAFKA=kafka:9092 DUTIFUL_DATABASE_URL=postgresql://notifier@db/dutiful dutiful run notifier
    """
    from chassis.clock import SystemClock
    from chassis.service import Service
    from dutiful.services import app_of, settings_of

    logs.configure(pretty=sys.stderr.isatty())

    async def live() -> None:
        settings = _settings(service)
        running = Service(app_of(service, _book(agreement), settings), settings, SystemClock())
        try:
            await _until_signal(_alive(running))
        finally:
            await running.stop()

    async def _alive(running: Service) -> None:
        await running.start()
        await running.ended()

    def _settings(name: str) -> Any:  # noqa: ANN401 - each service has its own
        try:
            return settings_of(name)
        except ValidationError as error:
            raise missing(error) from None

    _go(live())


def migrate(
    service: ServiceName,
    wait: Annotated[bool, typer.Option("--wait", help="apply nothing: end when another process has")] = False,
) -> None:
    """Bring a service's schema up to this version; safe while the version before still runs, and twice.

    Needs DUTIFUL_DATABASE_URL, and none of the service's other settings.
    """
    from chassis import migrations
    from chassis.settings import Settings
    from dutiful.services import kind_of

    try:
        settings = Settings()
    except ValidationError as error:
        raise missing(error) from None
    shipped = migrations.shipped(migrations.CHASSIS_TABLES, kind_of(service).migrations)
    if wait:
        asyncio.run(migrations.wait_until_migrated(settings.dsn, service, shipped))
        return
    applied = asyncio.run(migrations.migrate(settings.dsn, service, shipped))
    Console().print("\n".join(applied) or "nothing to do")


def topics(
    kafka: Annotated[str, typer.Option(envvar="DUTIFUL_KAFKA", help="bootstrap servers")] = "127.0.0.1:9092",
    partitions: Annotated[int, typer.Option(envvar="DUTIFUL_PARTITIONS")] = 6,
    replication: Annotated[int, typer.Option(envvar="DUTIFUL_REPLICATION")] = 1,
    prefix: Annotated[str, typer.Option(envvar="DUTIFUL_TOPIC_PREFIX")] = "",
) -> None:
    """Make the topics of the bus where they are missing."""
    from chassis.topics import Shape, ensure_topics
    from dutiful.services import RUNNABLE

    made = asyncio.run(ensure_topics(kafka, Shape(prefix, partitions, replication), RUNNABLE))
    Console().print("\n".join(made) or "all topics are there")


def _book(path: Path | None) -> Book:
    try:
        return Book.read(path or default_path())
    except AgreementInvalid as error:
        Console(stderr=True).print(str(error), style="red", markup=False)
        raise typer.Exit(2) from None


def missing(error: ValidationError) -> typer.BadParameter:
    """What the environment lacks, as an error of the command line."""
    names = [
        f"DUTIFUL_{'__'.join(map(str, each['loc'])).upper()} {in_words(each['type'], each['msg'], each.get('ctx', {}))}"
        for each in error.errors()
    ]
    return typer.BadParameter("set in the environment: " + "; ".join(names))


def _print_urls(console: Console, house: "House") -> None:
    table = Table(title="Dutiful is up", title_justify="left", show_header=False)
    table.add_row("Kafka", house.bootstrap)
    for service in house.services:
        table.add_row(service.app.name, f"{service.url}/docs")
    table.add_row("emails that were sent", f"{house.mailbox.resolve()}")
    table.add_row("data", str(house.home.resolve()))
    console.print(table)
    console.print(f"Token:   dutiful token --key {house.token_key} --role operator", soft_wrap=True)
    publish = f"dutiful emit subprocessor.added --kafka {house.bootstrap} --file event.json"
    console.print(f"Publish: {publish}", soft_wrap=True)
    if house.sample_dsn:
        console.print(f"A made-up platform's database: psql '{house.sample_dsn}'", soft_wrap=True, highlight=False)
    console.print(f"Emails:  dutiful mail --home {house.home}", soft_wrap=True)
    console.print("Stop:    Ctrl-C")


async def _until_signal(crashed: Coroutine[Any, Any, None]) -> None:
    """Return at SIGINT or SIGTERM; raise what `crashed` raises."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    watching = asyncio.create_task(crashed)
    waiting = asyncio.create_task(stop.wait())
    await asyncio.wait([watching, waiting], return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    if watching.done():
        watching.result()
    watching.cancel()


def _go(work: Coroutine[Any, Any, None], ports: str = "DUTIFUL_PORT") -> None:
    """Run to the end; what can't be is one sentence. `ports` names what sets the ports."""
    import uvloop

    from chassis.collecting import collect_seldom
    from chassis.errors import Unable

    collect_seldom()
    try:
        uvloop.run(work)
    except Unable as error:
        _fail(str(error))
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
        said = f"{error.strerror}: another program listens there, perhaps another `dutiful up`"
        _fail(f"{said}; choose another port with {ports}")


def _fail(sentence: str) -> NoReturn:
    Console(stderr=True).print(sentence, style="red", markup=False, soft_wrap=True)
    raise typer.Exit(1)
