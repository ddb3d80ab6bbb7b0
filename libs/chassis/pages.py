"""Tables and pages: keyset cursors, and one table as JSON, CSV or HTML, whichever the caller reads."""

import base64
import csv
import hashlib
import io
import json
from collections.abc import Sequence
from datetime import date, datetime
from html import escape
from http import HTTPStatus
from typing import Annotated, Final, Generic, Literal, TypeVar

from fastapi import Query, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse, PlainTextResponse
from pydantic import BaseModel

from chassis.problems import Problem

T = TypeVar("T")
Cell = str | int | float | bool | date | datetime | Sequence[str] | None
_FORMULA: Final = tuple("=+-@\t\r\n") + tuple("\uff1d\uff0b\uff0d\uff20")
"""What makes a spreadsheet take a cell for a formula; the last four are the same in full width."""

_MEDIA: Final = {"application/json": "json", "text/csv": "csv", "text/html": "html"}
_STYLE: Final = (
    "body{font:1rem/1.5 system-ui,sans-serif;margin:2rem auto;max-width:75rem;padding:0 1rem;color:#1b1b1b}"
    "table{border-collapse:collapse;width:100%}caption{text-align:left;font-size:1.4rem;margin-bottom:1rem}"
    "th,td{text-align:left;vertical-align:top;padding:.4rem .8rem;border-bottom:1px solid #767676}"
    "thead th{background:#f3f3f3}"
)
_POLICY: Final = (
    f"default-src 'none'; style-src 'sha256-{base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()}'; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)


class Page(BaseModel, Generic[T]):
    """Items in a stable order; `next` is the cursor of the page that follows, None on the last."""

    items: list[T]
    next: str | None = None


def encode_cursor(*values: str | int) -> str:
    """An opaque cursor."""
    return base64.urlsafe_b64encode(json.dumps(values).encode()).decode().rstrip("=")


def decode_cursor(cursor: str | None, *kinds: type) -> tuple[str | int, ...] | None:
    """The values of a cursor, checked against their types; a made-up one is refused. None stays None."""
    if cursor is None:
        return None
    try:
        values = json.loads(base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True))
    except (ValueError, RecursionError):
        values = None
    if (
        not isinstance(values, list)
        or [type(value) for value in values] != list(kinds)
        or not all(map(_keyable, values))
    ):
        raise Problem(HTTPStatus.BAD_REQUEST, "cursor is not one of ours: take it from `next` of the page before")
    return tuple(values)


def _keyable(value: str | int) -> bool:
    """Whether PostgreSQL could have given this value: printable text, or a bigint."""
    return value.isprintable() if isinstance(value, str) else abs(value) < 2**63


def form(
    _: Annotated[
        Literal["json", "csv", "html"] | None,
        Query(alias="format", description="instead of the form that the Accept header asks for"),
    ] = None,
) -> None:
    """Only for the description: `table` reads it."""


def table(
    request: Request,
    title: str,
    columns: Sequence[str],
    rows: Sequence[Sequence[Cell]],
    *,
    language: str = "en",
    more: tuple[str, str] | None = None,
) -> Response:
    """The rows as JSON, CSV or HTML: by `?format=`, or else by what the caller accepts.

    `language` is that of its words; `more` is a link below an HTML table: its text and its address.
    """
    vary = {"Vary": "Accept"}
    match request.query_params.get("format") or _accepted(request.headers.get("accept", "")):
        case "csv":
            return PlainTextResponse(_csv(columns, rows), media_type="text/csv", headers=vary)
        case "html":
            return HTMLResponse(
                _html(title, columns, rows, language, more), headers=vary | {"Content-Security-Policy": _POLICY}
            )
        case "json":
            items = [dict(zip(columns, map(_json, row), strict=True)) for row in rows]
            return JSONResponse({"items": items}, headers=vary)
        case _:
            raise Problem(HTTPStatus.BAD_REQUEST, "format is one of json, csv, html")


def _accepted(accept: str) -> str:
    """What the caller likes best of what we have (RFC 9110 §12.5.1); JSON where it likes something else as well."""
    liked = [_weigh(each) for each in accept.split(",")]
    best, form = max(((quality, _MEDIA[media]) for media, quality in liked if media in _MEDIA), default=(0.0, "json"))
    any_other = max((quality for media, quality in liked if media in {"*/*", "application/*"}), default=0.0)
    return form if best > 0 and best >= any_other else "json"


def _weigh(part: str) -> tuple[str, float]:
    media, *parameters = [piece.strip().lower() for piece in part.split(";")]
    quality = next((text[2:] for text in parameters if text.startswith("q=")), "1")
    try:
        return media, float(quality)
    except ValueError:
        return media, 0.0


def _json(cell: Cell) -> object:
    return cell.isoformat() if isinstance(cell, date) else cell


def _text(cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, date):
        return cell.isoformat()
    return str(cell) if isinstance(cell, str | int | float) else "; ".join(cell)


def _csv(columns: Sequence[str], rows: Sequence[Sequence[Cell]]) -> str:
    """RFC 4180; a text that a spreadsheet would take for a formula is marked as text."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(columns)
    writer.writerows([_inert(cell) for cell in row] for row in rows)
    return out.getvalue()


def _inert(cell: Cell) -> str:
    if isinstance(cell, bool):  # as in JSON: programs read it too
        return str(cell).lower()
    text = _text(cell)
    is_number = isinstance(cell, int | float)
    return f"'{text}" if not is_number and text.lstrip(" ").startswith(_FORMULA) else text


def _html(
    title: str, columns: Sequence[str], rows: Sequence[Sequence[Cell]], language: str, more: tuple[str, str] | None
) -> str:
    head = "".join(f'<th scope="col">{escape(column.replace("_", " "))}</th>' for column in columns)
    body = "\n".join(f"<tr>{_row(row)}</tr>" for row in rows)
    after = f'<p><a rel="next" href="{escape(more[1])}">{escape(more[0])}</a></p>' if more else ""
    return f"""<!doctype html>
<html lang="{language}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(title)}</title><style>{_STYLE}</style></head>
<body><main><table><caption>{escape(title)}</caption>
<thead><tr>{head}</tr></thead><tbody>
{body}
</tbody></table>{after}</main></body></html>
"""


def _row(row: Sequence[Cell]) -> str:
    first, *others = [escape(_text(cell)) for cell in row]
    return f'<th scope="row">{first}</th>' + "".join(f"<td>{text}</td>" for text in others)
