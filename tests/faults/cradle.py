"""The process that `Nursery` forks others from: it has imported what they need, has no thread and no connection.

    python -m tests.faults.cradle

It reads orders, a line of JSON each, and says who was born and who has ended.
"""

import ctypes
import importlib
import json
import os
import random
import select
import signal
import sys
import traceback
from typing import Final, NoReturn

from tests.faults.serving import serve

from agreement.book import Book
from agreement.loading import default_path
from dutiful.services import RUNNABLE, kind_of

IMPORTED_LATE: Final = ("chassis.clock", "chassis.service", "uvicorn.protocols.http.httptools_impl", "uvloop")
_LOOK_S: Final = 0.02
_PR_SET_PDEATHSIG: Final = 1


def main() -> None:
    """Until there is nobody any more who could order."""
    for service in RUNNABLE:
        kind_of(service)
    for late in IMPORTED_LATE:
        importlib.import_module(late)
    Book.read(default_path())  # which imports the holidays of all countries
    waiting = b""
    while True:
        ready, _, _ = select.select([0], [], [], _LOOK_S)
        if ready:
            came = os.read(0, 65_536)
            if not came:
                return
            *orders, waiting = (waiting + came).split(b"\n")
            for order in orders:
                _bear(json.loads(order))
        _bury()


def _bear(order: dict[str, object]) -> None:
    pid = os.fork()
    if pid == 0:
        _live(order)
    _say({"pid": pid})


def _bury() -> None:
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if not pid:
            return
        _say({"pid": pid, "code": os.waitstatus_to_exitcode(status)})


def _say(said: dict[str, int]) -> None:
    os.write(1, json.dumps(said).encode() + b"\n")


def _live(order: dict[str, object]) -> NoReturn:
    code = 1
    try:
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        log = os.open(str(order["log"]), os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        nothing = os.open(os.devnull, os.O_RDONLY)
        for ours, theirs in ((nothing, 0), (log, 1), (log, 2)):
            os.dup2(ours, theirs)
        random.seed()
        environment, command = order["environment"], order["command"]
        assert isinstance(environment, dict)
        assert isinstance(command, list)
        os.environ.update(environment)
        serve(command)
        code = 0
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    except BaseException:  # noqa: BLE001 - whatever it is, this process is not the one that goes on
        traceback.print_exc()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    main()
