"""The network is bad: slow, narrow, cut off in mid-word or silent, on the way to Kafka, PostgreSQL, HTTP and SMTP."""

import asyncio
from collections.abc import Mapping
from typing import Final

from tests.faults.life import Fault, Life
from tests.faults.publishing import Manner
from tests.faults.toxiproxy import Toxiproxy

WAYS: Final = ("kafka", "postgres", "http", "smtp")
TOXICS: Final[Mapping[str, Mapping[str, int]]] = {
    "latency": {"latency": 250, "jitter": 150},
    "bandwidth": {"rate": 24},
    "reset_peer": {"timeout": 0},
    "timeout": {"timeout": 0},
}
"""By toxiproxy's names: milliseconds, KB a second, a TCP reset of every connection, and nothing passes any more."""


class Network(Fault):
    """Two bad ways an act, one after the other, for some seconds each; every toxic on every way, as the seed deals."""

    name = "network"
    manner = Manner(over_s=2.0)

    def __init__(self) -> None:
        self.proxy: Toxiproxy | None = None
        self._hand: list[tuple[str, str]] = []

    async def prepare(self, life: Life) -> None:
        """Every toxic on every way, shuffled."""
        self._hand = [(way, toxic) for way in WAYS for toxic in TOXICS]
        life.dice.shuffle(self._hand)

    async def during(self, life: Life, act: int) -> None:
        """Bad for some seconds, then good again."""
        assert self.proxy is not None
        for _ in range(2 if act else 0):
            if not self._hand:
                return
            way, toxic = self._hand.pop()
            stream = life.dice.choice(("upstream", "downstream"))
            async with self.proxy.toxic(way, toxic, stream, TOXICS[toxic]):
                await asyncio.sleep(life.dice.uniform(2.0, 5.0))
            life.faults += 1
        await life.caught_up()
