"""Every operation of every service's API under what its own OpenAPI description lets one send, and what it doesn't."""

import asyncio
import os
import sys
from pathlib import Path

import pytest
from tests.flows import leaks
from tests.flows.street import Street
from tests.flows.victim import STRANGER, Ids

from dutiful.services import RUNNABLE

pytestmark = [pytest.mark.servers, pytest.mark.slow]

_CHECKS = "not_a_server_error,status_code_conformance,response_schema_conformance,no_leak"
_PHASES = os.environ.get("DUTIFUL_FUZZ_PHASES", "fuzzing")
"""`make fuzz` adds the phase `coverage`, which goes through each field's bounds and takes minutes a service."""

_CASES = "4"
"""Of each operation."""


@pytest.mark.parametrize("service", RUNNABLE)
async def test_no_request_is_answered_by_an_error_of_ours(
    inhabited: Street, ids: Ids, service: str, tmp_path: Path
) -> None:
    """Never a 500, never what the description doesn't promise, nothing of the inside: for one who may do everything."""
    assert ids.owned
    await _fuzzed(inhabited, "operator", service, tmp_path, marks="")


@pytest.mark.skipif(_PHASES == "fuzzing", reason="`make fuzz`: test_isolation.py asks all of it once in every run")
@pytest.mark.parametrize("service", RUNNABLE)
async def test_no_request_of_a_client_is_answered_by_what_is_another_s(
    inhabited: Street, ids: Ids, service: str, tmp_path: Path
) -> None:
    """CON-1: nor does anything that another client has stand in any answer, whatever it is asked with."""
    await _fuzzed(inhabited, f"{STRANGER}/super_administrator", service, tmp_path, marks="|".join(ids.marks))


def test_what_leaks_is_seen() -> None:
    """The check knows a traceback, a statement, what PostgreSQL refused, a path and a key, and no plain sentence."""
    for leak in (
        'Traceback (most recent call last):\n  File "/x.py", line 1',
        "SELECT secret\n  FROM endpoint_secret",
        'column \\"client\\" does not exist',
        "/opt/dutiful/lib/python3.11",
        "-----BEGIN PRIVATE KEY-----",
    ):
        assert leaks.found_in(leak)
    assert leaks.found_in("you may not select a column from here; the update is set") is None
    assert leaks.found_in('{"secret":"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}') is None


async def _fuzzed(street: Street, who: str, service: str, home: Path, *, marks: str) -> None:
    token = street.authorized(who)["Authorization"]
    command = [
        *(sys.executable, "-m", "schemathesis.cli", "run", f"{street.house.url(service)}/openapi.json"),
        *("--header", f"Authorization: {token}", "--checks", _CHECKS, "--no-color"),
        *("--max-examples", _CASES, "--phases", _PHASES, "--suppress-health-check", "all"),
        *("--warnings", "off", "--generation-deterministic", "--output-truncate", "false"),
    ]
    hooks = {"SCHEMATHESIS_HOOKS": "tests.flows.leaks", "DUTIFUL_MARKS": marks, "PYTHONPATH": str(_ROOT)}
    ran = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, cwd=home, env=os.environ | hooks
    )
    said, _ = await ran.communicate()
    assert ran.returncode == 0, said.decode()


_ROOT = Path(__file__).parents[2]
