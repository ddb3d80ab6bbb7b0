"""`dutiful dsar`, `instruction`, `dsar help`, asked of a service that a test plays: what a person reads, and gets."""

import io
import json
import tarfile
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from tests.requests.test_requests_help_commands import HELP
from tests.retention.test_retention_commands import run, service

INSTRUCTION = {
    "instruction_id": "inst-1",
    "request_id": "dsar-1",
    "standing": "suspended",
    "version": 1,
    "channel": "api",
    "given_by": "DPO",
    "received_at": "2026-05-01T10:00:00Z",
    "purpose": "dsar",
    "sha256": "0" * 64,
    "reason": "It has no legal basis.",
    "text": "Sell it.",
}
REQUEST = {
    "request_id": "dsar-1",
    "kind": "dsar",
    "about": "access",
    "status": "open",
    "client_id": "acme",
    "times": 2,
    "tell_by": "2026-05-04T22:00:00Z",
    "told_at": None,
    "answer_by_unrolled": None,
    "answer_by": None,
    "handler": None,
}


def test_a_suspended_instruction_says_what_it_is_and_why(tmp_path: Path) -> None:
    """INS-2: the client reads its own words and the opinion, and can decide."""
    with service(200, INSTRUCTION) as (url, _):
        shown = run("instruction", "show", "acme", "inst-1", "--requests", url).stdout
    assert "it says: Sell it." in shown
    assert "suspended because: It has no legal basis." in shown
    assert not list(tmp_path.iterdir())


def test_another_id_of_a_request_is_told_so() -> None:
    """DSR-1: whoever asks for the id under which it came again reads which request that is."""
    with service(200, REQUEST) as (url, _):
        assert "dsar-9 is another id of it" in run("dsar", "show", "dsar-9", "--requests", url).stdout
        assert "another id" not in run("dsar", "show", "dsar-1", "--requests", url).stdout


def test_what_left_is_printed_byte_by_byte() -> None:
    """DSR-2: its SHA-256 is on record, so nothing is added."""
    with service(200, {"text": "Dear Jané", "attachments": []}) as (url, _):
        printed = run("dsar", "content", "dsar-1", "answer-1", "--requests", url).stdout_bytes
    assert json.loads(printed) == {"text": "Dear Jané", "attachments": []}
    assert not printed.endswith(b"\n")


def test_who_is_to_be_asked_by_hand_is_shown_and_entered() -> None:
    """DSR-3: names on one line, what came of the others with its words; several are entered at once."""
    asked = [
        {"subprocessor_id": "legos", "outcome": None},
        {"subprocessor_id": "orange", "outcome": None},
        {"subprocessor_id": "slack", "outcome": "holds nothing"},
    ]
    with service(200, HELP | {"by_hand": asked}) as (url, calls):
        said = run(
            "dsar", "help", "asked", "dsar-1", "help-1", "legos", "orange", "--outcome", "nothing", "--requests", url
        )
    assert "to be asked by hand: legos, orange" in said.stdout
    assert "asked by hand, slack: holds nothing" in said.stdout
    path = "/requests/dsar-1/assistance/help-1/sub-processors"
    assert calls == [(f"{path}/{each}", {"outcome": "nothing"}) for each in ("legos", "orange")]


def _package(content: bytes, sum_: str) -> bytes:
    entry = {"holder_id": "crm", "file": "crm/task-1.tar", "sha256": sum_}
    elsewhere = {
        "holder_id": "fax",
        "file": None,
        "sha256": "1" * 64,
        "why": "it is over",
        "fetch_at": "https://f.example",
    }
    files = {
        "manifest.json": json.dumps({"complete": False, "files": [entry, elsewhere]}).encode(),
        "crm/task-1.tar": content,
    }
    sink = io.BytesIO()
    with tarfile.open(fileobj=sink, mode="w") as made:
        for name, each in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(each)
            made.addfile(info, io.BytesIO(each))
    return sink.getvalue()


def _fetch(out: Path, body: bytes, length: int | None = None) -> tuple[int, str]:
    class Answering(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(length or len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answering)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        url = f"http://127.0.0.1:{server.server_port}"
        ended = run(
            "dsar", "help", "fetch", "dsar-1", "help-1", "--client", "acme", "--out", str(out), "--requests", url
        )
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
    return ended.exit_code, ended.output


def test_a_package_is_fetched_whole_and_held_against_its_manifest(tmp_path: Path) -> None:
    """DSR-3: what isn't in it is named with its reason; the file is its owner's alone."""
    out = tmp_path / "dsar-1.tar"
    code, said = _fetch(out, _package(b"hers", sha256(b"hers").hexdigest()))
    assert code == 0
    assert "crm: crm/task-1.tar" in said
    assert "fax: not in it: it is over; https://f.example" in said
    assert "not complete" in said
    assert out.stat().st_mode & 0o077 == 0
    assert list(tmp_path.iterdir()) == [out]


@pytest.mark.parametrize("cut", [100, None])
def test_a_package_that_broke_off_or_was_changed_is_told(tmp_path: Path, cut: int | None) -> None:
    """DSR-3: of one that broke off no file is left; one whose bytes differ ends with an error."""
    body = _package(b"hers", sha256(b"his").hexdigest())
    out = tmp_path / "dsar-1.tar"
    code, said = _fetch(out, body[:cut], len(body))
    assert code == 1
    assert ("broke off" if cut else "is not what the manifest says") in said
    assert out.exists() is (cut is None)
