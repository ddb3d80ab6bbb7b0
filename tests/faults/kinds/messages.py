"""What publishers do to the stream: say things again, late and in another order, and say what is wrong."""

import asyncio
from typing import Final

from tests.faults.life import Fault, Life
from tests.faults.outside import DEAD
from tests.faults.publishing import Manner
from tests.faults.quiet import until_quiet

from dutiful.dead_letter_box import read, send
from dutiful.services import RUNNABLE, kind_of

TIMES: Final = 5


class Disorder(Fault):
    """Every third event twice, every third followed by an old one again, the order kept per key alone."""

    name = "disorder"
    manner = Manner(shuffled=True, twice_percent=33, late_percent=33)

    async def finish(self, life: Life) -> None:
        """How many were sent beside those that were meant."""
        life.faults = life.publisher.repeated


class Poison(Fault):
    """Among a hundred messages so many that can't be read; then all dead letters are replayed, and come back.

    Each event is published several times over, so that the few of a hundred are some.
    """

    name = "poison"

    def __init__(self, percent: float = 1.0) -> None:
        self.manner = Manner(times=TIMES, poison_percent=percent)

    async def finish(self, life: Life) -> None:
        """Each is set aside by each service that hears its kind of event, and once more by each when it is replayed.

        Of other kinds on a topic that it follows a service reads nothing but their name.
        """
        stage, life.faults = life.stage, life.publisher.poisoned
        heard = [kind_of(service).router.routes for service in RUNNABLE]
        poisoned = [each for each in stage.bus.heard if each.is_poison and not each.topic.startswith(DEAD)]
        expected = sum(each.type in routes for each in poisoned for routes in heard)
        before = await read(stage.world.kafka.bootstrap, stage.prefix)
        letters = [each for each in before.values() if dict(each.headers).get("ce_id", b"").startswith(b"poison-")]
        if len(letters) != expected or not all(each.reason for each in letters):
            life.wrong.append(f"{len(letters)} dead letters with a reason, of {expected}")
        one_each = {(each.topic, each.partition, each.offset): each for each in letters}
        await send(stage.world.kafka.bootstrap, stage.prefix, letters, again=one_each.values())
        await asyncio.sleep(0)
        await until_quiet(stage, life.tell)
        after = await read(stage.world.kafka.bootstrap, stage.prefix)
        back = [each for each in after.values() if dict(each.headers).get("ce_id", b"").startswith(b"poison-")]
        if len(back) != expected:
            life.wrong.append(f"{len(back)} dead letters after the replay, of {expected}")
        among = f"{life.faults} of {life.publisher.sent} messages"
        life.notes.append(f"{among} made {expected} dead letters, each with its reason; replayed, they came back")
