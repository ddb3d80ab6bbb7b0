"""No secret gets out: what services log, trace, count, set aside and answer is searched for all that they have."""

import io
import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path

import pytest
import structlog
from aiokafka import AIOKafkaConsumer
from tests.chassis.eventually import eventually
from tests.chassis.otlp import Sink, receiving
from tests.flows import leaks, victim
from tests.flows.conftest import Progress, open_house
from tests.flows.street import Street
from tests.flows.victim import ADMIN, HERE

from agreement import default_path
from agreement.book import Book
from chassis import logs
from chassis.dead_letters import topic_of
from dutiful.services import RUNNABLE
from embedded import sample_platform

pytestmark = [pytest.mark.servers, pytest.mark.slow]
KEYS = ("vault-key", "notifier-vault-key", "link-key", "token-key.pem", "certificate-key.pem", "evidence-key.pem")
_LEAST = 16
"""Characters of a line of a key file that is one."""


@dataclass
class Watched:
    """A house at work, and all that it tells of itself."""

    street: Street
    sink: Sink
    log: io.StringIO
    tokens: list[str] = field(default_factory=list)
    answers: list[str] = field(default_factory=list)

    @property
    def secrets(self) -> dict[str, str]:
        """What the house was given or has made, by what it is."""
        found = {f"a token ({nth})": token for nth, token in enumerate(self.tokens)}
        home = self.street.house.home
        for name in KEYS:
            lines = (home / name).read_text().splitlines()
            found |= {f"{name}:{nth}": line for nth, line in enumerate(lines) if len(line) > _LEAST and "-" not in line}
        for path, secrets in self.street.receiver._secrets.items():
            found |= {f"webhook secret of {path} ({nth})": each for nth, each in enumerate(secrets)}
        return found

    async def ask(self, method: str, service: str, path: str, **more: object) -> None:
        """Ask something wrong, and keep what is answered."""
        url = self.street.house.url(service) + path
        async with self.street.http.request(method, url, **more) as answer:  # type: ignore[arg-type]
            assert answer.status >= 400
            self.answers.append(f"{await answer.text()} {dict(answer.headers)}")


@pytest.fixture(scope="module")
async def watched(progress: Progress) -> AsyncIterator[Watched]:
    """A house that logs all that it can, and traces everything."""
    root, before, level = logging.getLogger(), structlog.get_config(), logging.getLogger().level
    handlers, log = root.handlers[:], io.StringIO()
    root.handlers[:] = []
    logs.configure(pretty=False, level=logging.DEBUG, stream=log)
    with pytest.MonkeyPatch.context() as environment, receiving() as (endpoint, sink):
        environment.setenv("DUTIFUL_OTLP_ENDPOINT", endpoint)
        environment.setenv("DUTIFUL_OTLP_METRICS_EVERY", "PT1S")
        environment.setenv("OTEL_BSP_SCHEDULE_DELAY", "200")
        async with open_house(Book.read(default_path()), progress, sample_platform.MAP) as street:
            watched = Watched(street, sink, log)
            authorized = street.authorized

            def noted(who: str) -> dict[str, str]:
                header = authorized(who)
                watched.tokens.append(header["Authorization"].removeprefix("Bearer "))
                return header

            environment.setattr(street, "authorized", noted)
            yield watched
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.configure(**before)


async def test_nothing_that_is_told_holds_a_secret(watched: Watched) -> None:
    """Tokens, webhook secrets, vault, link and signing keys: in no log, span, metric, dead letter, event or answer."""
    street = watched.street
    await victim.settle(street)
    await _rotate(watched)
    await _go_wrong(watched)
    letters = await _dead_letters(watched)
    await eventually(lambda: _is_traced(watched))
    secrets = watched.secrets
    assert len(secrets) > len(KEYS) + 10
    told = {
        "log": watched.log.getvalue(),
        "spans": "\n".join(map(str, watched.sink.spans)),
        "metrics": str(watched.sink.metrics.last) + await _scraped(street),
        "dead letters": letters,
        "events": "\n".join(map(str, street.said)),
        "answers": "\n".join(watched.answers),
    }
    for where, text in told.items():
        assert text, where
        assert not {what for what, secret in secrets.items() if secret in text}, where
    assert not [answer for answer in watched.answers if leaks.found_in(answer)]


async def _rotate(watched: Watched) -> None:
    """A webhook's secret is replaced, and a notice is signed by both."""
    street = watched.street
    (endpoint,) = await street.fetch(ADMIN, "notifier", f"/clients/{HERE}/endpoints")
    path = f"/endpoints/{endpoint['endpoint_id']}/secret/rotation"
    made = await street.post(ADMIN, "notifier", path, {"overlap": 1})
    street.receiver.trust(f"/{HERE}", *street.receiver._secrets[f"/{HERE}"], str(made["secret"]))
    change = await street.announce("vocalia")
    await street.received(change, HERE)
    assert any(each.path == f"/{HERE}" and each.verified for each in street.receiver.requests)


async def _go_wrong(watched: Watched) -> None:
    """Secrets where they don't belong: in bodies, queries, paths, headers and messages that are refused."""
    street = watched.street
    header = street.authorized(ADMIN)
    token = header["Authorization"].removeprefix("Bearer ")
    secret = street.receiver._secrets[f"/{HERE}"][0]
    key = victim.key()
    for service in RUNNABLE:
        await watched.ask("GET", service, "/deadlines", params={"within": token}, headers=header)
        await watched.ask("GET", service, "/deadlines", params={"access_token": token}, headers=header)
        await watched.ask("GET", service, "/nothing", headers={"Authorization": f"Bearer {token[:-4]}AAAA"})
        await watched.ask("GET", service, "/nothing", headers={"Authorization": f"Basic {token}"})
    body = {"url": f"https://user:{secret}@example.com/", "description": token}
    await watched.ask("POST", "notifier", f"/clients/{HERE}/endpoints", json=body, headers=header | key)
    await watched.ask("POST", "notifier", f"/clients/{HERE}/endpoints", data=token, headers=header | key)
    await watched.ask("PUT", "notifier", f"/clients/{HERE}/contact", json={"email": secret}, headers=header | key)
    wrong = {"client_id": HERE, "name": [secret], "signed_on": token}
    await street.publish("client.signed", HERE, wrong)
    await street.publish("client.signed", HERE, street.signature(HERE), event_id=f"{secret}\0")


async def _dead_letters(watched: Watched) -> str:
    """Why messages were set aside, and where; their own bytes are the publisher's, and for operators alone."""
    topics = [topic_of(name) for name in ("subprocessor_registry", "notifier")]
    found: list[str] = []
    bootstrap = watched.street.house.bootstrap
    async with AIOKafkaConsumer(*topics, bootstrap_servers=bootstrap, auto_offset_reset="earliest") as consumer:
        while len(found) < 2 * len(topics):
            record = await consumer.getone()
            ours = [(name, raw) for name, raw in record.headers if not name.startswith(("ce_", "content"))]
            found.append(f"{record.key!r} {ours!r}")
    return "\n".join(found)


async def _is_traced(watched: Watched) -> bool:
    return len(watched.sink.services) >= len(RUNNABLE) and len(watched.sink.metrics.last) >= len(RUNNABLE)


async def _scraped(street: Street) -> str:
    found = []
    for service in RUNNABLE:
        async with street.http.get(f"{street.house.url(service)}/metrics") as answer:
            found.append(await answer.text())
    return "\n".join(found)


def test_every_key_that_a_house_makes_is_searched_for(watched: Watched) -> None:
    """A key file that is new must be named here."""
    home = watched.street.house.home
    made = {path.name for path in chain(home.glob("*-key"), home.glob("*.pem"))}
    assert made == set(KEYS)
    assert all(Path(home / name).stat().st_mode & 0o077 == 0 for name in KEYS)
