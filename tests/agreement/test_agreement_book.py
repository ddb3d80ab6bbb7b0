"""A book of versions: each client's by its name."""

import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from agreement import default_path
from agreement.book import AgreementUnknown, Book, Signed
from agreement.schema import Agreement

Edit = Callable[..., Path]


@pytest.fixture
def second(quicktalk: Agreement) -> Agreement:
    """A later version."""
    return quicktalk.model_copy(update={"version": "2", "version_on": date(2027, 1, 1)})


def test_each_version_by_its_name(quicktalk: Agreement, second: Agreement) -> None:
    """A client gets the version that it signed; the latest is the one of the latest day."""
    book = Book.of_agreements([second, quicktalk])
    assert book.of("quicktalk", "1") is quicktalk
    assert book[Signed("quicktalk", "2")] is second
    assert book.latest is second
    assert book.those([Signed("quicktalk", "1")]) == [quicktalk]
    assert book.those([]) == [second]


def test_unknown_versions_are_named(quicktalk: Agreement) -> None:
    """The error says which there are."""
    with pytest.raises(AgreementUnknown, match=r"'quicktalk' has no version '9' here; there are: quicktalk 1"):
        Book.of_agreements([quicktalk]).of("quicktalk", "9")


def test_books_are_read_from_a_file_or_a_directory(tmp_path: Path, edited: Edit) -> None:
    """One file, or every TOML file of a directory."""
    directory = tmp_path / "agreements"
    directory.mkdir()
    shutil.copy(default_path(), directory / "a.toml")
    shutil.copy(edited(('version = "1"', 'version = "2"')), directory / "b.toml")
    assert set(Book.read(directory).versions) == {Signed("quicktalk", "1"), Signed("quicktalk", "2")}
    assert set(Book.read(directory / "a.toml").versions) == {Signed("quicktalk", "1")}


def test_books_refuse_doubles_and_emptiness(quicktalk: Agreement, tmp_path: Path) -> None:
    """A version in two forms, or no version at all, is a mistake."""
    with pytest.raises(ValueError, match="twice"):
        Book.of_agreements([quicktalk, quicktalk.model_copy(update={"title": "Other"})])
    with pytest.raises(ValueError, match="one agreement at least"):
        Book.read(tmp_path)
