"""What the console answers people (§3.2, §7)."""

from typing import TYPE_CHECKING, Final

from fastapi import FastAPI

from chassis.http import create_api
from chassis.service import Runtime
from console import checking_api, record_api

if TYPE_CHECKING:
    from console.app import Console

VERSION: Final = "1.0"
_DESCRIPTION: Final = """
The record of evidence: every fact about a client in the order in which it was heard, each entry with the hash of all
before it, and where it ends signed. A client's token reaches its own record; nothing else exists for it.
`…/record/export` is one file that `dutiful evidence verify` checks without any service.
"""


def build(app: "Console", runtime: Runtime) -> FastAPI:
    """The service's HTTP API."""
    api = create_api("Evidence", VERSION, runtime.access, _DESCRIPTION)
    api.state.app = app
    api.state.runtime = runtime
    for part in (record_api.router, checking_api.router):
        api.include_router(part)
    return api
