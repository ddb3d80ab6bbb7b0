"""Every service in one process, on embedded parts, for a laptop, the demo and the tests."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from pydantic import SecretStr

from agreement.book import Book
from breach.app import Breach
from breach.settings import BreachSettings
from chassis.access import make_key
from chassis.clock import Clock, SystemClock
from chassis.service import Service, prepare
from chassis.settings import Settings
from chassis.topics import Shape, ensure_topics
from embedded.kafka import EmbeddedKafka
from embedded.postgres import EmbeddedPostgres
from embedded.smtp import SmtpSink
from notifier.app import Notifier
from notifier.mail import MailSettings
from notifier.settings import NotifierSettings
from notifier.webhooks import WebhookSettings
from retention.app import Retention
from retention.settings import RetentionSettings
from subprocessor_registry.app import Registry

SERVICES = ("subprocessor_registry", "notifier", "retention", "breach")
Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Ports:
    """The ports that the APIs and Kafka listen on; 0, or None for Kafka, takes a free one."""

    registry: int = 0
    notifier: int = 0
    retention: int = 0
    breach: int = 0
    kafka: int | None = None


class House:
    """Kafka, PostgreSQL, a mail server and every service, from `start` to `stop`; what is in `home` survives."""

    def __init__(self, home: Path, book: Book, clock: Clock | None = None, ports: Ports | None = None) -> None:
        self.home = home
        self.book = book
        self.clock = clock or SystemClock()
        self.ports = ports or Ports()
        self.token_key = home / "token-key.pem"
        self.certificate_key = home / "certificate-key.pem"
        self.kafka: EmbeddedKafka | None = None
        self.postgres: EmbeddedPostgres | None = None
        self.smtp = SmtpSink()
        self.services: list[Service] = []

    async def start(self, progress: Progress) -> None:
        """Start everything; `progress` is told what takes long."""
        make_key(self.token_key)
        make_key(self.certificate_key)
        self.kafka = EmbeddedKafka(self.home, port=self.ports.kafka, progress=progress)
        self.postgres = EmbeddedPostgres(self.home, progress=progress)
        await self.kafka.install()  # what is missing on this machine is said before anything is made
        await asyncio.gather(self.kafka.start(), self.postgres.start(), self.smtp.start())
        progress("Kafka and PostgreSQL are ready; the services start")
        # One role per service, which sees its own schema alone.
        await asyncio.gather(
            self.postgres.make_roles("dutiful", SERVICES), ensure_topics(self.bootstrap, Shape(), SERVICES)
        )
        registry, notifier = self._settings(), self._notifier_settings()
        retention, breach = self._retention_settings(), self._breach_settings()
        self.services = [
            Service(Registry(self.book), registry, self.clock),
            Service(Notifier(self.book, notifier), notifier, self.clock),
            Service(Retention(self.book, retention), retention, self.clock),
            Service(Breach(self.book, breach), breach, self.clock),
        ]
        await asyncio.gather(*[prepare(service.app, service.settings) for service in self.services])
        await asyncio.gather(*[service.start() for service in self.services])

    async def stop(self) -> None:
        """Stop what was started, services first."""
        await asyncio.gather(*[service.stop() for service in self.services])
        await self.smtp.stop()
        if self.kafka is not None and self.postgres is not None:
            await asyncio.gather(self.kafka.stop(), self.postgres.stop())

    async def crashed(self) -> None:
        """Raise Crashed as soon as a service does."""
        await asyncio.gather(*[service.ended() for service in self.services])

    @property
    def bootstrap(self) -> str:
        """Kafka's bootstrap server."""
        return self.kafka.bootstrap if self.kafka else ""

    def url(self, service: str) -> str:
        """Where a service's API listens."""
        return next(each.url for each in self.services if each.app.name == service)

    def _dsn(self, role: str) -> str:
        return self.postgres.dsn(user=role) if self.postgres else ""

    def _settings(self) -> Settings:
        return Settings(
            kafka=self.bootstrap,
            database_url=SecretStr(self._dsn("subprocessor_registry")),
            port=self.ports.registry,
            token_key=self.token_key,
        )

    def _retention_settings(self) -> RetentionSettings:
        return RetentionSettings(
            kafka=self.bootstrap,
            database_url=SecretStr(self._dsn("retention")),
            port=self.ports.retention,
            token_key=self.token_key,
            certificate_key=self.certificate_key,
        )

    def _breach_settings(self) -> BreachSettings:
        return BreachSettings(
            kafka=self.bootstrap,
            database_url=SecretStr(self._dsn("breach")),
            port=self.ports.breach,
            token_key=self.token_key,
        )

    def _notifier_settings(self) -> NotifierSettings:
        mail = MailSettings(
            host="127.0.0.1",
            port=self.smtp.port,
            security="none",
            sender="dpa@dutiful.example",
            sender_name=self.book.latest.processor.brand,
        )
        return NotifierSettings(
            kafka=self.bootstrap,
            database_url=SecretStr(self._dsn("notifier")),
            port=self.ports.notifier,
            token_key=self.token_key,
            webhooks=WebhookSettings(allow_loopback=True),
            mail=mail,
        )
