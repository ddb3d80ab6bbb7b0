"""Every event as a JSON Schema (draft 2020-12), for publishers and consumers in any language."""

import json
from pathlib import Path

from pydantic import JsonValue

from contracts import asyncapi
from contracts.bus import EVENTS, TOPICS
from contracts.event import Event

DIALECT = "https://json-schema.org/draft/2020-12/schema"
ASYNCAPI = "asyncapi.json"


def file_name(event_type: str) -> str:
    """The file that holds the schema of an event type."""
    return f"{event_type}.schema.json"


def json_schema(event: type[Event]) -> dict[str, JsonValue]:
    """What the data of one event must look like, with its topic (`x-topic`) and the fields that key it (`x-key`).

    Fields that are not in the schema are ignored by a consumer, and refused when an event is drafted.
    """
    schema: dict[str, JsonValue] = event.model_json_schema()
    return {
        "$schema": DIALECT,
        "$id": f"urn:dutiful:event:{event.TYPE}",
        "title": schema.pop("title"),
        "description": schema.pop("description"),
        "x-topic": event.topic(),
        "x-key": list(event.KEY),
        **schema,
    }


def export(directory: Path) -> list[Path]:
    """Write one schema per event and the AsyncAPI document of the whole bus; returns the files, in a stable order."""
    directory.mkdir(parents=True, exist_ok=True)
    documents = {file_name(name): json_schema(event) for name, event in sorted(EVENTS.items())}
    documents[ASYNCAPI] = asyncapi.document(TOPICS)
    for name, document in documents.items():
        (directory / name).write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return [directory / name for name in documents]
