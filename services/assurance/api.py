"""What the assurance service answers people (§3.2, §5, §7, §10, §14)."""

from typing import TYPE_CHECKING, Final

from fastapi import FastAPI

from assurance import acts_api, documents_api, due, evidence_api, measures_api, reading_api, staff_api
from chassis.http import create_api
from chassis.service import Runtime

if TYPE_CHECKING:
    from assurance.app import Assurance

VERSION: Final = "1.0"
_DESCRIPTION: Final = """
Questions and their answers, audits gate by gate, help with quotes, disputes, documents, the security measures, and
who of the staff is bound to confidentiality. A client's token reaches its own records; nothing else exists for it.
Every post but that of a document takes an `Idempotency-Key`. What can't count is a 409 that names the gate, what would
open it and from which day on, or a 422 that names the field.
"""


def build(app: "Assurance", runtime: Runtime) -> FastAPI:
    """The service's HTTP API."""
    api = create_api("Assurance", VERSION, runtime.access, _DESCRIPTION)
    api.state.app = app
    api.state.runtime = runtime
    for part in (documents_api, evidence_api, reading_api, acts_api, measures_api, staff_api):
        api.include_router(part.router)
    due.deadlines(app.book, runtime).add(api)
    return api
