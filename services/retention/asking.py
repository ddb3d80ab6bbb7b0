"""What a question to this API brings along beside `chassis.asking`: the app, and whose word it is."""

from typing import Annotated

from fastapi import Depends, Request

from chassis.asking import word_to
from chassis.message import Cause
from retention.finding import Finder


def app_of(request: Request) -> Finder:
    """The app that is asked."""
    app: Finder = request.app.state.app
    return app


Once = Annotated[Cause, Depends(word_to("retention"))]
"""A person's word: it has one id however often it is sent under its key; one client's keys never meet another's."""
