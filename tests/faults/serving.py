"""Starts a service as `dutiful run` does, under the harness's clock, and dies at a step where it is told to.

    python -m tests.faults.serving run notifier

Production code knows nothing of this: what is changed is changed in this process alone. The process ends with whoever
started it: its standard input is a pipe that nobody writes to.
"""

import json
import os
import signal
import sys
import threading
from datetime import datetime
from pathlib import Path
from typing import Final

from tests.faults.clock import reading
from tests.faults.steps import plant

from chassis.clock import SystemClock
from dutiful.cli import app

CLOCK: Final = "FAULTS_CLOCK"
STEPS: Final = "FAULTS_STEPS"
EPITAPH: Final = "FAULTS_EPITAPH"


def _end_with_the_harness() -> None:
    sys.stdin.buffer.read()
    os.kill(os.getpid(), signal.SIGKILL)


def main() -> None:
    """The clock, the step if there is one, and then the command as it is."""
    threading.Thread(target=_end_with_the_harness, daemon=True).start()
    now = reading(Path(os.environ[CLOCK]))

    def said_now(_: SystemClock) -> datetime:
        return now()

    SystemClock.now = said_now  # type: ignore[method-assign, assignment]
    plant(json.loads(os.environ[STEPS]), Path(os.environ[EPITAPH]))
    app()


if __name__ == "__main__":
    main()
