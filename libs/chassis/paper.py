"""Documents on paper: lines and tables as PDF, in PDF's own fonts; what these lack shows as ?."""

from collections.abc import Sequence
from datetime import datetime

from fpdf import FPDF


class Paper:
    """One document on A4; the same content at the same `made_at` makes the same bytes."""

    def __init__(self, title: str, made_at: datetime) -> None:
        self._pdf = FPDF(format="A4")
        self._pdf.set_margin(18)
        self._pdf.set_creation_date(made_at)
        self._pdf.set_title(title)
        self._pdf.add_page()

    def line(self, text: str, *, size: int = 10, bold: bool = False) -> None:
        """A paragraph; `size` in points."""
        self._pdf.set_font("Helvetica", style="B" if bold else "", size=size)
        self._pdf.multi_cell(0, text=_printable(text), new_x="LMARGIN", new_y="NEXT")
        self._pdf.ln(1)

    def table(self, title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """A table under its title; nothing where it has no rows."""
        if not rows:
            return
        self.line(title, size=12, bold=True)
        self._pdf.set_font("Helvetica", size=7)
        with self._pdf.table(text_align="LEFT") as table:
            for row in (columns, *rows):
                table.row([_printable(cell) for cell in row])
        self._pdf.ln(4)

    def attach(self, name: str, document: bytes) -> None:
        """A JSON document within the PDF."""
        self._pdf.embed_file(basename=name, bytes=document, mime_type="application/json")

    def made(self) -> bytes:
        """The PDF."""
        return bytes(self._pdf.output())


def _printable(text: str) -> str:
    """The text in the characters that PDF's own fonts have; no font comes with the package."""
    return text.encode("latin-1", "replace").decode("latin-1")
