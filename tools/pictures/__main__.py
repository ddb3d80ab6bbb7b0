"""`python -m tools.pictures run` lets the system work under Prometheus's eyes, `draw` draws what was seen."""

import argparse
import asyncio
import json
import logging
import shutil
import time
from pathlib import Path
from typing import Final

from tools.pictures.prometheus import SCRAPED_EVERY_S, prometheus
from tools.pictures.stage import ports, stage
from tools.pictures.story import play

from chassis import logs

_ROOT: Final = Path(__file__).parents[2]
HOME: Final = _ROOT / ".dutiful/pictures"
DRAWING: Final = _ROOT / ".tools/pictures"
"""Where `make pictures` has put what draws, with what it needs."""

DASHBOARDS: Final = _ROOT / "deploy/monitoring/dashboards"
PICTURES: Final = _ROOT / "docs/dashboards"
_RUN: Final = HOME / "run.json"


async def run() -> None:
    """Servers, services and a story, scraped from the beginning to the end."""
    shutil.rmtree(HOME, ignore_errors=True)
    where = ports()
    async with prometheus(HOME / "prometheus", list(where.values())), stage(HOME / "system", where) as ready:
        from_s = time.time()
        await play(ready)
        _RUN.write_text(json.dumps({"fromS": from_s, "toS": time.time(), "scrapeS": SCRAPED_EVERY_S}))


async def draw() -> int:
    """The pictures of the run; not 0 where a panel has nothing to show, or a query fails."""
    async with prometheus(HOME / "prometheus") as url:
        seen = json.loads(_RUN.read_text(encoding="utf-8")) | {"prometheus": url}
        process = await asyncio.create_subprocess_exec(
            "node", str(DRAWING / "draw.mjs"), str(DASHBOARDS), str(PICTURES), json.dumps(seen)
        )
        return await process.wait()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tools.pictures", description=__doc__)
    parser.add_argument("act", choices=["run", "draw"])
    logs.configure(pretty=True, level=logging.ERROR)
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # it calls every retry an error
    if parser.parse_args().act == "run":
        asyncio.run(run())
    else:
        raise SystemExit(asyncio.run(draw()))
