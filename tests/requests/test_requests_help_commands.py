"""`dutiful dsar help`, asked of a service that a test plays."""

import json
from pathlib import Path

import pytest
from tests.retention.test_retention_commands import run, service

HELP: dict[str, object] = {
    "assistance_id": "help-1",
    "standing": "done",
    "reason": None,
    "complete": False,
    "gaps": ["faxes: not deleted since 2025-12-01, which the law keeps"],
    "tasks": [
        {
            "order_id": "task-1",
            "holder_id": "crm",
            "act": "export",
            "state": "confirmed",
            "due_at": "2026-05-01T22:00:00Z",
            "escalated_at": None,
            "failure": None,
            "touched": [{"category": "faxes", "count": 1200}],
            "unreached": ["the archive"],
            "package": {"url": "https://crm.example/packages/task-1", "expires_at": "2026-06-01T22:00:00Z"},
        }
    ],
}
ASKED = {
    "assistance": [
        {
            "assistance_id": "help-1",
            "standing": "quoted",
            "quote": {"quote_id": "quote-1", "amount": "900", "currency": "EUR"},
        }
    ]
}


def test_what_came_of_it_is_shown_whole_and_as_json() -> None:
    """DSR-3: each holder with what it did, where its part can be fetched, and all that was not done."""
    with service(200, HELP) as (url, asked):
        shown = run("dsar", "help", "show", "dsar-1", "help-1", "--client", "acme", "--requests", url)
        data = run("dsar", "help", "show", "dsar-1", "help-1", "--requests", url, "--json")
    for words in (
        "crm",
        "export",
        "faxes: 1,200",
        "https://crm.example/packages/task-1",
        "the archive",
        "the law keeps",
    ):
        assert words in shown.stdout
    assert json.loads(data.stdout) == HELP
    assert [path for path, _ in asked] == [
        "/clients/acme/requests/dsar-1/assistance/help-1/package",
        "/requests/dsar-1/assistance/help-1/package",
    ]


def test_who_it_is_about_is_read_from_a_file(tmp_path: Path) -> None:
    """Nothing of it is typed; a quote is answered by its id."""
    subject = tmp_path / "subject.json"
    known = {"identifiers": [{"kind": "phone", "value": "+331"}], "corrections": {"name": "Ada"}}
    subject.write_text(json.dumps(known))
    words = ["dsar", "help", "ask", "dsar-1", "--client", "acme", "--instruction", "inst-1", "--act", "rectify"]
    with service(201, ASKED) as (url, asked):
        shown = run(*words, "--subject", str(subject), "--requests", url)
        accepted = ["dsar", "help", "accept", "dsar-1", "help-1", "--client", "acme", "--quote", "quote-1"]
        assert run(*accepted, "--requests", url).exit_code == 0
    assert shown.stdout == "help-1: quoted, quote quote-1: 900 EUR\n"
    help_path = "/clients/acme/requests/dsar-1/assistance"
    assert asked == [
        (help_path, {"instruction_id": "inst-1", "acts": ["rectify"]} | known),
        (f"{help_path}/help-1/answer", {"quote_id": "quote-1", "accepted": True}),
    ]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ('{"identifiers": [{"kind": "Phone", "value": "+3361234"}]}', "identifiers.0.kind"),
        ('{"identifier": []}', "identifier: Extra inputs"),
        ("{", "data: Invalid JSON"),
    ],
)
def test_a_wrong_file_is_refused_by_field_and_without_a_value(tmp_path: Path, content: str, said: str) -> None:
    """Before anybody is asked."""
    subject = tmp_path / "subject.json"
    subject.write_text(content)
    words = ["dsar", "help", "ask", "dsar-1", "--client", "acme", "--instruction", "inst-1", "--act", "find"]
    result = run(*words, "--subject", str(subject), "--requests", "http://127.0.0.1:9")
    assert result.exit_code == 2
    assert said in result.stderr.replace("\n", " ")
    assert "3361234" not in result.stderr


def test_what_a_holder_did_is_entered(tmp_path: Path) -> None:
    """By count and category; what is no count is refused."""
    words = ["dsar", "help", "answer", "dsar-1", "task-1", "--confirmed-by", "CRM, by letter"]
    with service(201, HELP) as (url, asked):
        assert run(*words, "--touched", "faxes=3", "--requests", url).exit_code == 0
    body = {"touched": [{"category": "faxes", "count": 3}], "unreached": [], "confirmed_by": "CRM, by letter"}
    assert asked == [("/requests/dsar-1/tasks/task-1/answer", body)]
    refused = run(*words, "--touched", "faxes", "--requests", "http://127.0.0.1:9")
    assert (refused.exit_code, "CATEGORY=COUNT" in refused.stderr) == (2, True)
