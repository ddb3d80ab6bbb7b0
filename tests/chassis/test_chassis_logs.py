"""What gets out in the logs: ids, and neither personal data nor secrets."""

import io
import json
import logging
from collections.abc import Callable, Iterator, Mapping

import asyncpg
import pytest
import structlog
from pydantic import BaseModel, ValidationError

from chassis.logs import about, configure
from chassis.message import Cause

Lines = Callable[[], list[dict[str, object]]]
TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    """What is logged, as JSON lines; afterwards everything is as it was."""
    root, before, level = logging.getLogger(), structlog.get_config(), logging.getLogger().level
    pytests, root.handlers[:] = root.handlers[:], []  # configure() would close them
    written = io.StringIO()
    configure(pretty=False, stream=written)
    ours = root.handlers[:]
    root.handlers += pytests
    yield written
    root.handlers[:] = [handler for handler in root.handlers if handler not in ours]
    root.setLevel(level)
    structlog.configure(**before)


@pytest.fixture
def lines(stream: io.StringIO) -> Lines:
    """The lines so far."""
    return lambda: [json.loads(line) for line in stream.getvalue().splitlines()]


LEAKS: Mapping[str, object] = {
    "authorization": "opaque-1",
    "set_cookie": "session=1",
    "webhook_secret": b"raw",
    "clientToken": "opaque-2",
    "email": "not-even-an-address",
    "emailAddresses": ["one", "two"],
    "phone": 33612345678,
    "postal_address": {"street": "1 rue de la Paix"},
    "body": "Dear Jean",
    "statement": "Jean Dupont objects",
    "contacts": ["Jean Dupont"],
    "signature": "v1,abc",
}


@pytest.mark.parametrize("name", LEAKS)
def test_what_has_a_private_name_does_not_get_out(lines: Lines, name: str) -> None:
    """A value under a private name is masked whatever it is, at the top and within."""
    structlog.get_logger().info("x", **{name: LEAKS[name], "nested": {"list": [{name: LEAKS[name]}]}})
    (line,) = lines()
    assert line[name] == "…"
    assert line["nested"] == {"list": [{name: "…"}]}


LOOKS = [
    "jean.dupont@example.org",
    "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    "Bearer abc.def.ghi",
    "basic dXNlcjpwYXNz",
    "eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiJqZWFuIn0.c2lnbmF0dXJl",
    "+33 6 12 34 56 78",
    "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIA\n-----END PRIVATE KEY-----",
]


@pytest.mark.parametrize("private", LOOKS)
def test_what_looks_private_does_not_get_out(lines: Lines, private: str) -> None:
    """Wherever it stands: in the event, a value, a list, an object's own text, an exception, a library's message."""
    log = structlog.get_logger()
    log.info("sent to %s", private, note=f"<{private}>", notes=(private, {"n": private}), error=ValueError(private))
    try:
        raise ValueError(private)
    except ValueError:
        log.exception("it failed")
        logging.getLogger("uvicorn.error").exception("it failed for %s", private)
    written = json.dumps(lines(), ensure_ascii=False)
    assert private not in written.replace("\\n", "\n")
    assert written.count("ValueError: …") == 2
    assert written.count("…") >= 8


def test_urls_lose_their_passwords_and_queries(lines: Lines) -> None:
    """Where a request goes is told; what opens the door is not."""
    structlog.get_logger().info(
        "x", url="https://jean:pass@hooks.example:8443/in?key=s3cret&b=1", dead="postgresql://h/d"
    )
    (line,) = lines()
    assert line["url"] == "https://…hooks.example:8443/in?…"
    assert line["dead"] == "postgresql://h/d"


def test_what_pydantic_and_postgresql_refused_does_not_get_out(lines: Lines) -> None:
    """Their errors quote the value that was wrong, in words that look like nothing."""

    class Person(BaseModel):
        age: int

    wrong = {"age": "Jean Dupont"}  # not in the source line that a traceback shows
    refused = asyncpg.UniqueViolationError("duplicate key value violates unique constraint")
    refused.detail = "Key (name)=(Jean Dupont) already exists."
    with pytest.raises(ValidationError) as invalid:
        Person.model_validate(wrong)
    for error in (invalid.value, refused):
        structlog.get_logger().error("failed", exc_info=error)
        structlog.get_logger().error("failed", error=error)
        structlog.get_logger().error("failed", error=str(error))
    written = json.dumps(lines())
    assert "Dupont" not in written
    assert "violates unique constraint" in written


def test_what_is_useful_stays(lines: Lines) -> None:
    """Ids, numbers, flags and names that merely contain a private word are as they were."""
    said = {
        "topic": "change",
        "offset": 4,
        "age_s": 1.5,
        "context": "x",
        "retried": True,
        "tokens_ok": None,
        "key": "acme/sp-1",
    }
    structlog.get_logger().info("dead letter", **said)
    (line,) = lines()
    assert line.pop("timestamp")
    assert line == {**said, "event": "dead letter", "level": "info"}


def test_lines_carry_the_ids_of_what_they_are_about(lines: Lines) -> None:
    """Event, flow and trace are on each line within `about`, a library's too, and on none after it."""
    cause = Cause("/platform", "e-1", "flow-7", f"00-{TRACE}-{SPAN}-01")
    with about(cause):
        structlog.get_logger().info("mine")
        logging.getLogger("aiokafka").warning("its")
    structlog.get_logger().info("after")
    ids = {"event_id": "e-1", "flow_id": "flow-7", "trace_id": TRACE, "span_id": SPAN}
    mine, its, after = lines()
    assert mine.items() >= ids.items()
    assert its.items() >= {**ids, "logger": "aiokafka"}.items()
    assert not after.keys() & ids.keys()


@pytest.mark.parametrize("traceparent", [None, "", "garbage"])
def test_a_cause_without_a_trace_still_has_its_flow(lines: Lines, traceparent: str | None) -> None:
    """No trace, or no proper one, costs a line only its trace ids."""
    with about(Cause("/platform", "e-1", "flow-7", traceparent)):
        structlog.get_logger().info("mine")
    (line,) = lines()
    assert line["flow_id"] == "flow-7"
    assert "trace_id" not in line


def test_libraries_speak_from_warning_on(lines: Lines) -> None:
    """Kafka's and the web server's chatter stays inside; our own information does not."""
    for name in ("uvicorn.access", "aiokafka", "faststream"):
        logging.getLogger(name).info("chatter")
    structlog.get_logger().info("ours")
    structlog.get_logger().debug("not now")
    assert [line["event"] for line in lines()] == ["ours"]


def test_pretty_lines_mask_as_well(stream: io.StringIO) -> None:
    """People on a terminal see no more than the machine does."""
    pytests, logging.getLogger().handlers[:] = logging.getLogger().handlers[:], []
    configure(pretty=True, stream=stream)
    try:
        raise ValueError("jean@example.org")
    except ValueError:
        structlog.get_logger().exception("failed", email="jean", to="jean@example.org")
    logging.getLogger().handlers[:] = pytests
    written = stream.getvalue()
    assert "failed" in written
    assert "ValueError" in written
    assert "jean@" not in written
    assert "email=…" in written
