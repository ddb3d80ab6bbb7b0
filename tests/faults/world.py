"""What a system stands in: a broker, a database server, its clients' endpoints and a mail server, all its own."""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Final

from tests.faults.bus import Bus
from tests.faults.clock import Hands
from tests.faults.nursery import Nursery
from tests.faults.spending import Spending
from tests.faults.system import Member, System

from chassis.access import make_key
from dutiful.services import RUNNABLE
from embedded import sample_platform
from embedded.kafka import EmbeddedKafka
from embedded.postgres import EmbeddedPostgres
from embedded.receiver import WebhookReceiver
from embedded.smtp import SmtpSink

AGREEMENT: Final = Path(__file__).parents[2] / "agreements" / "quicktalk.toml"
STARTS_AT: Final = datetime(2026, 5, 4, 8, 0, tzinfo=UTC)
"""Ten in the morning of a Monday in Paris; every run lives through the same days."""
SECRET: Final = "whsec_" + "A" * 43 + "="
NOTHING: Final[Mapping[str, str]] = MappingProxyType({})
DUTY: Final = [{"name": "Duty officer", "email": "duty@dutiful.example"}]


@dataclass
class Addresses:
    """Where a system finds the others: the servers themselves, or what stands in between."""

    kafka: str
    postgres: str
    webhooks: str
    smtp_port: int


@dataclass
class World:
    """Servers that outlive the systems that stand in them."""

    home: Path
    kafka: EmbeddedKafka
    postgres: EmbeddedPostgres
    keys: Path
    """Where the keys lie that services sign with."""
    receiver: WebhookReceiver = field(default_factory=WebhookReceiver)
    smtp: SmtpSink = field(default_factory=SmtpSink)
    nursery: Nursery = field(default_factory=Nursery)
    addresses: Addresses | None = None
    """What stands between systems and their servers, if anything does."""


@asynccontextmanager
async def opened(
    home: Path, kafka: EmbeddedKafka, postgres: EmbeddedPostgres, keys: Path | None = None
) -> AsyncIterator[World]:
    """The world outside, around a broker and a database server that run; it makes its keys where it is given none."""
    world = World(home, kafka, postgres, keys or home)
    await world.receiver.start()
    await world.smtp.start()
    await world.nursery.open(home / "nursery.log")
    for name in ("token", "certificate", "evidence") if keys is None else ():
        make_key(home / f"{name}-key.pem")
    try:
        yield world
    finally:
        await world.receiver.stop()
        await world.smtp.stop()
        await world.nursery.close()


class Stage:
    """One system in the world: its database, its topics, its clock; what it says and shows outside is its alone."""

    def __init__(self, world: World, name: str, settings: Mapping[str, str] = NOTHING) -> None:
        """`settings` is what services are told besides, by the names of their variables."""
        self.world = world
        self.name = name
        self.spending = Spending()
        self._settings = settings
        self.database = f"faults_{name}"
        self.prefix = f"{name}."
        self.home = world.home / name
        self.home.mkdir()
        self.hands = Hands(self.home / "clock", STARTS_AT)
        self.system = System(self._environment, self.hands, AGREEMENT, self.home, world.nursery)
        self.bus = Bus(world.kafka.bootstrap, self.prefix)
        self.addresses = world.addresses or Addresses(
            world.kafka.bootstrap, world.postgres.dsn("{role}", "{database}"), world.receiver.url(""), world.smtp.port
        )

    @property
    def dsn(self) -> str:
        """Its database as the superuser, who looks into every schema."""
        return self.world.postgres.dsn(database=self.database)

    def dsn_of(self, service: str, database: str | None = None) -> str:
        """A database as a service's own role."""
        return self.addresses.postgres.format(role=service, database=database or self.database)

    def members(self) -> dict[str, Member]:
        """One member for every service."""
        return {service: Member(service, service) for service in RUNNABLE}

    def _environment(self, member: Member) -> Mapping[str, str]:
        keys = self.world.keys
        return {
            "DUTIFUL_KAFKA": self.addresses.kafka,
            "DUTIFUL_DATABASE_URL": self.dsn_of(member.service),
            "DUTIFUL_TOPIC_PREFIX": self.prefix,
            "DUTIFUL_MEMBER": member.pod,
            "DUTIFUL_TOKEN_KEY": str(keys / "token-key.pem"),
            "DUTIFUL_CERTIFICATE_KEY": str(keys / "certificate-key.pem"),
            "DUTIFUL_EVIDENCE_KEY": str(keys / "evidence-key.pem"),
            "DUTIFUL_VAULT_KEY": "a-key-of-the-tests-and-of-nothing-else",
            "DUTIFUL_LINK_KEY": "a-link-key-of-the-tests-and-of-nothing-else",
            "DUTIFUL_DATA_MAP": str(sample_platform.MAP),
            "DUTIFUL_PACKAGES": str(self.home / "packages"),
            "DUTIFUL_PUBLIC_URL": "http://packages.example",
            "DUTIFUL_REQUESTS_URL": f"http://127.0.0.1:{self.system.members.get('requests', member).port}",
            "DUTIFUL_WEBHOOKS__ALLOW_LOOPBACK": "true",
            "DUTIFUL_MAIL": json.dumps(
                {
                    "host": "127.0.0.1",
                    "port": self.addresses.smtp_port,
                    "security": "none",
                    "sender": "dpa@dutiful.example",
                    "sender_name": "Dutiful",
                }
            ),
            "DUTIFUL_ON_CALL": json.dumps(DUTY),
            sample_platform.URL_ENV: self.dsn_of(sample_platform.HOLDER, sample_platform.DATABASE),
            **self._settings,
        }
