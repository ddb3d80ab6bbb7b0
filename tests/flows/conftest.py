"""Houses: everything in one process on real Kafka and PostgreSQL, one for all flows, one with a gate for all."""

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path

import aiohttp
import pytest
from aiokafka import AIOKafkaProducer
from tests.flows import victim
from tests.flows.street import STARTS_AT, Street
from tests.flows.victim import Ids

from agreement import default_path
from agreement.book import Book
from all_in_one import House
from chassis.clock import VirtualClock
from embedded import sample_platform
from embedded.receiver import WebhookReceiver

Progress = Callable[[str], None]


@pytest.fixture(scope="module")
async def street(progress: Progress) -> AsyncIterator[Street]:
    """A house with the shipped agreement: use clients and sub-processors of your own."""
    async with open_house(Book.read(default_path()), progress) as street:
        yield street


@pytest.fixture(scope="module")
async def gated(progress: Progress) -> AsyncIterator[Street]:
    """A house whose agreement has one gate for all clients."""
    with tempfile.TemporaryDirectory(prefix="dutiful-") as book:
        text = default_path().read_text(encoding="utf-8")
        assert 'gate = "per_client"' in text
        (Path(book) / "all.toml").write_text(text.replace('gate = "per_client"', 'gate = "all"'), encoding="utf-8")
        async with open_house(Book.read(Path(book)), progress) as street:
            yield street


@pytest.fixture(scope="module")
async def inhabited(progress: Progress) -> AsyncIterator[Street]:
    """A house with the made-up platform's database, and a holder that reaches it, as `make up` leaves it."""
    async with open_house(Book.read(default_path()), progress, sample_platform.MAP) as street:
        yield street


@pytest.fixture(scope="module")
async def ids(inhabited: Street) -> Ids:
    """What is the victim's: two clients with something of everything."""
    return await victim.settle(inhabited)


@pytest.fixture(scope="module")
async def bound(progress: Progress) -> AsyncIterator[Street]:
    """A house where staff must be bound to confidentiality."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("DUTIFUL_UNDERTAKINGS_REQUIRED", "true")
        async with open_house(Book.read(default_path()), progress) as street:
            yield street


@asynccontextmanager
async def open_house(book: Book, progress: Progress, data_map: Path | None = None) -> AsyncIterator[Street]:
    """A house of its own, and the street that it stands in."""
    home = Path(tempfile.mkdtemp(prefix="dutiful-"))
    clock = VirtualClock(STARTS_AT)
    async with AsyncExitStack() as stack:
        environment = stack.enter_context(pytest.MonkeyPatch.context())
        environment.setenv("DUTIFUL_API_RATE", "0")  # tests ask faster than people
        stack.callback(shutil.rmtree, home)
        house = House(home, book, clock, data_map=data_map)
        stack.push_async_callback(house.stop)
        await house.start(progress)
        receiver = WebhookReceiver()
        await receiver.start()
        stack.push_async_callback(receiver.stop)
        producer = await stack.enter_async_context(AIOKafkaProducer(bootstrap_servers=house.bootstrap, acks="all"))
        http = await stack.enter_async_context(aiohttp.ClientSession())
        street = Street(house, clock, receiver, producer, http)
        following = asyncio.create_task(street.follow())
        yield street
        following.cancel()
        with suppress(asyncio.CancelledError):
            await following
