"""A short part of `make faults`: services die at the steps where a promise is most easily broken, and at random."""

import asyncio
import shutil
from collections import Counter, deque
from collections.abc import AsyncIterator, Callable

import pytest
from tests.faults import steps
from tests.faults.comparing import Seen, compare
from tests.faults.life import Fault, Life
from tests.faults.stream import Cast
from tests.faults.system import CRASH, RANDOM_MOMENT
from tests.faults.world import Stage, World, opened

from contracts.bus import TOPICS
from dutiful.services import RUNNABLE
from embedded.kafka import EmbeddedKafka
from embedded.postgres import EmbeddedPostgres

pytestmark = [pytest.mark.servers, pytest.mark.slow]

CAST = Cast(clients=6, subprocessors=2, incidents=2)
SEED = 20261127
KILLED_IN = 12
Progress = Callable[[str], None]


@pytest.fixture(scope="module")
async def world(
    kafka: EmbeddedKafka, postgres: EmbeddedPostgres, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[World]:
    """Around the servers of all tests: nothing here hurts them."""
    home = tmp_path_factory.mktemp("faults")
    async with opened(home, kafka, postgres) as world:
        yield world
    shutil.rmtree(home)


@pytest.fixture(scope="module")
async def calm(world: World, progress: Progress) -> tuple[Seen, Life]:
    """What an undisturbed run leaves."""
    life = Life(Stage(world, "calm"), CAST, Fault(), SEED, progress)
    return await life.live(), life


class Mixed(Fault):
    """Each service dies at each of the steps that are named in the promises, and at a random moment."""

    name = "mixed"

    def over_s(self, act: int) -> float:
        """Where all are killed, they are killed amid it."""
        return 1.0 if act == KILLED_IN else 0.0

    async def prepare(self, life: Life) -> None:
        """Every service dies between two commits, the notifier between an answer and its record too."""
        for member in life.members.values():
            for step in {"committed", "acknowledged", "answered"} & set(steps.of(member.service)):
                member.steps[step] = deque([1])

    async def during(self, life: Life, act: int) -> None:
        """All of them, one after the other, amid a full act."""
        for service in life.dice.sample(RUNNABLE, len(RUNNABLE)) if act == KILLED_IN else ():
            await asyncio.sleep(life.dice.uniform(0.05, 0.3))
            life.stage.system.kill(service)


async def test_kills_leave_no_trace(world: World, calm: tuple[Seen, Life], progress: Progress) -> None:
    """Nothing lost, nothing twice: the state and what came out of an undisturbed run, of every kind of event."""
    life = Life(Stage(world, "shaken"), CAST, Mixed(), SEED, progress)
    verdict = compare(calm[0], await life.live())
    assert not verdict.differences, "\n".join(verdict.differences)
    died = Counter(death.at for death in life.deaths)
    assert died[CRASH] == 0, life.deaths
    assert died[RANDOM_MOMENT] > 0
    assert died["committed"] == died["acknowledged"] == len(life.members)
    assert died["answered"] == 1
    assert verdict.twice["events"] > 0, "nobody died with what Kafka had"


async def test_the_stream_has_every_kind_of_event(calm: tuple[Seen, Life]) -> None:
    """What platform teams may publish is published; a new kind of event needs a place in the acts."""
    _, life = calm
    said = {each.type for each in life.publisher.published}
    assert said == {event.TYPE for topic in TOPICS for event in topic.from_outside}


async def test_an_undisturbed_run_says_nothing_twice(calm: tuple[Seen, Life]) -> None:
    """So that what comes again in another run comes from its faults."""
    seen, life = calm
    assert not life.deaths
    ways = seen.outside.webhooks, seen.outside.mails, seen.outside.events
    assert [way.twice for way in ways] == [0, 0, 0]
    assert not seen.outside.unsigned
