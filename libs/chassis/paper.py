"""Paper: A4 pages with numbers, facts and tables whose texts wrap, however long. It knows nothing of what they say."""

import unicodedata
from collections.abc import Callable, Container, Iterator, Sequence
from importlib.resources import as_file, files
from itertools import zip_longest
from textwrap import wrap
from typing import Final

from fpdf import FPDF
from fpdf.fonts import FontFace, TTFFont

_MARGIN: Final = 18.0
_LINE: Final = 3.6
_ROW_LINES: Final = 30
"""A row that needs more lines is told in several, since a row stands on one page."""
_MM_PER_LETTER: Final = 1.25
"""Of the table's letters, no more of which fit in a line than this says; capitals are wider."""
_FONT: Final = "fira"
_FILES: Final = {"": "FiraSans-Regular.ttf", "B": "FiraSans-Bold.ttf"}


def _in_english(number: str, pages: str) -> str:
    return f"page {number} of {pages}"


class Paper(FPDF):
    """Pages that each say which paper they are of, and in its language which page of how many; lengths are in mm."""

    def __init__(self, footer: str, numbered: Callable[[str, str], str] = _in_english) -> None:
        super().__init__(format="A4")
        self._footer = footer
        self._numbered = numbered
        for style, name in _FILES.items():
            with as_file(files("fontpkg_fira_sans") / "files" / name) as file:
                self.add_font(_FONT, style, file)
        self.set_margin(_MARGIN)
        self.set_auto_page_break(auto=True, margin=_MARGIN + 4)
        self.set_line_width(0.1)
        self.add_page()

    def footer(self) -> None:
        """What the paper is, and the number of the page."""
        self.set_y(-_MARGIN)
        self.set_font(_FONT, size=7)
        self.cell(self.epw / 2, 4, text=self._printable(self._footer))
        self.cell(self.epw / 2, 4, text=self._printable(self._numbered(str(self.page_no()), "{nb}")), align="R")

    def line_of(self, text: str, *, size: float = 9, bold: bool = False, after: float = 1.5) -> None:
        """A paragraph."""
        self.set_font(_FONT, style="B" if bold else "", size=size)
        self.multi_cell(0, size * 0.48, text=self._printable(text), align="L", new_x="LMARGIN", new_y="NEXT")
        self.ln(after)

    def heading(self, text: str, *, room: float = 30) -> None:
        """The title of what follows, which stays on its page with that much of it."""
        if self.will_page_break(room):
            self.add_page()
        self.ln(3)
        self.line_of(text, size=11, bold=True)

    def facts(self, said: Sequence[tuple[str, str]]) -> None:
        """Names, each with its value beside it."""
        self.set_font(_FONT, size=9)
        with self.table(
            col_widths=(32, 142),
            text_align="LEFT",
            v_align="TOP",
            line_height=4.4,
            borders_layout="NONE",
            first_row_as_headings=False,
        ) as table:
            for name, value in said:
                row = table.row()
                row.cell(self._printable(name), style=FontFace(emphasis="BOLD"))
                row.cell(self._printable(value))

    def grid(self, columns: Sequence[tuple[str, float]], rows: Sequence[Sequence[str]]) -> None:
        """A table; its headings, each with its column's width, stand again on each page."""
        self.set_font(_FONT, size=7.5)
        widths = [width for _, width in columns]
        with self.table(
            col_widths=tuple(widths),
            text_align="LEFT",
            v_align="TOP",
            line_height=_LINE,
            padding=(0.8, 1),
            borders_layout="HORIZONTAL_LINES",
            headings_style=FontFace(emphasis="BOLD", fill_color=(232, 236, 240)),
        ) as table:
            table.row([name for name, _ in columns])
            for row in rows:
                for part in _parts([self._printable(text) for text in row], widths):
                    table.row(part)

    def _printable(self, text: str) -> str:
        """The text in the letters that the font has; of any other its plain one (NFKD), or a question mark."""
        font = self.fonts[_FONT]
        known = font.cmap if isinstance(font, TTFFont) else ()
        return "".join(letter if ord(letter) in known or letter.isspace() else _plain(letter, known) for letter in text)


def _plain(letter: str, known: Container[int]) -> str:
    return "".join(each for each in unicodedata.normalize("NFKD", letter) if ord(each) in known) or "?"


def _parts(row: Sequence[str], widths: Sequence[float]) -> Iterator[Sequence[str]]:
    """The row, or as many as its longest text needs."""
    cells = [
        wrap(text, int(width / _MM_PER_LETTER) * _ROW_LINES) or [""] for text, width in zip(row, widths, strict=True)
    ]
    return zip_longest(*cells, fillvalue="")
