"""What the breach service answers people (§6)."""

from typing import TYPE_CHECKING, Final

from fastapi import FastAPI

from breach import due
from breach.answers import acts_api, clients_api, dossier_api, incidents_api
from chassis.http import create_api
from chassis.service import Runtime

if TYPE_CHECKING:
    from breach.app import Breach

VERSION: Final = "1.0"
_DESCRIPTION: Final = """
Personal data breaches: incidents with the time that is left on each clock, who is affected and told, updates, steps,
the dossier for authorities, the register. A client's token reaches what affects that client; nothing else exists for
it. Every post takes an `Idempotency-Key` and answers with the incident as it then stands.
"""


def build(app: "Breach", runtime: Runtime) -> FastAPI:
    """The service's HTTP API."""
    api = create_api("Breach", VERSION, runtime.access, _DESCRIPTION)
    api.state.app = app
    api.state.runtime = runtime
    for part in (incidents_api.router, acts_api.router, dossier_api.router, clients_api.router):
        api.include_router(part)
    due.deadlines(runtime).add(api)
    return api
