"""`dutiful breach`: a retry is carried out once, and a new act is a new act, though its words are the same."""

import os
from pathlib import Path
from time import time

import pytest
import typer
from typer.testing import CliRunner

from dutiful.acting import NoAnswer, key_of
from dutiful.cli import app

SAID = ["http://breach/incidents/inc-1/closure", {"reason": "Over."}]


def key_after(said: object, end: BaseException | None) -> str:
    """The key under which something was said, which ended so."""
    try:
        with key_of(said) as key:
            if end is not None:
                raise end
    except BaseException as error:  # noqa: BLE001 - it is the one that was raised
        assert error is end  # noqa: PT017 - whichever it was
    return key


@pytest.mark.parametrize("end", [NoAnswer("away"), KeyboardInterrupt(), ValueError("no JSON")])
def test_what_had_no_answer_is_said_again_under_its_key(end: BaseException) -> None:
    """Nobody knows whether it was carried out: the same command again is the same act, until it is answered."""
    first = key_after(SAID, end)
    assert key_after(SAID, end) == first
    assert key_after(SAID, None) == first
    assert key_after(SAID, None) != first


@pytest.mark.parametrize("end", [None, typer.Exit(1)])
def test_what_was_answered_is_a_new_act_the_next_time(end: Exception | None) -> None:
    """After a reopening the same words close it again; a refusal is an answer too."""
    assert key_after(SAID, end) != key_after(SAID, end)


def test_other_words_have_another_key() -> None:
    """What is left without an answer lends its key to nothing else."""
    assert key_after(SAID, NoAnswer("away")) != key_after([SAID[0], {"reason": "Really over."}], NoAnswer("away"))


def test_a_key_is_not_kept_for_ever(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Who says the same two days later means it anew."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    first = key_after(SAID, NoAnswer("away"))
    (kept,) = (path for path in tmp_path.rglob("*") if path.is_file())
    os.utime(kept, (time() - 2 * 86_400,) * 2)
    assert key_after(SAID, NoAnswer("away")) != first


def test_where_nothing_can_be_kept_a_command_works_all_the_same(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A key that can't be written is fresh each time."""
    (tmp_path / "dutiful").write_text("in the way")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    assert key_after(SAID, NoAnswer("away")) != key_after(SAID, NoAnswer("away"))


def test_no_answer_says_that_the_same_again_does_no_harm() -> None:
    """In one sentence, with the option that sets the address."""
    arguments = ["breach", "close", "inc-1", "--reason", "Over.", "--token", "t", "--breach", "http://127.0.0.1:9"]
    result = CliRunner().invoke(app, arguments, env={"COLUMNS": "200"})
    assert result.exit_code == 1
    assert "set --breach" in result.stderr
    assert "carried out once" in result.stderr
