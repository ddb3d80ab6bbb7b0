"""`dutiful retention plan` and `dutiful simulate --terminate`, asked of a service that a test plays."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from typer.testing import CliRunner, Result

from dutiful.cli import app

LINE: dict[str, object] = {
    "category": "faxes",
    "holder_id": "db",
    "action": "hold",
    "delete_on": "2027-12-31",
    "held_by": ["l34-1-communications"],
    "because": ["l34-1-communications forbids to delete it before Fri 2027-12-31"],
}
PLAN = {"lines": [LINE | {"state": "waiting", "deleted": None}], "without_holder": ["transcriptions"]}


@contextmanager
def service(status: int, answer: object) -> Iterator[tuple[str, list[tuple[str, object]]]]:
    """A service that gives one answer, and what it was asked."""
    asked: list[tuple[str, object]] = []

    class Answering(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer(None)

        def do_POST(self) -> None:
            self._answer(json.loads(self.rfile.read(int(self.headers["content-length"]))))

        def _answer(self, body: object) -> None:
            asked.append((self.path, body))
            self.send_response(status)
            self.end_headers()
            self.wfile.write(json.dumps(answer).encode())

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answering)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def run(*arguments: str) -> Result:
    """Run `dutiful` as from a wide terminal."""
    return CliRunner().invoke(app, list(arguments), env={"COLUMNS": "250", "DUTIFUL_TOKEN": "t"})


def test_a_plan_as_a_table_and_as_json() -> None:
    """TER-4: what happens to what, when and why, and what nobody is declared to hold."""
    with service(200, PLAN) as (url, asked):
        table = run("retention", "plan", "acme", "--retention", url)
        data = run("retention", "plan", "acme", "--retention", url, "--json")
    for words in ("faxes", "hold", "2027-12-31", "forbids to delete it", "waiting", "transcriptions"):
        assert words in table.stdout
    assert json.loads(data.stdout) == PLAN
    assert asked[0] == ("/clients/acme/termination", None)


def test_a_narrow_terminal_cuts_nothing() -> None:
    """On 80 columns: a category's holders with the same day and reasons share a line; dates and ids are whole."""
    lines = [LINE | {"holder_id": each, "state": "done", "deleted": 3} for each in ("archive-of-faxes", "database")]
    with service(200, PLAN | {"lines": [*lines, LINE | {"category": "general_information"}]}) as (url, _):
        arguments = ["retention", "plan", "acme", "--retention", url]
        said = CliRunner().invoke(app, arguments, env={"COLUMNS": "80", "DUTIFUL_TOKEN": "t"}).stdout
    assert [line.rstrip() for line in said.splitlines()] == [
        "The plan of acme",
        "",
        "faxes: hold",
        "  2027-12-31  archive-of-faxes (done, 3 deleted), database (done, 3 deleted)",
        "    l34-1-communications forbids to delete it before Fri 2027-12-31",
        "",
        "general_information: hold",
        "  2027-12-31  db",
        "    l34-1-communications forbids to delete it before Fri 2027-12-31",
        "",
        "no own system is declared to hold: transcriptions",
    ]


def test_what_if_a_contract_ended() -> None:
    """TER-4: the same beforehand, with a choice."""
    with service(200, {"lines": [LINE], "without_holder": []}) as (url, asked):
        result = run("simulate", "--terminate", "acme", "--on", "2026-12-31", "--choice", "return", "--retention", url)
    assert result.exit_code == 0
    assert "faxes" in result.stdout
    assert asked == [("/simulations", {"client_id": "acme", "on": "2026-12-31", "choice": "return"})]


def test_what_must_be_known_before_the_lines() -> None:
    """TER-4: an end that was taken back, one that is known already, who is announced, and an end before it."""
    back = PLAN | {"terminated_on": "2026-12-31", "stage": "reinstated"}
    running = PLAN | {"terminated_on": "2026-06-30", "stage": "deleting"}
    with service(200, back | {"earlier": [running]}) as (url, _):
        plan = run("retention", "plan", "acme", "--retention", url).stdout
    assert "The contract goes on: its end on 2026-12-31 was taken back, and nothing of this plan happens." in plan
    assert "Of the end on 2026-06-30, before the client signed again\n" in plan
    assert "The contract's end is 2026-06-30; the stage is deleting." in plan
    thought = {"stands": "this end would be refused: the contract has ended on 2026-11-24", "lines": [LINE]}
    announced = [{"holder_id": "translate", "effective_on": "2026-12-08"}]
    with service(200, thought | {"announced": announced}) as (url, _):
        said = run("simulate", "--terminate", "acme", "--on", "2026-12-31", "--retention", url).stdout
    assert "this end would be refused: the contract has ended on 2026-11-24" in said
    assert "translate is announced for 2026-12-08: by then it holds data, unless the client objects." in said


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ((), "give one of --add and --terminate"),
        (("--terminate", "acme"), "say when the contract would end"),
        (("--terminate", "acme", "--on", "2026-13-31"), "'2026-13-31' is no date"),
    ],
)
def test_half_a_question(arguments: tuple[str, ...], reason: str) -> None:
    """What is missing is named."""
    result = run("simulate", *arguments)
    assert result.exit_code == 2
    assert reason in result.stderr


def test_no_answer_and_a_refusal() -> None:
    """A service that is away, and one that refuses, are told from each other in one sentence."""
    away = run("retention", "plan", "acme", "--retention", "http://127.0.0.1:1")
    assert (away.exit_code, "set --retention" in away.stderr) == (1, True)
    with service(404, {"detail": "there is no such record"}) as (url, _):
        refused = run("retention", "plan", "acme", "--retention", url)
    assert (refused.exit_code, refused.stderr.strip()) == (1, "404: there is no such record")


def test_what_is_never_returned_is_given_up_from_a_shell() -> None:
    """TER-5: by the client, or by an operator with a reason; the plan says on whose word."""
    order = {"order_id": "o-1", "holder_id": "db", "state": "unreachable"}
    with service(201, order) as (url, asked):
        declared = run("retention", "unreachable", "o-1", "--reason", "It is wound up.", "--retention", url)
        run("retention", "waive", "acme", "o-1", "--retention", url)
    assert "The return of db (o-1) is unreachable." in declared.stdout
    assert asked == [
        ("/orders/o-1/unreachable", {"reason": "It is wound up."}),
        ("/clients/acme/returns/o-1/waiver", {"reason": None}),
    ]
    missed = {"holder": "DB", "order_id": "o-1", "categories": ["faxes"], "said_by": "Ops", "reason": "It is wound up."}
    with service(200, PLAN | {"not_returned": [missed | {"why": "unreachable"}]}) as (url, _):
        table = run("retention", "plan", "acme", "--retention", url)
    assert "What DB has (faxes) is not returned: Ops declared its holder unreachable: It is wound up." in table.stdout
