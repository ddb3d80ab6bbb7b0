"""A certificate on paper: the same in words, with the signed JSON attached. A pure function of the document."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final, cast

from fpdf import FPDF
from pydantic_core import from_json

Json = Mapping[str, object]
_ATTACHED: Final = "certificate.json"
_NOTE: Final = (
    "This page repeats the attached certificate.json, which is the certificate: it is signed with Ed25519, and "
    "'dutiful certificate verify' checks it with the public key alone. What this font lacks shows as ?."
)


def pdf_of(document: str) -> bytes:
    """The PDF of a signed certificate."""
    read = from_json(document)
    said, signature = read["certificate"], read["signature"]
    pdf = FPDF(format="A4")
    pdf.set_margin(18)
    pdf.set_creation_date(datetime.fromisoformat(said["made_at"]))
    pdf.set_title(f"Certificate of deletion {said['certificate_id']}")
    pdf.add_page()
    _head(pdf, said)
    for title, columns, rows in _tables(said):
        _table(pdf, title, columns, rows)
    _line(pdf, f"Signature ({signature['algorithm']}, key {signature['key_id']}): {signature['value']}", size=8)
    _line(pdf, _NOTE, size=8)
    pdf.embed_file(basename=_ATTACHED, bytes=document.encode(), mime_type="application/json")
    return bytes(pdf.output())


def _head(pdf: FPDF, said: Json) -> None:
    processor, client, agreement = (cast("Json", said[name]) for name in ("processor", "client", "agreement"))
    choice = cast("Json", said["choice"])
    _line(pdf, "Certificate of deletion", size=18, style="B")
    _line(pdf, f"{processor['name']}, {processor['registered_as']}, {processor['postal_address']}")
    _line(pdf, f"for {client['name']} ({client['client_id']})")
    _line(
        pdf,
        f"The contract ended on {said['terminated_on']}. Clause {said['clause']} of the agreement {agreement['id']}, "
        f"version {agreement['version']}; choice: {choice['choice']}, by {choice.get('by', 'nobody yet')}.",
    )
    extent = (
        "everything listed is deleted" if said["complete"] else "NOT everything: see what is held and not confirmed"
    )
    _line(pdf, f"Made at {said['made_at']}, number {said['certificate_id']}: {extent}.", style="B")


def _tables(said: Json) -> list[tuple[str, tuple[str, ...], list[tuple[str, ...]]]]:
    def rows(name: str) -> list[Json]:
        return cast("list[Json]", said[name])

    return [
        (
            "Deleted",
            ("category", "holder", "records", "method", "finished at", "confirmed by", "second look"),
            [_deleted(line, each) for line in rows("deleted") for each in cast("list[Json]", line["confirmations"])],
        ),
        (
            "Held",
            ("category", "holder", "until", "held by"),
            [(*_of(each, "category", "holder", "until"), _holds(each)) for each in rows("held")],
        ),
        (
            "Not confirmed",
            ("category", "holder", "what", "reminders", "failure"),
            [_of(each, "category", "holder", "what", "reminders", "failure") for each in rows("not_confirmed")],
        ),
        (
            "Not reached",
            ("category", "holder", "what"),
            [_of(each, "category", "holder", "what") for each in rows("not_reached")],
        ),
        (
            "No own system declared for",
            ("category",),
            [(str(each),) for each in cast("list[str]", said["no_holder_declared"])],
        ),
        (
            "Returned",
            ("holder", "SHA-256 of the package", "downloaded at", "acknowledged at"),
            [_of(each, "holder", "package_sha256", "downloaded_at", "acknowledged_at") for each in rows("returned")],
        ),
    ]


def _deleted(line: Json, each: Json) -> tuple[str, ...]:
    look = line["second_look"]
    seen = "nothing left" if look else "none"
    return (
        *_of(line, "category", "holder_name"),
        *_of(each, "count", "method", "finished_at", "confirmed_by"),
        seen,
    )


def _holds(line: Json) -> str:
    found = [f"{each['hold']} ({each['legal_basis']})" for each in cast("list[Json]", line["held_by"])]
    return "; ".join(found) or "; ".join(cast("list[str]", line["because"]))


def _of(row: Json, *names: str) -> tuple[str, ...]:
    return tuple("" if row[name] is None else str(row[name]) for name in names)


def _table(pdf: FPDF, title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    if not rows:
        return
    _line(pdf, title, size=12, style="B")
    pdf.set_font("Helvetica", size=7)
    with pdf.table(text_align="LEFT") as table:
        for row in (columns, *rows):
            table.row([_printable(cell) for cell in row])
    pdf.ln(4)


def _line(pdf: FPDF, text: str, *, size: int = 10, style: str = "") -> None:
    pdf.set_font("Helvetica", style="B" if style else "", size=size)
    pdf.multi_cell(0, text=_printable(text), new_x="LMARGIN", new_y="NEXT")
    pdf.ln(1)


def _printable(text: str) -> str:
    """The text in the characters that PDF's own fonts have; no font comes with the package."""
    return text.encode("latin-1", "replace").decode("latin-1")
