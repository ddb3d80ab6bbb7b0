"""Sentences as codes, for words in another language."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.coded import decode, encode


@given(st.from_regex(r"[a-z_]+", fullmatch=True), st.dictionaries(st.from_regex(r"[a-z_]+", fullmatch=True), st.text()))
def test_what_is_encoded_is_read_back(code: str, names: dict[str, str]) -> None:
    """Whatever a name stands for, on one printable line of ASCII."""
    coded = encode(code, names)
    assert decode(coded) == (code, names)
    assert coded.isascii()
    assert coded.isprintable()


@pytest.mark.parametrize(
    ("coded", "read"), [("", ("", {})), ("?", ("", {})), ("late", ("late", {})), ("late?x", ("late", {"x": ""}))]
)
def test_what_is_no_code_names_nothing(coded: str, read: tuple[str, dict[str, str]]) -> None:
    """Reading never fails: whoever has no words for it says the sentence."""
    assert decode(coded) == read
