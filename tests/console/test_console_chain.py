"""The chain, and whoever verifies it: no change of an export goes unseen (EVI-1)."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.desk import shipped
from typer.testing import CliRunner

from chassis.access import make_key
from chassis.signing import Signer
from console import exporting
from console.linking import Head, link, spell
from console.verifying import NotProven, prove_prefix, verify
from contracts.canonical import canonical
from dutiful.cli import app

AT = datetime(2026, 11, 24, 9, tzinfo=UTC)
Lines = list[bytes]
Fact = dict[str, object]
texts = st.text(st.characters(codec="utf-8"), max_size=8)
facts = st.lists(st.dictionaries(texts.filter(lambda text: max(text, default="") < "\U00010000"), texts, max_size=3))


@pytest.fixture(scope="module")
def signer(tmp_path_factory: pytest.TempPathFactory) -> Signer:
    """A key of its own."""
    path = tmp_path_factory.mktemp("keys") / "key.pem"
    make_key(path)
    return Signer(path)


def exported(signer: Signer, everybody: list[Fact], own: list[Fact], at: datetime = AT) -> Lines:
    """An export as the service writes it, of these facts."""
    first = exporting.header("acme", shipped(), signer.key_id, AT, at)
    heads, lines = {}, [canonical(first)]
    for chain, those in (("all", everybody), ("client/acme", own)):
        head = Head()
        for fact in those:
            head, body = link(chain, head, None, spell({"data": fact, "event": {"type": "client.signed"}}))
            lines.append(f'{{"entry":{body},"hash":"{head.hash}"}}'.encode())
        if head.seq:
            heads[chain] = head
    return [*lines, canonical(exporting.footer(signer, first, heads))]


@settings(deadline=None, max_examples=60)
@given(everybody=facts, own=facts)
def test_what_was_exported_is_proven(signer: Signer, everybody: list[Fact], own: list[Fact]) -> None:
    """Every export of every history verifies, and counts what it holds."""
    proven = verify(exported(signer, everybody, own), signer.public_pem.encode())
    assert proven.entries == len(everybody) + len(own)


@settings(deadline=None, max_examples=60)
@given(data=st.data(), everybody=facts, own=facts.filter(bool))
def test_any_change_of_any_line_is_found(
    signer: Signer, data: st.DataObject, everybody: list[Fact], own: list[Fact]
) -> None:
    """A line changed, left out, doubled, moved or put in: never proven."""
    lines = exported(signer, everybody, own)
    place = data.draw(st.integers(0, len(lines) - 1))
    line = lines[place]
    position = data.draw(st.integers(0, len(line) - 1))
    changes: list[Callable[[], Lines]] = [
        lambda: [
            *lines[:place],
            line[:position] + bytes([line[position] ^ 1]) + line[position + 1 :],
            *lines[place + 1 :],
        ],
        lambda: [*lines[:place], *lines[place + 1 :]],
        lambda: [*lines[:place], line, line, *lines[place + 1 :]],
        lambda: [*lines[:place], *reversed(lines[place : place + 2]), *lines[place + 2 :]],
    ]
    changed = data.draw(st.sampled_from(changes))()
    if changed != lines and list(map(_parsed, changed)) != list(map(_parsed, lines)):
        with pytest.raises(NotProven):
            verify(changed, signer.public_pem.encode())


@settings(deadline=None, max_examples=60)
@given(own=facts.filter(bool), data=st.data())
def test_whoever_hashes_anew_lacks_the_key(signer: Signer, own: list[Fact], data: st.DataObject) -> None:
    """An entry that is rewritten with all hashes after it is another chain than the one that was signed."""
    place = data.draw(st.integers(0, len(own) - 1))
    other = [*own[:place], {**own[place], "forged": "yes"}, *own[place + 1 :]]
    forged = [*exported(signer, [], other)[:-1], exported(signer, [], own)[-1]]
    with pytest.raises(NotProven, match="its last entry is not the one that was signed"):
        verify(forged, signer.public_pem.encode())


@settings(deadline=None, max_examples=60)
@given(own=facts.filter(lambda those: len(those) > 1), data=st.data())
def test_an_older_export_shows_what_was_rewritten_since(signer: Signer, own: list[Fact], data: st.DataObject) -> None:
    """Even with the key: who holds an older export sees that history is another one."""
    key = signer.public_pem.encode()
    kept = data.draw(st.integers(1, len(own)))
    older, newer = verify(exported(signer, [], own[:kept]), key), verify(exported(signer, [], own), key)
    prove_prefix(older, newer)
    place = data.draw(st.integers(0, kept - 1))
    rewritten = [*own[:place], {**own[place], "forged": "yes"}, *own[place + 1 :]]
    with pytest.raises(NotProven, match=f"entry {place + 1} of client/acme .* rewritten"):
        prove_prefix(older, verify(exported(signer, [], rewritten), key))


def test_what_is_wrong_is_said_with_its_place(signer: Signer) -> None:
    """Whoever reads the answer knows which entry to look at."""
    key = signer.public_pem.encode()
    lines = exported(signer, [{"n": "1"}], [{"n": str(number)} for number in range(5)])
    edited = [*lines[:4], lines[4].replace(b'"n":"2"', b'"n":"9"'), *lines[5:]]
    with pytest.raises(NotProven, match=r"line 5: entry 3 of client/acme \(client.signed\): its content"):
        verify(edited, key)
    with pytest.raises(NotProven, match="entry 4 of client/acme stands where entry 3 must be: some are missing"):
        verify([*lines[:4], *lines[5:]], key)
    with pytest.raises(NotProven, match="its end is missing"):
        verify(lines[:-1], key)
    with pytest.raises(NotProven, match="client/acme: 5 entries were signed, and the file holds 4"):
        verify([*lines[:-2], lines[-1]], key)
    with pytest.raises(NotProven, match="no exported record"):
        verify([b"{}"], key)
    with pytest.raises(NotProven, match="empty"):
        verify([], key)
    with pytest.raises(NotProven, match="name stands twice"):
        verify([lines[0], lines[1][:-1] + b',"hash":"0"}', *lines[2:]], key)


def test_the_command_says_what_is_proven_and_what_is_not(signer: Signer, tmp_path: Path) -> None:
    """`dutiful evidence verify`: 0 and words, or 1 and the place."""
    key, older, newer, edited = (tmp_path / name for name in ("key.pub", "older", "newer", "edited"))
    key.write_text(signer.public_pem)
    own: list[Fact] = [{"n": str(number)} for number in range(3)]
    older.write_bytes(b"\n".join(exported(signer, [], own[:2])))
    lines = exported(signer, [], own)
    newer.write_bytes(b"\n".join(lines))
    edited.write_bytes(b"\n".join([lines[0], lines[1].replace(b'"n":"0"', b'"n":"7"'), *lines[2:]]))
    said = CliRunner().invoke(app, ["evidence", "verify", str(newer), "--key", str(key), "--since", str(older)])
    assert said.exit_code == 0, said.output
    assert "3 entries (all 0, client/acme 3)" in said.output
    assert "nothing in there was rewritten" in said.output
    assert "not proven" in said.output
    said = CliRunner().invoke(app, ["evidence", "verify", str(edited), "--key", str(key)])
    assert said.exit_code == 1
    assert "line 2: entry 1 of client/acme" in said.output


def _parsed(line: bytes) -> object:
    """What a line says, however it is spelt; hexadecimal and base64 have one spelling that counts."""
    try:
        return json.loads(line)
    except ValueError:
        return line
