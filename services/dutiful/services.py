"""The services by name: their apps and their settings."""

from agreement.book import Book
from breach.app import Breach
from breach.settings import BreachSettings
from chassis.service import App
from chassis.settings import Settings
from holder.app import Holder
from holder.settings import HolderSettings
from notifier.app import Notifier
from notifier.settings import NotifierSettings
from retention.app import Retention
from retention.settings import RetentionSettings
from subprocessor_registry.app import Registry

NAMES = (Registry.name, Notifier.name, Retention.name, Breach.name)
"""What every installation runs."""

RUNNABLE = (*NAMES, Holder.name)
"""With a holder, which runs where the systems are that its data map names."""


def settings_of(name: str) -> Settings:
    """The settings of a service, from the environment."""
    _known(name)
    match name:
        case Notifier.name:
            return NotifierSettings()
        case Retention.name:
            return RetentionSettings()
        case Breach.name:
            return BreachSettings()
        case Holder.name:
            return HolderSettings()
        case _:
            return Settings()


def app_of(name: str, book: Book, settings: Settings) -> App:
    """The app of a service."""
    _known(name)
    match settings:
        case NotifierSettings():
            return Notifier(book, settings)
        case RetentionSettings():
            return Retention(book, settings)
        case BreachSettings():
            return Breach(book, settings)
        case HolderSettings():
            return Holder(settings)
        case _:
            return Registry(book)


def _known(name: str) -> None:
    if name not in RUNNABLE:
        raise ValueError(f"there is no service {name!r}; there are {', '.join(RUNNABLE)}")
