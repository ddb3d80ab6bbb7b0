"""CloudEvents 1.0 over the Kafka binding: binary mode is written, binary and structured mode are read.

Source: CloudEvents 1.0.2 and its Kafka protocol binding 1.0.2; distributed tracing extension for `traceparent`.
"""

import base64
import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import NamedTuple

from pydantic_core import from_json, to_json

CLOUDEVENTS = "application/cloudevents"
STRUCTURED = "application/cloudevents+json"
BATCHED = "application/cloudevents-batch"

# CloudEvents 1.0.2, "String": no control characters. PostgreSQL takes no NUL either.
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")


class Malformed(ValueError):
    """The message is no CloudEvent that we can read; the text tells its publisher what to mend."""

    def __init__(self, reason: str, field: str | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.field = field


class CloudEvent(NamedTuple):
    """The envelope. `data` is JSON, unread; `flow_id` joins all that one outside event set in motion.

    A dated event carries in `scheduled_by` the `traceparent` of the span that scheduled it: it starts a new trace.
    """

    id: str
    source: str
    type: str
    data: bytes
    flow_id: str
    subject: str | None = None
    time: str | None = None
    traceparent: str | None = None
    tracestate: str | None = None
    scheduled_by: str | None = None

    def headers(self) -> dict[str, str]:
        """The Kafka headers of binary mode."""
        return binary_headers(
            self.id,
            self.source,
            self.type,
            self.flow_id,
            subject=self.subject,
            time=self.time,
            traceparent=self.traceparent,
            tracestate=self.tracestate,
            scheduled_by=self.scheduled_by,
        )


def binary_headers(  # noqa: PLR0913 - one argument per attribute
    event_id: str,
    source: str,
    event_type: str,
    flow_id: str,
    *,
    subject: str | None,
    time: str | None,
    traceparent: str | None,
    tracestate: str | None,
    scheduled_by: str | None,
    caused_by: str | None = None,
) -> dict[str, str]:
    """The Kafka headers of binary mode, for these attributes of a CloudEvent whose data is JSON.

    `caused_by` is what it follows from: a source, a space, an id. A source is a URI reference and has no space.
    """
    headers = {
        "ce_specversion": "1.0",
        "ce_id": event_id,
        "ce_source": source,
        "ce_type": event_type,
        "ce_flowid": flow_id,
        "content-type": "application/json",
    }
    if subject is not None:
        headers["ce_subject"] = subject
    if time is not None:
        headers["ce_time"] = time
    if traceparent is not None:
        headers["traceparent"] = traceparent
    if tracestate is not None:
        headers["tracestate"] = tracestate
    if scheduled_by is not None:
        headers["ce_scheduledby"] = scheduled_by
    if caused_by is not None:
        headers["ce_causedby"] = caused_by
    return headers


def read(headers: Iterable[tuple[str, bytes | None]], value: bytes) -> CloudEvent:
    """Read one Kafka record; raises Malformed with the attribute's name."""
    texts = _texts(headers)
    content_type = texts.get("content-type", "").partition(";")[0].strip().lower()
    if content_type.startswith(BATCHED):
        raise Malformed("a batched CloudEvent was sent; publish one event per record", "content-type")
    if content_type == STRUCTURED or (not content_type and "ce_id" not in texts and _looks_structured(value)):
        return _structured(value, texts)
    if content_type.startswith(CLOUDEVENTS):
        raise Malformed(f"content-type {content_type!r} is not read; publish {STRUCTURED}", "content-type")
    return _binary(value, texts)


def _texts(headers: Iterable[tuple[str, bytes | None]]) -> dict[str, str]:
    texts: dict[str, str] = {}
    for name, raw in headers:
        if raw is None:
            continue
        try:
            texts[name.lower()] = raw.decode()
        except UnicodeDecodeError:
            raise Malformed(f"header {name!r} is not UTF-8", name) from None
    return texts


def _looks_structured(value: bytes) -> bool:
    return value.lstrip().startswith(b"{") and b'"specversion"' in value


def _binary(value: bytes, texts: Mapping[str, str]) -> CloudEvent:
    if "ce_id" not in texts and not any(name.startswith("ce_") for name in texts):
        raise Malformed(
            "no CloudEvents headers: set ce_specversion, ce_id, ce_source and ce_type (binary mode), "
            f"or content-type: {STRUCTURED} (structured mode)",
            "ce_id",
        )
    return _event(texts, value, "ce_")


def _structured(value: bytes, texts: Mapping[str, str]) -> CloudEvent:
    try:
        document = from_json(value, allow_inf_nan=False)
    except ValueError as error:
        raise Malformed(f"the structured CloudEvent is not JSON: {error}", "data") from None
    if not isinstance(document, dict):
        raise Malformed("the structured CloudEvent is not a JSON object", "data")
    data = _data(document)
    attributes = {name: text for name, text in document.items() if isinstance(text, str)}
    tracing = {name: texts[name] for name in ("traceparent", "tracestate") if name in texts}
    return _event(attributes | tracing, data, "")


def _data(document: Mapping[str, object]) -> bytes:
    encoded = document.get("data_base64")
    if isinstance(encoded, str):
        try:
            return base64.b64decode(encoded, validate=True)
        except ValueError:
            raise Malformed("data_base64 is not base64", "data_base64") from None
    if "data" not in document:
        raise Malformed("the structured CloudEvent has no data", "data")
    return to_json(document["data"])


def _event(said: Mapping[str, str], data: bytes, prefix: str) -> CloudEvent:
    """The envelope of what was said under names with `prefix`; tracing headers have none."""
    get = said.get
    event_id, source, event_type = get(prefix + "id"), get(prefix + "source"), get(prefix + "type")
    specversion = get(prefix + "specversion")
    if not (event_id and source and event_type and specversion):
        names = ("specversion", "id", "source", "type")
        name = prefix + next(each for each in names if not get(prefix + each))
        raise Malformed(f"the CloudEvents attribute {name} is missing or empty", name)
    if not specversion.startswith("1."):
        raise Malformed(f"CloudEvents specversion {specversion!r} is unknown; publish 1.0", f"{prefix}specversion")
    subject, time, flow_id = get(prefix + "subject"), get(prefix + "time"), get(prefix + "flowid") or event_id
    free_text = f"{event_id}{source}{event_type}{subject}{flow_id}"
    if not free_text.isprintable() and _CONTROL.search(free_text):  # nearly all is, and asking that costs a tenth
        free = ("id", "source", "type", "subject", "flowid")
        name = prefix + next(each for each in free if _CONTROL.search(get(prefix + each, "")))
        raise Malformed(f"{name} holds a control character", name)
    if time is not None:
        _check_time(time, prefix)
    return CloudEvent(
        id=event_id,
        source=source,
        type=event_type,
        data=data,
        flow_id=flow_id,
        subject=subject,
        time=time,
        traceparent=get("traceparent"),
        tracestate=get("tracestate"),
        scheduled_by=get(prefix + "scheduledby"),
    )


def _check_time(time: str, prefix: str) -> None:
    try:
        zone = datetime.fromisoformat(time).tzinfo
    except ValueError:
        zone = None
    if zone is None:
        raise Malformed(f"{prefix}time {time!r} is not RFC 3339 with an offset", f"{prefix}time")
