"""`dutiful question`, `audit`, `assistance`, `dispute`, asked of a service that a test plays: what a person reads."""

from pathlib import Path

import pytest
from tests.retention.test_retention_commands import run, service

MATTER = {"client_id": "acme", "matter_id": "m-1", "status": "open", "is_over": False, "overdue": False, "due_on": None}
DOCUMENT = {"name": "policy.pdf", "bytes": 120, "sha256": "ab" * 32}
RECORDS: dict[str, dict[str, object]] = {
    "question": {
        "asked": {"items": ["Who has access?", "Where are \x1b[31mbackups?"]},
        "answers": {"1": {"text": "Six people.", "said_by": "olga"}},
        "documents": [DOCUMENT],
        "insufficient": "No proof.",
    },
    "audit": {
        "request": {"proposed_on": "2027-03-15", "text": "We must see."},
        "held_on": "2027-03-15",
        "findings": [
            {"found": {"finding_id": "f1", "text": "No owner.", "due_on": "2027-04-01"}},
            {"found": {"finding_id": "f2", "text": "Old keys."}, "mended": {"remedy": "New keys."}},
        ],
    },
    "assistance": {
        "request": {"kind": "dpia", "text": "Help us."},
        "quote": {"quote_id": "x", "costs": {"amount": "900.00", "currency": "EUR"}, "text": "A day"},
        "accepted": False,
        "given": [{"text": "Here.", "said_by": "olga", "documents": [DOCUMENT]}],
    },
    "dispute": {
        "notified": {"side": "client", "registered_mail": "1A", "received_on": "2026-11-20", "text": "Costs."},
        "met": {"met_on": "2026-11-23", "text": "In Montrouge."},
        "settled": {"signed_on": "2026-11-26", "agreement": DOCUMENT},
    },
}
SAID = {
    "question": ("1. Who has access?", "Six people. (olga)", "not answered yet", "policy.pdf", "not enough: No proof."),
    "audit": ("f1: No owner. (open, to be mended by 2027-04-01)", "f2: Old keys. (mended: New keys.)", "held on"),
    "assistance": ("dpia: Help us.", "900.00 EUR, A day (declined)", "given: Here. (olga)"),
    "dispute": ("registered letter 1A", "met on 2026-11-23", "settlement signed on 2026-11-26", "policy.pdf"),
}


@pytest.mark.parametrize("kind", RECORDS)
def test_what_was_asked_and_answered_is_shown(kind: str) -> None:
    """§7, §10, §14: whoever is to answer reads what was asked; what a stranger wrote moves no cursor."""
    with service(200, MATTER | {"kind": kind, "record": RECORDS[kind]}) as (url, _):
        shown = run(kind, "show", "acme", "m-1", "--assurance", url).stdout
    assert all(words in shown for words in SAID[kind]), shown
    assert "\x1b" not in shown


@pytest.mark.parametrize(
    ("kind", "path"), [("question", "questions"), ("assistance", "assistance"), ("dispute", "disputes")]
)
def test_all_of_a_kind_are_listed(kind: str, path: str) -> None:
    """§7, §10, §14: of all clients or of one, with their last days; ids whole on a narrow terminal."""
    line = MATTER | {"matter_id": "0123456789" * 5, "due_on": "2026-12-22"}
    with service(200, {"items": [line]}) as (url, asked):
        shown = run(kind, "list", "--client", "acme", "--open", "--assurance", url).stdout
    assert asked == [(f"/matters/{path}?client=acme&open=true", None)]
    assert "2026-12-22" in shown
    assert "0123456789" * 5 in "".join(shown.split())


def test_an_empty_list_of_measures_is_told_as_it_is(tmp_path: Path) -> None:
    """SEC-1: a version without measures is refused as empty, and not as if the field were missing."""
    file = tmp_path / "measures.json"
    file.write_text('{"measures": [], "reason": "none"}')
    with service(422, {"detail": "measures: must not be empty"}) as (url, asked):
        ended = run("measures", "propose", "quicktalk", "v2", "--file", str(file), "--assurance", url)
    assert ended.exit_code == 1
    assert asked == [("/agreements/quicktalk/measures/v2", {"measures": [], "reason": "none"})]


def test_evidence_is_written_to_a_file(tmp_path: Path) -> None:
    """DIS-1: the bytes as they come."""
    out = tmp_path / "d1.pdf"
    with service(200, "paper") as (url, asked):
        run("dispute", "evidence", "acme", "d1", "--out", str(out), "--assurance", url)
    assert asked == [("/clients/acme/disputes/d1/evidence", None)]
    assert out.read_bytes() == b'"paper"'
