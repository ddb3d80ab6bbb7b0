"""Every service in one process, on embedded parts, for a laptop, the demo and the tests."""

import asyncio
import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from pydantic import SecretStr

from agreement.book import Book
from assurance.app import Assurance
from assurance.settings import AssuranceSettings
from breach.app import Breach
from breach.settings import BreachSettings
from chassis.access import make_key
from chassis.clock import Clock, SystemClock
from chassis.database import connect
from chassis.service import Service, prepare
from chassis.settings import Settings
from chassis.topics import Shape, ensure_topics
from console.app import Console
from console.settings import ConsoleSettings
from embedded import sample_platform
from embedded.kafka import EmbeddedKafka
from embedded.kafka_broker import free_port
from embedded.postgres import EmbeddedPostgres
from embedded.smtp import SmtpSink
from holder.app import Holder
from holder.map_file import load
from holder.settings import HolderSettings
from notifier.app import Notifier
from notifier.closing import Secrets, close_all
from notifier.mail import MailSettings
from notifier.on_call import Person
from notifier.settings import NotifierSettings
from notifier.webhooks import WebhookSettings
from requests_desk.app import Requests
from requests_desk.settings import RequestsSettings
from retention.app import Retention
from retention.settings import RetentionSettings
from subprocessor_registry.app import Registry

SERVICES = ("subprocessor_registry", "notifier", "retention", "breach", "requests", "assurance", "console")
Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Ports:
    """The ports that the APIs and Kafka listen on; 0, or None for Kafka, takes a free one."""

    registry: int = 0
    notifier: int = 0
    retention: int = 0
    holder: int = 0
    breach: int = 0
    requests: int = 0
    assurance: int = 0
    console: int = 0
    kafka: int | None = None

    @classmethod
    def from_first(cls, first: int, *, kafka: int) -> Self:
        """The registry's API on `first`, the others on the ports after it."""
        named = {"registry": 0, "notifier": 1, "retention": 2, "holder": 3, "breach": 4, "requests": 5, "assurance": 6}
        return cls(**{name: first + nth for name, nth in named.items()}, console=first + 7, kafka=kafka)


ON_CALL: Final = Person(name="Duty officer", email="duty@dutiful.example")
"""Who is told when people must act; the mail server of the house takes it."""


class House:
    """Kafka, PostgreSQL, a mail server and every service, from `start` to `stop`; what is in `home` survives.

    With a data map a holder runs too; with that of the made-up platform (`sample_platform.MAP`), its database is made.
    """

    def __init__(
        self,
        home: Path,
        book: Book,
        clock: Clock | None = None,
        ports: Ports | None = None,
        data_map: Path | None = None,
    ) -> None:
        self.home = home
        self.book = book
        self.clock = clock or SystemClock()
        self.ports = ports or Ports()
        self.data_map = data_map
        self.token_key = home / "token-key.pem"
        self.certificate_key = home / "certificate-key.pem"
        self.evidence_key = home / "evidence-key.pem"
        self.kafka: EmbeddedKafka | None = None
        self.postgres: EmbeddedPostgres | None = None
        self.mailbox = home / "mail"
        self.smtp = SmtpSink(mailbox=self.mailbox)
        self.services: list[Service] = []
        self._holder_port = self.ports.holder or free_port()

    async def start(self, progress: Progress) -> None:
        """Start everything; `progress` is told what takes long."""
        make_key(self.token_key)
        make_key(self.certificate_key)
        make_key(self.evidence_key)
        self.kafka = EmbeddedKafka(self.home, port=self.ports.kafka, progress=progress)
        self.postgres = EmbeddedPostgres(self.home, progress=progress)
        await self.kafka.install()  # what is missing on this machine is said before anything is made
        await asyncio.gather(self.kafka.start(), self.postgres.start(), self.smtp.start())
        progress("Kafka and PostgreSQL are ready; the services start")
        names = SERVICES if self.data_map is None else (*SERVICES, Holder.name)
        # One role per service, which sees its own schema alone.
        await asyncio.gather(self.postgres.make_roles("dutiful", names), ensure_topics(self.bootstrap, Shape(), names))
        registry, notifier = self._settings(), self._notifier_settings()
        retention, breach = self._retention_settings(), self._breach_settings()
        requests = self._requests_settings()
        self.services = [
            Service(Registry(self.book), registry, self.clock),
            Service(Notifier(self.book, notifier), notifier, self.clock),
            Service(Retention(self.book, retention), retention, self.clock),
            Service(Breach(self.book, breach), breach, self.clock),
            Service(Requests(self.book, requests), requests, self.clock),
        ]
        self.services += [self._assurance(), self._console()]
        if self.data_map is not None:
            self.services.append(await self._holder(self.data_map, self.postgres, requests.port))
        await asyncio.gather(*[prepare(service.app, service.settings) for service in self.services])
        await _close_secrets(notifier)
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

    @property
    def sample_dsn(self) -> str | None:
        """Where the made-up platform keeps its clients' data, if it is there; with every right, as its owner."""
        if self.postgres is None or self.data_map != sample_platform.MAP:
            return None
        return self.postgres.dsn(database=sample_platform.DATABASE)

    def url(self, service: str) -> str:
        """Where a service's API listens."""
        return next(each.url for each in self.services if each.app.name == service)

    async def _holder(self, data_map: Path, postgres: EmbeddedPostgres, requests_port: int) -> Service:
        """A holder of what the map names; the addresses of other systems come from the environment."""
        environment = dict(os.environ)
        if data_map == sample_platform.MAP:
            await sample_platform.make(postgres)
            environment[sample_platform.URL_ENV] = sample_platform.holder_dsn(postgres)
        settings = HolderSettings(
            kafka=self.bootstrap,
            database_url=SecretStr(self._dsn(Holder.name)),
            port=self._holder_port,
            token_key=self.token_key,
            data_map=data_map,
            link_key=SecretStr(_kept_secret(self.home / "link-key")),
            packages=str(self.home / "packages"),
            requests_url=f"http://127.0.0.1:{requests_port}",
        )
        return Service(Holder(settings, environment), settings, self.clock)

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

    def _requests_settings(self) -> RequestsSettings:
        return RequestsSettings(
            kafka=self.bootstrap,
            database_url=SecretStr(self._dsn("requests")),
            port=self.ports.requests or free_port(),
            token_key=self.token_key,
            vault_key=SecretStr(_kept_secret(self.home / "vault-key")),
            holders=self._holders(),
        )

    def _holders(self) -> dict[str, str]:
        """Where the house's own holder hands packages out."""
        if self.data_map is None:
            return {}
        return {load(self.data_map).holder_id: f"http://127.0.0.1:{self._holder_port}"}

    def _assurance(self) -> Service:
        settings = AssuranceSettings(
            kafka=self.bootstrap,
            database_url=SecretStr(self._dsn("assurance")),
            port=self.ports.assurance,
            token_key=self.token_key,
        )
        return Service(Assurance(self.book, settings), settings, self.clock)

    def _console(self) -> Service:
        settings = ConsoleSettings(
            kafka=self.bootstrap,
            database_url=SecretStr(self._dsn("console")),
            port=self.ports.console,
            token_key=self.token_key,
            evidence_key=self.evidence_key,
        )
        return Service(Console(self.book, settings), settings, self.clock)

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
            vault_key=SecretStr(_kept_secret(self.home / "notifier-vault-key")),
            on_call=(ON_CALL,),
        )


async def _close_secrets(settings: NotifierSettings) -> None:
    """What a version before wrote in plain: no process of it runs beside this one."""
    connection = await connect(settings.dsn, Notifier.name)
    try:
        await close_all(connection, Secrets(settings))
    finally:
        await connection.close()


def _kept_secret(path: Path) -> str:
    """A secret of this installation, made at the first start: what was signed with it stays good."""
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(secrets.token_hex(32), encoding="ascii")
    return path.read_text(encoding="ascii")
