"""What an API says of itself: OpenAPI 3.1 with its problems, and a page to try it, served from here alone."""

from collections.abc import Mapping
from html import escape
from typing import Final

from fastapi import FastAPI, Response
from fastapi.openapi.utils import get_openapi
from fastapi.responses import FileResponse, HTMLResponse, JSONResponse
from pydantic import JsonValue, TypeAdapter
from pydantic.json_schema import models_json_schema
from swagger_ui_bundle import swagger_ui_path

from chassis.problems import MEDIA_TYPE, ProblemDetails, nothing_here

Json = dict[str, JsonValue]

PROBLEM: Final[dict[int | str, dict[str, object]]] = {
    "default": {
        "description": "A problem (RFC 9457)",
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemDetails"}}},
    }
}
"""The answer of every operation where another isn't said."""

_OBJECT: Final = TypeAdapter(Json)
_ASSETS: Final = ("swagger-ui-bundle.js", "swagger-ui.css", "favicon-32x32.png")
_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)
_PAGE: Final = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title><link rel="stylesheet" href="docs/swagger-ui.css">
<link rel="icon" type="image/png" href="docs/favicon-32x32.png"></head>
<body><main id="api"></main><noscript>This page needs JavaScript; the description is <a href="openapi.json">here</a>.
</noscript><script src="docs/swagger-ui-bundle.js"></script><script src="docs/start.js"></script></body></html>
"""
_START: Final = """SwaggerUIBundle({
  url: "docs/openapi.json", dom_id: "#api", deepLinking: true, validatorUrl: null, persistAuthorization: false,
});
"""


def describe(api: FastAPI) -> None:
    """Give `api` its description and its page `/docs`, neither of which needs a token."""
    api.openapi = lambda: _openapi(api)  # type: ignore[method-assign]  # as FastAPI's documentation does it

    @api.get("/docs", include_in_schema=False)
    async def page() -> HTMLResponse:
        return HTMLResponse(_PAGE.format(title=escape(api.title)), headers={"Content-Security-Policy": _POLICY})

    @api.get("/docs/start.js", include_in_schema=False)
    async def start() -> Response:
        return Response(_START, media_type="text/javascript")

    @api.get("/docs/openapi.json", include_in_schema=False)
    async def for_the_page() -> JSONResponse:
        return JSONResponse(older(_openapi(api)))

    @api.get("/docs/{asset}", include_in_schema=False)
    async def asset(asset: str) -> FileResponse:
        if asset not in _ASSETS:
            raise nothing_here()
        return FileResponse(swagger_ui_path / asset, headers={"Cache-Control": "max-age=86400"})


def _openapi(api: FastAPI) -> Json:
    if api.openapi_schema is None:
        schema = get_openapi(title=api.title, version=api.version, description=api.description, routes=api.routes)
        _, problems = models_json_schema(
            [(ProblemDetails, "serialization")], ref_template="#/components/schemas/{model}"
        )
        schema.setdefault("components", {}).setdefault("schemas", {}).update(problems["$defs"])
        api.openapi_schema = schema
    return api.openapi_schema


def older(schema: Mapping[str, JsonValue]) -> Json:
    """An OpenAPI 3.1 description as 3.0 says it: the bundled page knows no other."""
    return _OBJECT.validate_python(_older(dict(schema))) | {"openapi": "3.0.3"}


def _older(node: JsonValue) -> JsonValue:
    match node:
        case list():
            return [_older(each) for each in node]
        case dict():
            inner = {name: _older(each) for name, each in node.items()}
            return _without_null(_without_numbers(inner))
        case _:
            return node


def _without_null(schema: Json) -> Json:
    """3.1 has a type `null`; 3.0 has a mark on the others."""
    choices = schema.get("anyOf")
    if not isinstance(choices, list) or {"type": "null"} not in choices:
        return schema
    left = [each for each in choices if each != {"type": "null"}]
    rest = {name: value for name, value in schema.items() if name != "anyOf"}
    match left:
        case [dict() as only] if "$ref" not in only:
            return {**only, **rest, "nullable": True}
    return {"anyOf": left, **rest, "nullable": True}


def _without_numbers(schema: Json) -> Json:
    """3.1 has exclusive bounds and constants as values; 3.0 has a mark on the bound, and lists of one."""
    for bound, exclusive in (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")):
        value = schema.get(exclusive)
        if isinstance(value, int | float) and not isinstance(value, bool):
            schema = {**schema, bound: value, exclusive: True}
    constant = schema.get("const")
    if isinstance(constant, str | int):
        schema = {name: value for name, value in schema.items() if name != "const"} | {"enum": [constant]}
    return schema
