"""What a question to this API brings along beside `chassis.asking`: the app, and whose word it is."""

from typing import TYPE_CHECKING, Annotated

from fastapi import Depends, Request

from chassis.http import Authenticated, IdempotencyKey
from chassis.message import Cause
from chassis.requests import cause_of

if TYPE_CHECKING:
    from retention.app import Retention


def app_of(request: Request) -> "Retention":
    """The app that is asked."""
    app: Retention = request.app.state.app
    return app


def _cause(request: Request, caller: Authenticated, key: IdempotencyKey) -> Cause:
    group = f"clients/{caller.client_id}" if caller.client_id else "staff"
    return cause_of(request, f"dutiful/retention/api/{group}/{caller.subject}", key)


Once = Annotated[Cause, Depends(_cause)]
"""A person's word: it has one id however often it is sent under its key; one client's keys never meet another's."""
