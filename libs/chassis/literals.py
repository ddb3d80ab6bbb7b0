"""Values as literals of SQL, for the statements that share a round trip with BEGIN or COMMIT.

Only those go without parameters. Text and bytes are spelt as hexadecimal digits, so nothing in them means anything.
"""

from collections.abc import Iterable
from datetime import datetime


def binary(value: bytes | None) -> str:
    """A bytea."""
    return "NULL" if value is None else f"'\\x{value.hex()}'"


def text(value: str) -> str:
    """A text."""
    return f"convert_from('\\x{value.encode().hex()}', 'UTF8')"


def texts(values: Iterable[str]) -> str:
    """A text[] as the text that PostgreSQL casts to one: how rows of a set have lists of their own lengths."""
    return "{" + ",".join([f'"{_escaped(value)}"' for value in values]) + "}"


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"') if "\\" in value or '"' in value else value


def instant(at: datetime) -> str:
    """A timestamptz."""
    return f"'{at.isoformat()}'"
