"""`python -m tests.faults`: which faults, from which seed; what was found, as a table."""

import asyncio
import os
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console
from tests.faults.comparing import Seen, Verdict, compare
from tests.faults.life import Fault, Life
from tests.faults.plan import UNDISTURBED, Kind, Schedule, kinds, minutes
from tests.faults.quiet import NotQuiet
from tests.faults.report import Row, Run, row, table
from tests.faults.stream import Cast
from tests.faults.system import CRASH
from tests.faults.world import Stage, World
from tests.faults.worlds import Unable, servers, world_of

from dutiful.running import configure_logs

KINDS: Final = tuple(kinds(1))
_LOOK_S: Final = 5.0
app = typer.Typer(add_completion=False)
console = Console(soft_wrap=True, highlight=False)


@app.command()
def main(
    kind: Annotated[
        list[str] | None, typer.Option(help=f"a kind of fault, again for more: {', '.join(KINDS)}; all by default")
    ] = None,
    seed: Annotated[int, typer.Option(help="where and when faults fall; the table prints it, to replay a run")] = 1,
    clients: Annotated[int, typer.Option(min=6, help="how many clients live through the acts")] = 9,
    poison: Annotated[float, typer.Option(min=0.1, max=50, help="percent of messages that can't be read")] = 1.0,
    json: Annotated[Path, typer.Option(help="where the table goes too")] = Path(".dutiful/faults.json"),
    keep: Annotated[bool, typer.Option(help="keep the logs of all processes, and say where")] = False,  # noqa: FBT002 - a flag
) -> None:
    """Disturb the real system, every service a process, and compare what is left with an undisturbed run.

    Every kind of event that platforms publish goes in, in fifteen acts of 86 days. What must be equal: every column of
    every table, every webhook, email and event; what came again under its id is counted. Ends with 1 where anything
    differs; replay it with the same --seed and --kind.
    """
    unknown = sorted(set(kind or ()) - set(KINDS))
    if unknown:
        raise typer.BadParameter(f"there is no kind {', '.join(unknown)}; there are {', '.join(KINDS)}")
    configure_logs(verbose=False)
    home = Path(tempfile.mkdtemp(prefix="dutiful-"))
    chosen = {name: each for name, each in kinds(poison).items() if name in (kind or KINDS)}
    long_run = LongRun(home, json, chosen, seed, Cast(clients, 2, 2))
    try:
        asyncio.run(long_run.live())
    finally:
        if long_run.found.rows:  # each was shown when it was over; here they stand together
            console.print(table(long_run.found.rows))
        if keep:
            console.print(f"logs: {home}")
        else:
            shutil.rmtree(home, ignore_errors=True)
    killed = sum(each["sigkills"] for each in long_run.found.rows)
    console.print(f"{minutes(long_run.found.took_s)} minutes, {killed} SIGKILLs; {json}")
    raise typer.Exit(1 if any(each["differences"] for each in long_run.found.rows) else 0)


class LongRun:
    """Kinds of faults one after the other, each compared with the same undisturbed run."""

    def __init__(self, home: Path, json: Path, chosen: Mapping[str, Kind], seed: int, cast: Cast) -> None:
        self._home = home
        self._json = json
        self._kinds = chosen
        self._seed = seed
        self._cast = cast
        self._schedule = Schedule({UNDISTURBED: 1.0} | {name: each.share for name, each in chosen.items()})
        self.found = Run(cast.clients)

    async def live(self) -> None:
        """All of them; what is found is in `found`."""
        async with servers(self._home, _tell("servers")) as shared, _watched(self.found.loads):
            calm = await self._undisturbed(shared)
            for name, kind in self._kinds.items():
                fault, tell = kind.make(), _tell(name)
                try:
                    async with world_of(fault, shared, self._home, tell) as world:
                        self.found.rows.append(await self._disturbed(world, fault, calm))
                        console.print(table(self.found.rows[-1:]))
                except Unable as lacking:
                    tell(f"skipped: {lacking}")
                tell(f"over{self._schedule.end(name)}")
                self.found.took_s = self._schedule.gone_s
                self.found.write(self._json)

    async def _undisturbed(self, world: World) -> Seen:
        life = self._life(world, Fault(), UNDISTURBED)
        seen = await life.live()
        self.found.undisturbed_s = self._schedule.gone_s
        life.tell(f"over{self._schedule.end(UNDISTURBED)}")
        return seen

    async def _disturbed(self, world: World, fault: Fault, calm: Seen) -> Row:
        began, life = time.monotonic(), self._life(world, fault, fault.name)
        try:
            verdict = compare(calm, await life.live())
        except (NotQuiet, TimeoutError) as error:
            verdict = Verdict([str(error) or f"{type(error).__name__}: it was not ready in time"])
        verdict.differences += life.wrong
        crashed = Counter(f"{death.member} with {death.code}" for death in life.deaths if death.at == CRASH)
        verdict.differences += [f"a crash of its own: {who}, {count} times" for who, count in crashed.items()]
        for line in (*verdict.differences, *life.notes):
            life.tell(line)
        return row(fault.name, life, verdict, time.monotonic() - began)

    def _life(self, world: World, fault: Fault, name: str) -> Life:
        stage = Stage(world, name, fault.settings)
        return Life(stage, self._cast, fault, self._seed, _tell(name), self._schedule.left(name))


@asynccontextmanager
async def _watched(loads: list[float]) -> AsyncIterator[None]:
    """How busy the machine is, now and then, while the block lasts."""

    async def look() -> None:
        while True:
            loads.append(os.getloadavg()[0])
            await asyncio.sleep(_LOOK_S)

    looking = asyncio.create_task(look())
    try:
        yield
    finally:
        looking.cancel()


def _tell(kind: str) -> Callable[[str], None]:
    return lambda line: console.print(f"· {kind}: {line}", markup=False)
