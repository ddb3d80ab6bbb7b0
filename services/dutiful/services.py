"""The services by name: their apps and their settings. One that is not asked for is not imported: it costs memory."""

from collections.abc import Callable
from typing import Final, TypeVar

from agreement.book import Book
from chassis.service import App
from chassis.settings import Settings

Starting = tuple[Callable[[], Settings], type[App], Callable[[Book, Settings], App]]
"""A service's settings, the class of its app, and how that is made."""


S = TypeVar("S", bound=Settings)


def _of(kind: type[S], settings: Settings) -> S:
    if not isinstance(settings, kind):
        raise TypeError(f"these are no {kind.__name__}: ask `settings_of` for them")
    return settings


def _registry() -> Starting:
    from subprocessor_registry.app import Registry

    return Settings, Registry, lambda book, _: Registry(book)


def _notifier() -> Starting:
    from notifier.app import Notifier
    from notifier.settings import NotifierSettings

    return NotifierSettings, Notifier, lambda book, settings: Notifier(book, _of(NotifierSettings, settings))


def _retention() -> Starting:
    from retention.app import Retention
    from retention.settings import RetentionSettings

    return RetentionSettings, Retention, lambda book, settings: Retention(book, _of(RetentionSettings, settings))


def _breach() -> Starting:
    from breach.app import Breach
    from breach.settings import BreachSettings

    return BreachSettings, Breach, lambda book, settings: Breach(book, _of(BreachSettings, settings))


def _assurance() -> Starting:
    from assurance.app import Assurance
    from assurance.settings import AssuranceSettings

    return AssuranceSettings, Assurance, lambda book, settings: Assurance(book, _of(AssuranceSettings, settings))


def _console() -> Starting:
    from console.app import Console
    from console.settings import ConsoleSettings

    return ConsoleSettings, Console, lambda book, settings: Console(book, _of(ConsoleSettings, settings))


def _requests() -> Starting:
    from requests_desk.app import Requests
    from requests_desk.settings import RequestsSettings

    return RequestsSettings, Requests, lambda book, settings: Requests(book, _of(RequestsSettings, settings))


def _holder() -> Starting:
    from holder.app import Holder
    from holder.settings import HolderSettings

    return HolderSettings, Holder, lambda _, settings: Holder(_of(HolderSettings, settings))


_SERVICES: Final[dict[str, Callable[[], Starting]]] = {
    "subprocessor_registry": _registry,
    "notifier": _notifier,
    "retention": _retention,
    "breach": _breach,
    "requests": _requests,
    "assurance": _assurance,
    "console": _console,
    "holder": _holder,
}

RUNNABLE: Final = tuple(_SERVICES)
"""With a holder, which runs where the systems are that its data map names."""

NAMES: Final = tuple(name for name in RUNNABLE if name != "holder")
"""What every installation runs."""


def settings_of(name: str) -> Settings:
    """The settings of a service, from the environment."""
    settings, _, _ = _service(name)
    return settings()


def app_of(name: str, book: Book, settings: Settings) -> App:
    """The app of a service."""
    _, _, make = _service(name)
    return make(book, settings)


def kind_of(name: str) -> type[App]:
    """The class of a service's app: what it hears and its migrations, with no setting needed."""
    _, kind, _ = _service(name)
    return kind


def _service(name: str) -> Starting:
    if name not in _SERVICES:
        raise ValueError(f"there is no service {name!r}; there are {', '.join(RUNNABLE)}")
    return _SERVICES[name]()
