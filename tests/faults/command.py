"""`python -m tests.faults`: which faults, from which seed; what was found, as a table."""

import asyncio
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console
from tests.faults.comparing import Seen, Verdict, compare
from tests.faults.kinds.clocks import ClockSteps
from tests.faults.kinds.disk import DiskFull
from tests.faults.kinds.freezing import Freezes
from tests.faults.kinds.kills import Kills, Steps
from tests.faults.kinds.messages import Disorder, Poison
from tests.faults.kinds.network import Network
from tests.faults.kinds.servers import Away
from tests.faults.life import Fault, Life
from tests.faults.quiet import NotQuiet
from tests.faults.report import Result, table
from tests.faults.stream import Cast
from tests.faults.system import CRASH
from tests.faults.world import Stage, World
from tests.faults.worlds import Unable, servers, world_of

from dutiful.running import configure_logs

KINDS: Final[dict[str, Callable[[], Fault]]] = {
    "disorder": Disorder,
    "poison": lambda: Poison(4),
    "kill": lambda: Kills(140),
    "step": lambda: Steps(2),
    "freeze": lambda: Freezes(4),
    "kafka": lambda: Away("kafka", 6),
    "postgres": lambda: Away("postgres", 8),
    "network": Network,
    "disk": lambda: DiskFull(4),
    "clock": ClockSteps,
}
app = typer.Typer(add_completion=False)
console = Console(soft_wrap=True, highlight=False)


@app.command()
def main(
    kind: Annotated[
        list[str] | None, typer.Option(help=f"a kind of fault, again for more: {', '.join(KINDS)}; all by default")
    ] = None,
    seed: Annotated[int, typer.Option(help="where and when faults fall; the table prints it, to replay a run")] = 1,
    clients: Annotated[int, typer.Option(min=6, help="how many clients live through the acts")] = 9,
    keep: Annotated[bool, typer.Option(help="keep the logs of all processes, and say where")] = False,  # noqa: FBT002 - a flag
) -> None:
    """Disturb the real system, every service a process, and compare what is left with an undisturbed run.

    Every kind of event that platforms publish goes in, in fifteen acts of 86 days. What must be equal: every column of
    every table, every webhook, email and event; what came again under its id is counted. Ends with 1 where anything
    differs; replay it with the same --seed and --kind.
    """
    unknown = sorted(set(kind or ()) - KINDS.keys())
    if unknown:
        raise typer.BadParameter(f"there is no kind {', '.join(unknown)}; there are {', '.join(KINDS)}")
    configure_logs(verbose=False)
    home = Path(tempfile.mkdtemp(prefix="dutiful-"))
    try:
        results = asyncio.run(_run(home, kind or list(KINDS), seed, Cast(clients, 2, 2)))
    finally:
        if keep:
            console.print(f"logs: {home}")
        else:
            shutil.rmtree(home, ignore_errors=True)
    console.print(table(results, seed))  # each was shown when it was over; here they stand together
    raise typer.Exit(0 if all(each.verdict.holds for each in results) else 1)


async def _run(home: Path, kinds: Sequence[str], seed: int, cast: Cast) -> list[Result]:
    results = []
    async with servers(home, _tell("servers")) as shared:
        calm = await _undisturbed(shared, cast, seed)
        for kind in kinds:
            fault, tell = KINDS[kind](), _tell(kind)
            try:
                async with world_of(fault, shared, home, tell) as world:
                    results.append(await _disturbed(world, fault, cast, seed, calm))
                    console.print(table(results[-1:], seed))
            except Unable as lacking:
                tell(f"skipped: {lacking}")
    return results


async def _undisturbed(world: World, cast: Cast, seed: int) -> Seen:
    life = Life(Stage(world, "undisturbed"), cast, Fault(), seed, _tell("undisturbed"))
    return await life.live()


async def _disturbed(world: World, fault: Fault, cast: Cast, seed: int, calm: Seen) -> Result:
    began, tell = time.monotonic(), _tell(fault.name)
    life = Life(Stage(world, fault.name), cast, fault, seed, tell)
    try:
        verdict = compare(calm, await life.live())
    except NotQuiet as error:
        verdict = Verdict([str(error)])
    verdict.differences += life.wrong
    crashed = Counter(f"{death.member} with {death.code}" for death in life.deaths if death.at == CRASH)
    verdict.differences += [f"a crash of its own: {who}, {count} times" for who, count in crashed.items()]
    for line in (*verdict.differences, *life.notes):
        tell(line)
    return Result(fault.name, life, verdict, time.monotonic() - began)


def _tell(kind: str) -> Callable[[str], None]:
    return lambda line: console.print(f"· {kind}: {line}", markup=False)
