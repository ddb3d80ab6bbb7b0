"""Every metric that a service has, as its code registers it; no server is needed to know."""

from collections.abc import Callable, Iterator, Mapping
from typing import Final, NamedTuple, cast

from prometheus_client.registry import Collector
from pydantic import SecretStr

from agreement import default_path
from agreement.book import Book
from chassis.access import Access
from chassis.clock import SystemClock
from chassis.database import Pool
from chassis.metrics import Metrics
from chassis.processor import Processor
from chassis.relay import Relay
from chassis.router import Router
from chassis.service import Runtime
from chassis.settings import Settings
from chassis.telemetry import Telemetry
from dutiful.services import RUNNABLE


class Listed(NamedTuple):
    """A metric: as a scrape names it, and of which services."""

    name: str
    kind: str
    unit: str
    labels: tuple[str, ...]
    text: str
    services: tuple[str, ...]


class _Deaf:
    """An app that hears nothing."""

    router = Router()


def _notifier(runtime: Runtime, _: Book) -> None:
    from notifier.metrics import NoticeMetrics

    NoticeMetrics(runtime.metrics)


def _retention(runtime: Runtime, _: Book) -> None:
    from retention.metrics import OrderMetrics

    OrderMetrics(runtime.metrics)


def _breach(runtime: Runtime, _: Book) -> None:
    from breach.timing.watch import Watch

    Watch(runtime, 0)


def _requests(runtime: Runtime, _: Book) -> None:
    from requests_desk.task_watch import TaskWatch
    from requests_desk.watch import Watch

    Watch(runtime)
    TaskWatch(runtime)


def _assurance(runtime: Runtime, book: Book) -> None:
    from assurance.watch import Watch

    Watch(book, runtime)


def _console(runtime: Runtime, _: Book) -> None:
    from console.watch import Watch

    Watch(runtime)


def _holder(runtime: Runtime, _: Book) -> None:
    from holder.metrics import HolderMetrics

    HolderMetrics(runtime)


_WATCHES: Final[Mapping[str, Callable[[Runtime, Book], None]]] = {
    "notifier": _notifier,
    "retention": _retention,
    "breach": _breach,
    "requests": _requests,
    "assurance": _assurance,
    "console": _console,
    "holder": _holder,
}
"""What services register beside the chassis's own."""

_COUNTED_BY: Final[Mapping[str, tuple[str, ...]]] = {
    "dutiful_deadline_seconds_left": ("notifier", "retention", "breach", "requests", "assurance"),
}
"""Of the chassis's own, what some services alone count: the others show its name, and no series."""


def listed() -> list[Listed]:
    """All metrics by name."""
    found: dict[str, Listed] = {}
    book = Book.read(default_path())
    for service in RUNNABLE:
        runtime = _runtime(service)
        if service in _WATCHES:
            _WATCHES[service](runtime, book)
        for each in _of(runtime.metrics, service):
            before = found.get(each.name)
            found[each.name] = each._replace(services=(*before.services, service)) if before else each
    return [each._replace(services=_COUNTED_BY.get(name, each.services)) for name, each in sorted(found.items())]


def _of(metrics: Metrics, service: str) -> Iterator[Listed]:
    labels = {name: names for each in _collectors(metrics) for name, names in _labels(each)}
    for family in metrics.registry.collect():
        if family.name == "python_info":
            continue
        name = f"{family.name}_total" if family.type == "counter" else family.name
        yield Listed(
            name,
            family.type,
            metrics.unit_of(family.name),
            labels.get(family.name, ()),
            family.documentation,
            (service,),
        )


def _collectors(metrics: Metrics) -> list[Collector]:
    return list(metrics.registry._collector_to_names)  # noqa: SLF001 - the library tells label names nowhere else


def _labels(collector: Collector) -> Iterator[tuple[str, tuple[str, ...]]]:
    name = getattr(collector, "_name", None)
    if isinstance(name, str):
        yield name, tuple(getattr(collector, "_labelnames", ()))
        return
    for family in collector.collect():
        yield family.name, tuple(getattr(family, "_labelnames", ()))


def _runtime(service: str) -> Runtime:
    """As of a service that has not been started: nothing of it is asked but where it registers what it counts."""
    settings = Settings(database_url=SecretStr("postgresql://nobody@127.0.0.1/none"))
    clock, metrics, telemetry = SystemClock(), Metrics(service), Telemetry(service, None)
    relay = Relay(service, settings, clock, metrics, telemetry)
    pool = cast("Pool", None)
    processor = Processor(service, _Deaf(), pool, clock, relay, metrics, telemetry)
    return Runtime(settings, clock, pool, processor, metrics, telemetry, Access(issuer=None, key=None))
