"""Every operation of every service's API under what its own OpenAPI description lets one send, and what it doesn't."""

import asyncio
import os
import sys
from pathlib import Path

import pytest
from tests.flows.street import Street

from all_in_one import SERVICES

pytestmark = [pytest.mark.servers, pytest.mark.slow]

_CHECKS = "not_a_server_error,status_code_conformance,response_schema_conformance"
_PHASES = os.environ.get("DUTIFUL_FUZZ_PHASES", "fuzzing")
"""`make fuzz` adds the phase `coverage`, which goes through each field's bounds and takes minutes a service."""

_CASES = "4"
"""Of each operation."""


@pytest.mark.parametrize("service", SERVICES)
async def test_no_request_is_answered_by_an_error_of_ours(street: Street, service: str, tmp_path: Path) -> None:
    """Never a 500, never an answer that the description doesn't promise: for one who may do everything."""
    token = street.authorized("operator")["Authorization"]
    command = [
        *(sys.executable, "-m", "schemathesis.cli", "run", f"{street.house.url(service)}/openapi.json"),
        *("--header", f"Authorization: {token}", "--checks", _CHECKS, "--no-color"),
        *("--max-examples", _CASES, "--phases", _PHASES, "--suppress-health-check", "all"),
        *("--warnings", "off", "--generation-deterministic", "--output-truncate", "false"),
    ]
    ran = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE, cwd=tmp_path)
    said, _ = await ran.communicate()
    assert ran.returncode == 0, said.decode()
