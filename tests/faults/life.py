"""One run: a system is made, lives through all acts while a fault is at work, and is looked at in the end."""

import asyncio
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

import asyncpg
from tests.faults import outside, snapshot
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
from tests.faults.world import SECRET, Stage

from chassis.migrations import CHASSIS_TABLES, migrate, shipped
from chassis.topics import Shape, ensure_topics
from dutiful.services import RUNNABLE, kind_of
from embedded import sample_platform

SCRIPTS: Sequence[Script] = (clients, subprocessors, breaches, requests, assurance, endings)
REMEMBERED: Final = timedelta(days=28)
"""What is older than that is not said again: see `Publisher.recent`."""
Tell = Callable[[str], None]


class Fault:
    """What is done to a system while it lives; this one does nothing."""

    name = "nothing"
    manner = Manner()

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

    `wrong` is what a fault itself found not to be as promised.
    """

    stage: Stage
    cast: Cast
    fault: Fault
    seed: int
    tell: Tell
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
        stage, began = self.stage, time.monotonic()
        await _set_up(stage)
        await self.fault.migrate(self)
        await _register(stage, self.cast)
        await _fill_platform(stage, self.cast)
        await self.fault.prepare(self)
        await stage.bus.start()
        await stage.system.start(self.members.values())
        try:
            await stage.system.ready()
            for act in range(ACTS):
                await self._play(act, began)
            await self.fault.finish(self)
        finally:
            await stage.system.stop()
            await stage.bus.stop()
        return Seen(await snapshot.snapshot(stage), outside.seen(stage.world, stage.bus.heard))

    async def _play(self, act: int, began: float) -> None:
        stage = self.stage
        passed = begins_at(act) - begins_at(act - 1) if act else timedelta()
        stage.hands.jump(passed)
        if passed > REMEMBERED:
            self.publisher.recent.clear()
        await until_quiet(stage, self.tell)  # what the jump made due comes before what is said of it
        said = script(act, self.cast, stage)
        self.tell(f"act {act} of {ACTS - 1}: {len(said)} events ({time.monotonic() - began:.0f} s)")
        disturbing = asyncio.create_task(self.fault.during(self, act))
        try:
            await self.publisher.publish(said)
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


async def _set_up(stage: Stage) -> None:
    """A database, roles and topics; the world has seen nothing yet."""
    world = stage.world
    world.receiver.clear()
    world.smtp.clear()
    await world.postgres.create_database(stage.database)
    await world.postgres.make_roles(stage.database, RUNNABLE)
    await ensure_topics(world.kafka.bootstrap, Shape(stage.prefix), RUNNABLE)


async def _register(stage: Stage, cast: Cast) -> None:
    """An endpoint for each client, made where the API would make it."""
    connection = await asyncpg.connect(stage.dsn, server_settings={"search_path": "notifier"})
    for client_id in cast.client_ids:
        stage.world.receiver.trust(f"/{client_id}", SECRET)
        url, now = f"{stage.addresses.webhooks}/{client_id}", stage.hands.now()
        await connection.execute("INSERT INTO endpoint VALUES ($1, $1, $2, NULL, $3, NULL, NULL)", client_id, url, now)
        await connection.execute("INSERT INTO endpoint_secret VALUES ($1, $2, $3, NULL)", client_id, SECRET, now)
    await connection.close()


async def _fill_platform(stage: Stage, cast: Cast) -> None:
    """What the platform has of each client, anew for each run."""
    postgres = stage.world.postgres
    connection = await asyncpg.connect(postgres.dsn(database="postgres"))
    await connection.execute(f"DROP DATABASE IF EXISTS {sample_platform.DATABASE} WITH (FORCE)")
    await connection.close()
    await sample_platform.make(postgres)
    connection = await asyncpg.connect(postgres.dsn(database=sample_platform.DATABASE))
    for table in ("account", "call", "recording", "transcript", "fax"):
        await connection.execute(
            f"""
            INSERT INTO platform.{table} (client_id, created_at, detail)
            SELECT client_id, timestamptz '2026-04-20 08:00Z' - nth * interval '1 hour', 'row ' || nth
              FROM unnest($1::text[]) AS client_id, generate_series(1, 40) AS nth
            """,
            cast.client_ids,
        )
    await connection.close()
