"""Two systems as separate processes on one broker, so that any process can be killed and the outcomes compared."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from uuid import uuid4

import pytest

from all_in_one import SERVICES
from chassis.topics import Shape, ensure_topics
from embedded.kafka import EmbeddedKafka
from embedded.postgres import EmbeddedPostgres
from embedded.processes import Processes

AGREEMENT = Path(__file__).parents[2] / "agreements" / "quicktalk.toml"


@pytest.fixture
async def make_system(
    kafka: EmbeddedKafka, postgres: EmbeddedPostgres, tmp_path: Path
) -> AsyncIterator[Callable[[str], Awaitable[Processes]]]:
    """Makes systems whose databases and topics no other test has, and stops what runs at the end."""
    made: list[Processes] = []

    async def make(name: str) -> Processes:
        own = f"{name}_{uuid4().hex}"
        system = Processes(kafka.bootstrap, postgres, own, f"{own}.", AGREEMENT, tmp_path)
        await system.make_database(SERVICES)
        await ensure_topics(kafka.bootstrap, Shape(system.prefix), SERVICES)
        made.append(system)
        return system

    yield make
    for system in made:
        await system.stop()
