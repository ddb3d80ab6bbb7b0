"""A certificate of deletion: what it claims, and that nobody can change what it claims (TER-6)."""

import inspect
import json
import re
from datetime import UTC, date, datetime
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pypdf import PdfReader
from typer.testing import CliRunner, Result

from agreement import default_path
from agreement.book import Book
from chassis.access import KeyUnusable, make_key
from contracts.choice import Choice
from contracts.client import Language
from contracts.ordering import Method
from dutiful.cli import app
from retention import planning
from retention.certificates import Line, Record, certificate_of, is_due, is_over
from retention.printing import pdf_of
from retention.signing import NotVerified, Signer, verify
from retention.terminations import State
from retention.texts import Texts, load

AGREEMENT = Book.read(default_path()).latest
ENGLISH = Texts(Language.ENGLISH, AGREEMENT.zone)
AT = datetime(2027, 2, 1, tzinfo=UTC)
CONFIRMED = {"started_at": "2027-02-01T00:00:00Z", "finished_at": "2027-02-01T00:01:00Z", "count": 3}
EVIDENCE = CONFIRMED | {"method": "purge", "confirmed_by": "executor", "unreached": []}


def line(state: State, *, confirmed: bool = False, unreached: tuple[str, ...] = ()) -> Line:
    """A line of a plan."""
    evidence = [EVIDENCE | {"unreached": list(unreached)}] if confirmed else []
    return Line(
        category="faxes",
        holder_id="db",
        holder="Base de données à Łódź — №1, Сервер",
        kind="internal",
        state=state,
        delete_on=date(2027, 12, 31),
        because=("a law",),
        coded=("forbidden?hold=l34-1-communications&day=2027-12-31",),
        held_by=("l34-1-communications",),
        evidence=evidence,
        checked_at=AT if state is State.DONE else None,
        reopened=0,
        ordered_at=AT,
        reminders=0,
        failure=None,
    )


def record(*lines: Line, without_holder: tuple[str, ...] = ()) -> Record:
    """A termination."""
    return Record(
        client_id="acme",
        client="Acme",
        terminated_on=date(2026, 12, 31),
        choice=Choice.DELETION,
        chosen_on=None,
        made_by=None,
        lines=lines,
        returned=(),
        holds=(),
        without_holder=without_holder,
    )


LINES = st.builds(
    line,
    st.sampled_from(State),
    confirmed=st.booleans(),
    unreached=st.lists(st.sampled_from(["backup", "tape"]), max_size=1).map(tuple),
)


@given(st.lists(LINES, max_size=5), st.sampled_from([(), ("faxes",)]))
def test_it_never_claims_more_than_was_confirmed(lines: list[Line], missing: tuple[str, ...]) -> None:
    """TER-6: complete only if each line is done and nothing is unreached; each claim rests on a confirmation."""
    said = certificate_of(AGREEMENT, record(*lines, without_holder=missing))
    reached = all(not each["unreached"] for line in lines for each in line.evidence)
    assert said["complete"] == (all(line.state is State.DONE for line in lines) and reached and not missing)
    deleted = said["deleted"]
    assert isinstance(deleted, list)
    assert sum(len(each["confirmations"]) for each in deleted) == sum(len(line.evidence) for line in lines)
    assert is_over(record(*lines)) == all(line.state is State.DONE for line in lines)


@pytest.mark.parametrize(
    ("states", "escalated", "due"),
    [
        ((State.DONE, State.WAITING), frozenset(), True),
        ((State.DONE, State.ORDERED), frozenset(), False),
        ((State.CONFIRMED,), frozenset(), False),
        ((State.ORDERED,), frozenset({("faxes", "db")}), True),
        ((), frozenset(), False),
    ],
)
def test_when_it_is_made(states: tuple[State, ...], escalated: frozenset[tuple[str, str]], due: bool) -> None:  # noqa: FBT001 - an example's value
    """TER-6: when nothing runs any more but what holders were reminded of in vain."""
    assert is_due(record(*map(line, states)), escalated) == due


@pytest.fixture
def signer(tmp_path: Path) -> Signer:
    """A signer with a key of its own."""
    path = tmp_path / "key.pem"
    make_key(path)
    return Signer(path)


@pytest.fixture
def document(signer: Signer) -> str:
    """A signed certificate."""
    facts = certificate_of(AGREEMENT, record(line(State.DONE, confirmed=True), line(State.WAITING)))
    return signer.sign({"certificate_id": "c1", "made_at": AT.isoformat(), **facts})


def test_it_verifies_with_the_public_key_alone(signer: Signer, document: str) -> None:
    """Whatever the spaces and the order of its names, as long as it says the same."""
    said = verify(document.encode(), signer.public_pem.encode())
    assert said["certificate_id"] == "c1"
    shuffled = json.dumps(dict(reversed(json.loads(document).items())))
    assert verify(shuffled.encode(), signer.public_pem.encode()) == said


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ('"count": 3', '"count": 4', "changed"),
        ('"complete": false', '"complete": true', "changed"),
        ('"certificate_id": "c1"', '"certificate_id": "c1", "certificate_id": "c2"', "twice"),
        ("dutiful-certificate/1", "dutiful-certificate/2", "format"),
        ('"algorithm": "Ed25519"', '"algorithm": "none"', "Ed25519"),
        ('"value": "', '"value": "é', "changed"),
        ('"certificate":', '"certificat":', "needs"),
        ("{", "[", "no JSON"),
    ],
)
def test_what_was_changed_does_not_verify(signer: Signer, document: str, old: str, new: str, reason: str) -> None:
    """A number, a claim, a name that stands twice, another format: each is refused with the reason."""
    assert old in document
    with pytest.raises(NotVerified, match=reason):
        verify(document.replace(old, new, 1).encode(), signer.public_pem.encode())


def test_another_key(document: str, tmp_path: Path) -> None:
    """A certificate of somebody else's key is told from one that was changed."""
    make_key(tmp_path / "other.pem")
    with pytest.raises(NotVerified, match="signed with the key"):
        verify(document.encode(), Signer(tmp_path / "other.pem").public_pem.encode())
    with pytest.raises(NotVerified, match="no public key"):
        verify(document.encode(), b"nothing")


def test_a_key_that_others_may_read(tmp_path: Path) -> None:
    """It is refused."""
    path = tmp_path / "open.pem"
    make_key(path)
    path.chmod(0o644)
    with pytest.raises(KeyUnusable, match="chmod 600"):
        Signer(path)


def pages_of(pdf: bytes) -> list[str]:
    """The words of each page."""
    return [" ".join(page.extract_text().split()) for page in PdfReader(BytesIO(pdf)).pages]


def test_on_paper(document: str) -> None:
    """The PDF says all of it in words, whatever alphabet of Europe they are in, and holds the signed JSON."""
    pdf = pdf_of(document, ENGLISH)
    assert b"certificate.json" in pdf
    [page] = pages_of(pdf)
    assert "Base de données à Łódź — №1, Сервер" in page
    for said in (
        "Acme (acme)",
        "BJT Partners",
        "Not complete",
        "2027-02-01 01:01 CET",
        "by the agreement, since the client made no choice",
        "l34-1-communications",
        "a law",
    ):
        assert said in page
    assert "Ed25519" in page
    assert "page 1 of 1" in page


def test_on_paper_in_french(document: str) -> None:
    """§15: labels, codes, dates, categories and reasons are in the client's language; what has no words stays."""
    [page] = pages_of(pdf_of(document, Texts(Language.FRENCH, AGREEMENT.zone)))
    for said in (
        "Attestation de suppression c1",
        "Incomplète",
        "31/12/2026",
        "01/02/2027 01:01 CET",
        "suppression, selon l'accord",
        "l34-1-communications interdit de le supprimer avant le 31/12/2027",
        "second contrôle",
        "page 1 sur 1",
    ):
        assert said in page
    assert "Not complete" not in page
    assert "a law" not in page


def test_every_language_has_every_word() -> None:
    """Every label, column and code; French has a sentence for each reason that a plan gives."""
    english, french = load(Language.ENGLISH), load(Language.FRENCH)
    assert english.labels.keys() == french.labels.keys()
    assert english.columns.keys() == french.columns.keys()
    assert english.words.keys() <= french.words.keys()
    assert {*Method, *Choice} <= french.words.keys()
    source = inspect.getsource(planning)
    codes = set(re.findall(r'why\(\s*"(\w+)"', source)) | set(re.findall(r'code, text = "(\w+)"', source))
    assert codes | {"since_exchange"} == french.reasons.keys()


@pytest.mark.parametrize(("said", "coded"), [(("a", "b"), ("begins?day=2027-01-01",)), (("a",), ("new_reason",))])
def test_reasons_without_words(said: tuple[str, ...], coded: tuple[str, ...]) -> None:
    """They are said as the certificate says them, rather than in half."""
    assert Texts(Language.FRENCH, AGREEMENT.zone).reasons(said, coded) == "; ".join(said)


def test_long_texts_on_paper(signer: Signer) -> None:
    """However long a text is, nothing of it is lost, and each page says which of how many it is."""
    words = [f"tape-{number}" for number in range(1400)]
    facts = certificate_of(AGREEMENT, record(line(State.DONE, confirmed=True, unreached=(" ".join(words),))))
    pages = pages_of(pdf_of(signer.sign({"certificate_id": "c1", "made_at": AT.isoformat(), **facts}), ENGLISH))
    assert len(pages) > 1
    assert [each for each in " ".join(pages).split() if each.startswith("tape-")] == words
    assert [f"page {number} of {len(pages)}" in page for number, page in enumerate(pages, 1)] == [True] * len(pages)


def run(*arguments: object) -> Result:
    """Run `dutiful certificate`."""
    return CliRunner().invoke(app, ["certificate", *map(str, arguments)], env={"COLUMNS": "200"})


def test_the_command_verifies_offline(signer: Signer, document: str, tmp_path: Path) -> None:
    """0 and what it says, or 1 and why not; the key comes from `dutiful certificate key`."""
    file, key = tmp_path / "certificate.json", tmp_path / "key.pub"
    file.write_text(document)
    printed = run("key", "--key", tmp_path / "key.pem")
    assert printed.stdout == signer.public_pem
    key.write_text(printed.stdout)
    result = run("verify", file, "--key", key)
    assert result.exit_code == 0
    assert "verified" in result.stdout
    assert "not complete" in result.stdout
    file.write_text(document.replace('"count": 3', '"count": 30'))
    result = run("verify", file, "--key", key)
    assert result.exit_code == 1
    assert "not verified" in result.stderr
