"""Requests on a terminal."""

import pytest

from dutiful.requests_shown import show_request


def test_what_a_stranger_wrote_moves_no_cursor(capsys: pytest.CaptureFixture[str]) -> None:
    """Hostile words are shown as words: no escape sequence, no markup, no line of their own."""
    show_request(
        {
            "request_id": "dsar-1",
            "kind": "dsar",
            "about": "access",
            "status": "open",
            "client_id": "acme",
            "times": 2,
            "tell_by": "2026-11-26T23:00:00Z",
            "told_at": None,
            "answer_by_unrolled": "2026-12-24",
            "answer_by": "2026-12-24",
            "handler": "operator",
            "requester": {"text": "\x1b[2J\x1b[1;31mgone[/]\nclient: borealis", "reply_to": None},
        }
    )
    said = capsys.readouterr().out
    assert "\x1b" not in said
    assert "[1;31mgone[/] client: borealis" in said
    assert "came 2 times" in said
    assert "nobody who can be reached" in said
