"""What the service `requests` answers people (§2.3, §3.2, §9)."""

from typing import TYPE_CHECKING, Final

from fastapi import FastAPI

from chassis.http import create_api
from chassis.service import Runtime
from requests_desk import attachments_api, clients_api, due, instructions_api, requests_api, sealed_api, tasks_api

if TYPE_CHECKING:
    from requests_desk.app import Requests

VERSION: Final = "1.0"
_DESCRIPTION: Final = """
What data subjects and authorities ask, what clients instruct, and what leaves on it. No answer is sent without an
instruction of the client about that very request: trying is refused and shown to the client. A client's token reaches
what is about that client's data; nothing else exists for it. Every post takes an `Idempotency-Key`.
"""


def build(app: "Requests", runtime: Runtime) -> FastAPI:
    """The service's HTTP API."""
    api = create_api("Requests", VERSION, runtime.access, _DESCRIPTION)
    api.state.app = app
    api.state.runtime = runtime
    for part in (
        requests_api.router,
        attachments_api.router,
        tasks_api.router,
        sealed_api.router,
        clients_api.router,
        instructions_api.router,
    ):
        api.include_router(part)
    due.deadlines(runtime).add(api)
    return api
