"""Servers that insist on TLS, a password and a right, as a cluster's do, and an installation's commands on them."""

import asyncio
import os
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from secrets import token_hex

import asyncpg
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.protocol.admin import CreateAclsRequest
from pydantic import BaseModel

from chassis.kafka import Kafka
from dutiful.deploy import rights, strimzi
from dutiful.deploy.resources import dns
from dutiful.services import RUNNABLE, kind_of
from embedded.certificates import Certificates, make_certificates
from embedded.kafka import EmbeddedKafka
from embedded.kafka_guard import Guard
from embedded.postgres import EmbeddedPostgres

ADMIN = "admin"
_KINDS = {"topic": 2, "group": 3}
_PATTERNS = {"literal": 3, "prefix": 4}
_OPERATIONS = {"Read": 3, "Write": 4}
_ALLOW = 3


class What(BaseModel):
    """What an ACL is about."""

    type: str
    name: str
    patternType: str  # noqa: N815 - Strimzi's name


class Acl(BaseModel):
    """One entry of a KafkaUser."""

    resource: What
    operations: list[str]


class Authorization(BaseModel):
    """The rights of a KafkaUser."""

    acls: list[Acl]


class UserSpec(BaseModel):
    """A KafkaUser, as far as it is put into effect here."""

    authorization: Authorization


@dataclass
class Installation:
    """A broker and a database that insist; users, rights and roles as the manifests make them."""

    home: Path
    certificates: Certificates = field(init=False)
    guard: Guard = field(init=False)
    kafka: EmbeddedKafka = field(init=False)
    postgres: EmbeddedPostgres = field(init=False)
    passwords: dict[str, str] = field(default_factory=dict)

    async def start(self) -> None:
        """Start both; every user of the manifests has its rights, each service its role."""
        self.certificates = make_certificates(self.home / "certificates")
        everybody = [rights.of_service(name, kind_of(name).router.topics) for name in RUNNABLE]
        everybody += [rights.of_platform(), rights.of_operator(RUNNABLE)]
        users = {f"dutiful-{dns(each.who)}": token_hex(16) for each in everybody} | {ADMIN: token_hex(16)}
        self.guard = Guard(self.certificates, users)
        self.kafka = EmbeddedKafka(self.home, guard=self.guard)
        self.postgres = EmbeddedPostgres(self.home, tls=self.certificates)
        await asyncio.gather(self.kafka.start(), self.postgres.start())
        await asyncio.gather(self._allow(everybody), self._make_roles())

    async def stop(self) -> None:
        """Stop both."""
        await asyncio.gather(self.kafka.stop(), self.postgres.stop())

    def environment(self, user: str) -> dict[str, str]:
        """How the bus is reached as a user."""
        return {
            "DUTIFUL_KAFKA": self.kafka.bootstrap,
            "DUTIFUL_KAFKA_CA": str(self.certificates.authority),
            "DUTIFUL_KAFKA_USERNAME": user,
            "DUTIFUL_KAFKA_PASSWORD": self.guard.users[user],
        }

    def of_service(self, name: str) -> dict[str, str]:
        """The environment of a service, as its Deployment has it."""
        return self.environment(f"dutiful-{dns(name)}") | {
            "DUTIFUL_DATABASE_URL": f"postgresql://{name}@/dutiful",
            "DUTIFUL_DATABASE_PASSWORD": self.passwords[name],
            "DUTIFUL_DATABASE_CA": str(self.certificates.authority),
            "PGHOST": "localhost",
            "PGPORT": str(self.postgres.port),
        }

    async def _allow(self, everybody: list[rights.Rights]) -> None:
        admin = AIOKafkaAdminClient(bootstrap_servers=self.kafka.bootstrap, **self.guard.client(ADMIN))
        await admin.start()
        for each in everybody:
            spec = UserSpec.model_validate(strimzi.user(each, "")["spec"])
            for acl in spec.authorization.acls:
                await _create(admin, f"User:dutiful-{dns(each.who)}", acl)
        await admin.close()

    async def _make_roles(self) -> None:
        """By the statements of the CloudNativePG cluster, and its roles."""
        await self.postgres.make_roles("dutiful", ())
        owner = await asyncpg.connect(self.postgres.dsn())
        manifest = (Path(__file__).parents[2] / "deploy/k8s/components/cloudnative-pg/cluster.yaml").read_text()
        for statement in re.findall(r"^ {8}- ((?:CREATE|GRANT|REVOKE) .*)$", manifest, re.MULTILINE):
            await owner.execute(statement)
        for name in RUNNABLE:
            self.passwords[name] = token_hex(16)
            await owner.execute(f"CREATE ROLE {name} LOGIN PASSWORD '{self.passwords[name]}' IN ROLE dutiful_services")
        await owner.close()


async def _create(admin: AIOKafkaAdminClient, user: str, acl: Acl) -> None:
    what = acl.resource
    for operation in acl.operations:
        request = CreateAclsRequest(
            _KINDS[what.type], what.name, _PATTERNS[what.patternType], user, "*", _OPERATIONS[operation], _ALLOW
        )
        answer = await admin._send_request(request)  # aiokafka has the protocol, and no method for it
        assert [each["error_code"] for each in answer.to_object()["creation_responses"]] == [0], answer


async def dutiful(*words: str, environment: Mapping[str, str]) -> str:
    """A command of `dutiful` in a process of its own; what it printed, once it has ended well."""
    process = await start_dutiful(*words, environment=environment)
    out, _ = await process.communicate()
    assert process.returncode == 0, out.decode()
    return out.decode()


async def start_dutiful(*words: str, environment: Mapping[str, str]) -> asyncio.subprocess.Process:
    """A command of `dutiful` that runs on; output and log in one pipe."""
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "dutiful", *words,
        env=os.environ | environment, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip


def reaching(environment: Mapping[str, str]) -> Kafka:
    """The settings that a client of the bus has in this environment."""
    said = {name.removeprefix("DUTIFUL_").lower(): value for name, value in environment.items()}
    return Kafka.model_validate(said)
