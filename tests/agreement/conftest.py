"""The shipped agreement, and files that differ from it in one place."""

from collections.abc import Callable
from pathlib import Path

import pytest

from agreement.loading import SHIPPED, load
from agreement.schema import Agreement

ROOT = Path(__file__).parents[2]

Edit = Callable[..., Path]
"""Writes the shipped file with pairs of (old, new) texts replaced, and gives its path."""


@pytest.fixture(scope="session")
def quicktalk() -> Agreement:
    """The shipped agreement."""
    return load(ROOT / SHIPPED)


@pytest.fixture
def edited(tmp_path: Path) -> Edit:
    """The shipped file with some texts replaced; each must be there."""

    def edit(*pairs: tuple[str, str]) -> Path:
        text = (ROOT / SHIPPED).read_text(encoding="utf-8")
        for old, new in pairs:
            assert old in text, f"{old!r} is not in the shipped file"
            text = text.replace(old, new, 1)
        path = tmp_path / "edited.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return edit
