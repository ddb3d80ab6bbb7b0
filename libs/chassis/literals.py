"""Values as literals of SQL, for the statements that share a round trip with BEGIN or COMMIT.

Only those go without parameters. Text and bytes are spelt as hexadecimal digits, so nothing in them means anything.
"""

from datetime import datetime


def binary(value: bytes | None) -> str:
    """A bytea."""
    return "NULL" if value is None else f"'\\x{value.hex()}'"


def text(value: str) -> str:
    """A text."""
    return f"convert_from('\\x{value.encode().hex()}', 'UTF8')"


def instant(at: datetime) -> str:
    """A timestamptz."""
    return f"'{at.isoformat()}'"
