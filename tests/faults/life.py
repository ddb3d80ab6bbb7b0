"""One run: a system is made, lives through all acts while a fault is at work, and is looked at in the end."""

import asyncio
import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from tests.faults import outside, setting_up, snapshot
from tests.faults.acts.assurance import assurance
from tests.faults.acts.breaches import breaches
from tests.faults.acts.clients import clients
from tests.faults.acts.endings import endings
from tests.faults.acts.requests import requests
from tests.faults.acts.subprocessors import subprocessors
from tests.faults.comparing import Seen
from tests.faults.publishing import Manner, Publisher
from tests.faults.quiet import until_quiet
from tests.faults.stream import ACTS, Cast, Said, Script, begins_at
from tests.faults.system import Death
from tests.faults.world import NOTHING, Stage

from chassis.migrations import CHASSIS_TABLES, migrate, shipped
from dutiful.services import RUNNABLE, kind_of

SCRIPTS: Sequence[Script] = (clients, subprocessors, breaches, requests, assurance, endings)
REMEMBERED: Final = timedelta(days=28)
"""What is older than that is not said again: see `Publisher.recent`."""
Tell = Callable[[str], None]


class Fault:
    """What is done to a system while it lives; this one does nothing."""

    name = "nothing"
    manner = Manner()
    settings: Mapping[str, str] = NOTHING
    """What services are told besides, by the names of their variables."""

    def over_s(self, act: int) -> float:  # noqa: ARG002 - the same in all of them, unless a fault knows better
        """Over how many seconds an act is published, so that a fault falls amid it."""
        return self.manner.over_s

    async def migrate(self, life: "Life") -> None:
        """Each service's schema is made."""
        stage = life.stage
        for service in RUNNABLE:
            dsn = stage.world.postgres.dsn(user=service, database=stage.database)
            await migrate(dsn, service, shipped(CHASSIS_TABLES, kind_of(service).migrations))

    async def prepare(self, life: "Life") -> None:
        """Before the services start."""

    async def during(self, life: "Life", act: int) -> None:
        """While an act is published and handled; what is broken is whole again when it returns."""

    async def finish(self, life: "Life") -> None:
        """When all acts have come to rest."""


@dataclass
class Life:
    """A run and what was measured in it; `recoveries` are seconds from a fault's end until all was caught up.

    `wrong` is what a fault itself found not to be as promised; `left` says of the part of the acts that is over how
    long all that is planned will take still.
    """

    stage: Stage
    cast: Cast
    fault: Fault
    seed: int
    tell: Tell
    left: Callable[[float], str] = lambda _: ""
    faults: int = 0
    publisher: Publisher = field(init=False)
    recoveries: list[float] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.dice = random.Random(f"{self.seed}/{self.fault.name}")
        self.members = self.stage.members()
        manner, stage = self.fault.manner, self.stage
        self.publisher = Publisher(stage.world.kafka.bootstrap, stage.prefix, manner, self.dice)

    @property
    def deaths(self) -> list[Death]:
        """Every process that ended though nobody stopped it."""
        return self.stage.system.deaths

    async def live(self) -> Seen:
        """From the empty database to the end of the last act."""
        stage, spending = self.stage, self.stage.spending
        with spending.on("making the database, the topics and the schemas"):
            await setting_up.make(stage)
            await self.fault.migrate(self)
            await setting_up.register(stage, self.cast)
            await setting_up.fill_platform(stage, self.cast)
            await self.fault.prepare(self)
        await stage.bus.start()
        try:
            with spending.on("starting"):
                await stage.system.start(self.members.values())
                await stage.system.ready()
            with spending.on("the acts"):
                for act in range(ACTS):
                    await self._play(act)
                await self.fault.finish(self)
        finally:
            with spending.on("stopping"):
                await stage.system.stop()
                await stage.bus.stop()
        with spending.on("looking at what is left"):
            seen = Seen(await snapshot.snapshot(stage), outside.seen(stage.world, stage.bus.heard))
        self.tell(spending.told())
        return seen

    async def _play(self, act: int) -> None:
        stage = self.stage
        passed = begins_at(act) - begins_at(act - 1) if act else timedelta()
        stage.hands.jump(passed)
        if passed > REMEMBERED:
            self.publisher.recent.clear()
        await until_quiet(stage, self.tell)  # what the jump made due comes before what is said of it
        said = script(act, self.cast, stage)
        self.tell(f"act {act} of {ACTS - 1}: {len(said)} events{self.left(act / ACTS)}")
        disturbing = asyncio.create_task(self.fault.during(self, act))
        try:
            with stage.spending.on("publishing, which is among the acts"):
                await self.publisher.publish(said, self.fault.over_s(act))
            await disturbing
        finally:
            disturbing.cancel()
        await until_quiet(stage, self.tell)

    async def caught_up(self) -> None:
        """Note how long it takes from now on until nothing is left to do."""
        began = time.monotonic()
        await until_quiet(self.stage, self.tell)
        self.recoveries.append(time.monotonic() - began)


def script(act: int, cast: Cast, stage: Stage) -> list[Said]:
    """All that is said in an act."""
    return [said for subject in SCRIPTS for said in subject(act, cast, stage.bus)]
