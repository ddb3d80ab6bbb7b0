"""`make bench`: every benchmark, or the ones named."""

import argparse
import shutil
import tempfile
from pathlib import Path

import uvloop

from benchmarks import agenda, breaches, clocks, deliveries, erasure, events, fanout, latency, retention
from benchmarks.results import Results
from benchmarks.servers import Servers
from chassis.collecting import collect_seldom

ALL = {
    "events": events.measure,
    "deliveries": deliveries.measure,
    "latency": latency.measure,
    "agenda": agenda.measure,
    "fanout": fanout.measure,
    "retention": retention.measure,
    "erasure": erasure.measure,
    "breaches": breaches.measure,
    "clocks": clocks.measure,
}


async def main(names: list[str], out: Path) -> None:
    """Run them one after the other on servers of their own."""
    results = Results()
    home = Path(tempfile.mkdtemp(prefix="dutiful-bench-"))
    servers = Servers(home)
    try:
        await servers.start()
        for name in names:
            results.console.rule(name)
            await ALL[name](servers, results)
    finally:
        await servers.stop()
        shutil.rmtree(home, ignore_errors=True)
    results.print()
    results.write(out)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Measure, beside raw loops.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"which ones: {', '.join(ALL)}; all by default")
    parser.add_argument("--json", type=Path, default=Path(".dutiful/bench.json"), help="where the figures go")
    chosen = parser.parse_args()
    if unknown := set(chosen.names) - ALL.keys():
        parser.error(f"there is no benchmark {', '.join(sorted(unknown))}; there are {', '.join(ALL)}")
    collect_seldom()  # as `dutiful run` does; the raw loops profit too
    uvloop.run(main(chosen.names or list(ALL), chosen.json))
