"""Structured logs that carry the flow's and the trace's ids, and never personal data or secrets."""

import logging
import re
import sys
from collections.abc import Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Final, TextIO

import structlog

from chassis.message import Cause

_MASK: Final = "…"
_PRIVATE: Final = frozenset(
    {
        *(
            "authorization",
            "cookie",
            "credential",
            "dsn",
            "passphrase",
            "password",
            "pwd",
            "secret",
            "signature",
            "token",
        ),
        *("address", "addresses", "contact", "email", "mail", "mobile", "phone", "recipient", "street", "telephone"),
        *("answer", "body", "description", "payload", "statement", "text"),  # what people wrote
    }
)
_WORD: Final = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
# What is private wherever it stands. A frame of a traceback shows source, never values; its last line may show any.
_LOOKS_PRIVATE: Final = re.compile(
    r"whsec_[\w+/=-]+"
    r"|(?i:\b(?:bearer|basic)\s+)[\w.~+/=-]{6,}"
    r"|\beyJ[\w-]{5,}\.[\w-]+\.[\w-]*"  # a JWT
    r"|-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*-----|\Z)"
    r"|(?<=://)[^\s/@]+@"  # a URL's user and password
    r"|(?<=\?)[\w.~%-]+=[^\s\"'<>]*"  # a URL's query
    r"|[^\s@<>()\"'=:,;/]+@[^\s@<>()\"'=:,;/]+\.[^\s@<>()\"'=:,;/]+"
    r"|(?<=input_value=).*?(?=, input_type=)"  # what pydantic refused
    r"|(?<=DETAIL:  ).+"  # the row that PostgreSQL refused
    r"|(?<![\w+])\+\d[\d .()-]{6,}\d"  # a phone number, E.164
)
_CAUSE: ContextVar[Cause | None] = ContextVar("cause", default=None)


@contextmanager
def about(cause: Cause) -> Iterator[None]:
    """What is logged within is about this message: it carries its event, flow and trace ids."""
    token = _CAUSE.set(cause)
    try:
        yield
    finally:
        _CAUSE.reset(token)


def configure(*, pretty: bool, level: int = logging.INFO, stream: TextIO | None = None) -> None:
    """Write JSON lines to `stream` (stderr), or `pretty` ones for people; libraries speak from WARNING on."""
    stream = stream or sys.stderr
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        _identify,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        mask,
    ]
    renderer: structlog.typing.Processor = (
        structlog.dev.ConsoleRenderer(colors=stream.isatty(), exception_formatter=structlog.dev.plain_traceback)
        if pretty
        else structlog.processors.JSONRenderer()
    )
    structlog.configure(
        processors=[*shared, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(stream),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(stream)
    finish: list[structlog.typing.Processor] = [structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer]
    foreign: list[structlog.typing.Processor] = [structlog.stdlib.add_logger_name, *shared]
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(foreign_pre_chain=foreign, processors=finish))
    logging.basicConfig(handlers=[handler], level=max(level, logging.WARNING), force=True)


def mask(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:  # noqa: ANN401 - structlog's type
    """Hide what has a private name, and what looks like an address or a secret wherever it stands."""
    for name, value in event.items():
        if not name.startswith("_"):  # structlog's own, which no renderer shows
            event[name] = _masked(name, value)
    return event


def _masked(name: str, value: object) -> object:
    if value is None or isinstance(value, bool):
        return value
    if _is_private(name):
        return _MASK
    if isinstance(value, int | float):
        return value
    if isinstance(value, Mapping):
        return {str(inner): _masked(str(inner), each) for inner, each in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_masked(name, each) for each in value]
    return _LOOKS_PRIVATE.sub(_MASK, value if isinstance(value, str) else repr(value))


def _is_private(name: str) -> bool:
    """By its words: `client_email`, `webhookSecrets`; but not `context` for its `text`."""
    words = [word.lower() for word in _WORD.findall(name)]
    return any(word in _PRIVATE or word.removesuffix("s") in _PRIVATE for word in words)


def _identify(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:  # noqa: ANN401 - structlog's type
    cause = _CAUSE.get()
    if cause is not None:
        event["event_id"], event["flow_id"] = cause.id, cause.flow_id
        _, trace_id, span_id, *_ = [*(cause.traceparent or "").split("-"), "", "", ""]
        if trace_id:
            event["trace_id"], event["span_id"] = trace_id, span_id
    return event
