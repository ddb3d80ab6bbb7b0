"""What the holder answers people: its orders, and the packages that it made (§8.3)."""

from typing import TYPE_CHECKING, Final

from fastapi import FastAPI

from chassis.http import create_api
from chassis.service import Runtime
from holder import orders_api, packages_api

if TYPE_CHECKING:
    from holder.app import Holder

VERSION: Final = "1.0"
_DESCRIPTION: Final = """
Orders: what this holder was told to do, how far it is, and what it answered; for the processor's staff.

Return packages: fetched through a signed link that is good for a while, acknowledged with the client's token. A
client's token reaches that client's packages; another's do not exist for it.
"""


def build(app: "Holder", runtime: Runtime) -> FastAPI:
    """The holder's HTTP API."""
    api = create_api("Holder", VERSION, runtime.access, _DESCRIPTION)
    api.state.app = app
    api.state.runtime = runtime
    api.include_router(orders_api.router)
    api.include_router(packages_api.router)
    return api
