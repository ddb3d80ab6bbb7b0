"""What the notifier answers people: who is told where, what each was told, and the proof (§15)."""

from typing import TYPE_CHECKING, Final

from fastapi import FastAPI

from chassis.http import create_api
from chassis.service import Runtime
from notifier import alerts_api, clients_api, deliveries_api, due, endpoints_api, letters_api, notices_api

if TYPE_CHECKING:
    from notifier.app import Notifier

VERSION: Final = "1.0"
_DESCRIPTION: Final = """
Clients and their addresses, webhook endpoints and their secrets, notices with their receipts, and every attempt to
deliver them. A client's token reaches that client's records; another's do not exist for it. Every post takes an
`Idempotency-Key`: what is sent again under the same key is carried out once.
"""


def build(app: "Notifier", runtime: Runtime) -> FastAPI:
    """The notifier's HTTP API."""
    api = create_api("Notifier", VERSION, runtime.access, _DESCRIPTION)
    api.state.app = app
    api.state.runtime = runtime
    for part in (clients_api, endpoints_api, notices_api, deliveries_api, letters_api, alerts_api):
        api.include_router(part.router)
    due.deadlines(runtime).add(api)
    return api
