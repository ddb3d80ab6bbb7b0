"""`make bench`: every benchmark, or the ones named."""

import argparse
import logging
import os
import shutil
import tempfile
from collections.abc import Awaitable, Callable, Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Final, cast

import uvloop

from benchmarks.rig.results import Results
from benchmarks.rig.scale import QUICK_ENV
from benchmarks.rig.servers import Servers
from chassis import logs
from chassis.collecting import collect_seldom

if TYPE_CHECKING:
    Measure = Callable[[Servers, Results], Awaitable[None]]

SINGLE: Final = (
    "events", "deliveries", "latency", "agenda", "fanout", "retention", "erasure", "breaches", "clocks",
)  # fmt: skip
"""One service, or one flow."""

LOAD: Final = ("everything", "replicas", "backlog", "grown", "day")
"""The whole system, or much at once."""


async def main(names: Sequence[str], out: Path) -> None:
    """Run them one after the other on servers of their own."""
    results = Results()
    home = Path(tempfile.mkdtemp(prefix="dutiful-bench-"))
    servers = Servers(home)
    try:
        await servers.start()
        for name in names:
            results.begin(name)
            await _measure(name)(servers, results)
    finally:
        await servers.stop()
        shutil.rmtree(home, ignore_errors=True)
    results.print()
    results.write(out)


def _measure(name: str) -> "Measure":
    """Imported when its turn comes: a load's size is read then."""
    module = import_module(f"benchmarks.{'single' if name in SINGLE else 'load'}.{name}")
    return cast("Measure", module.measure)


if __name__ == "__main__":
    every = (*SINGLE, *LOAD)
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Measure, beside raw loops.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"which ones: {', '.join(every)}; all by default")
    parser.add_argument("--json", type=Path, default=Path(".dutiful/bench.json"), help="where the figures go")
    parser.add_argument("--quick", action="store_true", help="hardly anything: whether they run, not how fast it is")
    chosen = parser.parse_args()
    if unknown := sorted(set(chosen.names) - set(every)):
        parser.error(f"there is no benchmark {', '.join(unknown)}; there are {', '.join(every)}")
    if chosen.quick:
        os.environ[QUICK_ENV] = "1"
    logs.configure(pretty=True, level=logging.ERROR)
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # a topic that is just made has no leader at first
    collect_seldom()  # as `dutiful run` does; the raw loops profit too
    uvloop.run(main(chosen.names or every, chosen.json))
