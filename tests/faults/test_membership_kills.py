"""A process that is killed and comes back under its name has its partitions at once."""

from collections.abc import Awaitable, Callable

import pytest
from aiokafka import AIOKafkaProducer
from tests.faults.speaking import say, signed, until

from chassis.migrations import CHASSIS_TABLES, migrate, shipped
from embedded.processes import Processes
from subprocessor_registry.app import Registry

pytestmark = [pytest.mark.servers, pytest.mark.slow]

NAMED = {"DUTIFUL_MEMBER": "pod-1", "DUTIFUL_SESSION_WITHIN": "PT20M"}
"""Nobody here would wait until such a session is over."""


async def test_who_comes_back_under_its_name_goes_on(make_system: Callable[[str], Awaitable[Processes]]) -> None:
    """Killed thrice: its successor hears what comes, though the session of the dead would last for twenty minutes."""
    system = await make_system("named")
    system.settings = NAMED
    await migrate(system.dsn(Registry.name), Registry.name, shipped(CHASSIS_TABLES, Registry.migrations))
    async with AIOKafkaProducer(bootstrap_servers=system.kafka) as producer:
        for nth in range(4):
            await system.start(Registry.name)
            await say(producer, system, "client.signed", f"client-{nth}", signed(f"client-{nth}"))
            await until(system, Registry.name, "SELECT count(*) FROM client", nth + 1)
            await system.kill(Registry.name)
