"""A request may name the query parameters that its operation has, and no others: a slip would change the answer."""

from http import HTTPStatus
from typing import Final

from fastapi import Request
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from chassis.problems import FieldProblem, Problem

_LONGEST: Final = 64


async def only_known_query(request: Request) -> None:
    """Nothing, where every query parameter is one of the operation's; otherwise 422, with those that there are."""
    route = request.scope.get("route")
    if not isinstance(route, APIRoute) or not request.query_params:
        return
    known = _names(route.dependant)
    unknown = [name for name in request.query_params if name not in known]
    if not unknown:
        return
    there_are = f"known are {', '.join(sorted(known))}" if known else "it takes no query parameters"
    errors = [FieldProblem(field=name[:_LONGEST], message=f"is not known here; {there_are}") for name in unknown]
    detail = "; ".join(f"{each.field}: {each.message}" for each in errors)
    raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, detail, errors=errors)


def _names(dependant: Dependant) -> set[str]:
    """What an operation, or one of what it depends on, reads of a query."""
    return {each.alias for each in dependant.query_params}.union(*map(_names, dependant.dependencies))
