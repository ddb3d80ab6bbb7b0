"""The services as processes that are started again whenever they end, as a cluster does it."""

import asyncio
import json
import signal
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import aiohttp
from tests.faults.clock import Hands
from tests.faults.nursery import Born, Nursery
from tests.faults.serving import CLOCK, EPITAPH, STEPS

from embedded.kafka_broker import free_port

READY_WITHIN_S: Final = 180.0
POLL_S: Final = 0.05
RANDOM_MOMENT: Final = "a random moment"
GONE: Final = "a random moment, and its pod with it"
CRASH: Final = "crash"


@dataclass
class Death:
    """A process that ended though nobody stopped it: at which step, and when its successor was ready."""

    member: str
    at: str
    code: int
    ready_after_s: float | None = None


@dataclass
class Member:
    """A service's process and its successors; at each of `steps` one of them dies after so many passes, and so on.

    `pods` counts the pods that it was in: a container that ends comes back in the same one, unless that is gone too.
    """

    service: str
    name: str
    port: int = field(default_factory=free_port)
    steps: dict[str, deque[int]] = field(default_factory=dict)
    process: Born | None = None
    dies_at: str = CRASH
    pods: int = 1

    @property
    def pod(self) -> str:
        """Who it is to the broker."""
        return f"{self.name}-{self.pods}"

    async def is_ready(self) -> bool:
        """Whether it says so itself, within two seconds."""
        timeout = aiohttp.ClientTimeout(total=2)
        try:
            async with (
                aiohttp.ClientSession(timeout=timeout) as session,
                session.get(f"http://127.0.0.1:{self.port}/health/ready") as answer,
            ):
                return answer.status == 200
        except (aiohttp.ClientError, TimeoutError):
            return False


class System:
    """Members from `start` to `stop`; `environment` says what a member is told beside its port, clock and step."""

    def __init__(
        self,
        environment: Callable[[Member], Mapping[str, str]],
        hands: Hands,
        agreement: Path,
        logs: Path,
        nursery: Nursery,
    ) -> None:
        self._nursery = nursery
        self._environment = environment
        self._hands = hands
        self._agreement = agreement
        self._logs = logs
        self._keepers: list[asyncio.Task[None]] = []
        self._stopping = False
        self.members: dict[str, Member] = {}
        self.deaths: list[Death] = []

    async def start(self, members: Iterable[Member]) -> None:
        """Start members; returns before they are ready."""
        for member in members:
            self.members[member.name] = member
            self._keepers.append(asyncio.create_task(self._keep(member), name=member.name))

    async def migrate(self, member: Member) -> None:
        """Bring a service's schema up to this version, by as many processes as it takes."""
        clock = asyncio.get_running_loop().time
        began, deaths = clock(), list[Death]()
        while code := await (await self._launch(member, "migrate", member.service)).wait():
            deaths.append(Death(member.name, self._cause_of(member), code))
        for death in deaths:
            death.ready_after_s = clock() - began
        self.deaths += deaths

    async def stop(self) -> None:
        """SIGTERM to all of them, SIGKILL to those that don't end in time; nothing is started again."""
        self._stopping = True
        for process in self._running():
            process.send_signal(signal.SIGCONT)
            process.send_signal(signal.SIGTERM)
        if self._keepers:
            _, late = await asyncio.wait(self._keepers, timeout=30)
            for process in self._running():
                process.send_signal(signal.SIGKILL)
            await asyncio.gather(*late)

    def kill(self, name: str, *, gone: bool = False) -> bool:
        """SIGKILL now; False where it isn't running at this moment. Its pod may be `gone` with it."""
        member = self.members[name]
        if member.process is None or member.process.returncode is not None:
            return False
        member.dies_at = GONE if gone else RANDOM_MOMENT
        member.pods += gone
        member.process.send_signal(signal.SIGKILL)
        return True

    def signal(self, name: str, number: signal.Signals) -> None:
        """Send a signal that is not its end."""
        process = self.members[name].process
        assert process is not None, f"{name} doesn't run"
        process.send_signal(number)

    async def ready(self) -> None:
        """Return once every member is ready at the same time."""
        async with asyncio.timeout(READY_WITHIN_S):
            while not all(await asyncio.gather(*[each.is_ready() for each in self.members.values()])):  # noqa: ASYNC110 - other processes
                await asyncio.sleep(POLL_S)

    def log(self, name: str) -> Path:
        """Where a member writes."""
        return self._logs / f"{name}.log"

    def _running(self) -> list[Born]:
        processes = [each.process for each in self.members.values()]
        return [each for each in processes if each is not None and each.returncode is None]

    async def _keep(self, member: Member) -> None:
        clock = asyncio.get_running_loop().time
        open_deaths: list[tuple[Death, float]] = []
        while not self._stopping:
            process = await self._launch(member, "run", member.service, "--agreement", str(self._agreement))
            watching = asyncio.create_task(self._note_recovery(member, open_deaths))
            code = await process.wait()
            watching.cancel()
            if not self._stopping:
                death = Death(member.name, self._cause_of(member), code)
                self.deaths.append(death)
                open_deaths.append((death, clock()))

    async def _note_recovery(self, member: Member, open_deaths: list[tuple[Death, float]]) -> None:
        """How long it took since each death of its predecessors that nobody came back from yet."""
        while not await member.is_ready():  # noqa: ASYNC110 - another process
            await asyncio.sleep(POLL_S)
        now = asyncio.get_running_loop().time()
        for death, at in open_deaths:
            death.ready_after_s = now - at
        open_deaths.clear()

    def _cause_of(self, member: Member) -> str:
        """At which step it died, which is struck off then; or by whom."""
        epitaph = self._epitaph(member)
        if not epitaph.exists():
            return member.dies_at
        step = epitaph.read_text()
        epitaph.unlink()
        member.steps[step].popleft()
        return step

    def _epitaph(self, member: Member) -> Path:
        return self._logs / f"{member.name}.died"

    async def _launch(self, member: Member, *command: str) -> Born:
        member.dies_at = CRASH
        environment = {
            **self._environment(member),
            "DUTIFUL_PORT": str(member.port),
            CLOCK: str(self._hands.file(member.service)),
            STEPS: json.dumps({step: passes[0] for step, passes in member.steps.items() if passes}),
            EPITAPH: str(self._epitaph(member)),
        }
        member.process = await self._nursery.start(command, environment, self.log(member.name))
        return member.process
