"""The exported schemas and the AsyncAPI document."""

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from contracts import asyncapi
from contracts.bus import EVENTS, TOPICS, Cleanup
from contracts.schemas import export, json_schema

DOCUMENT: Any = asyncapi.document(TOPICS)


def resolve(reference: str) -> Any:  # noqa: ANN401 - JSON of any shape
    """What a `#/…` reference of the document points at."""
    found = DOCUMENT
    for step in reference.removeprefix("#/").split("/"):
        found = found[step]
    return found


@pytest.mark.parametrize("name", sorted(EVENTS))
def test_schemas_are_schemas(name: str) -> None:
    """Each schema is valid draft 2020-12, with an id, a title, a description, its topic and the fields that key it."""
    schema: Any = json_schema(EVENTS[name])
    Draft202012Validator.check_schema(schema)
    assert schema["$id"] == f"urn:dutiful:event:{name}"
    assert schema["title"] == EVENTS[name].__name__
    assert schema["description"]
    assert schema["x-topic"] == name.partition(".")[0]
    assert set(schema["x-key"]) <= set(schema["required"])


def test_export(tmp_path: Path) -> None:
    """One file per event and one for the bus; exporting twice writes the same bytes."""
    files = export(tmp_path / "new")
    assert {path.name for path in files} == {"asyncapi.json", *(f"{name}.schema.json" for name in EVENTS)}
    once = {path: path.read_bytes() for path in files}
    assert {path: path.read_bytes() for path in export(tmp_path / "new")} == once
    assert json.loads(once[tmp_path / "new" / "breach.detected.schema.json"]) == json_schema(EVENTS["breach.detected"])


def test_every_event_is_a_message() -> None:
    """Each event is one message with its type in the headers, its key, and a payload that lies beside the document."""
    messages = DOCUMENT["components"]["messages"]
    assert {message["name"] for message in messages.values()} == set(EVENTS)
    for message in messages.values():
        event = EVENTS[message["name"]]
        common, own = message["headers"]["allOf"]
        assert resolve(common["$ref"])["required"] == ["ce_specversion", "ce_id", "ce_source", "ce_type"]
        assert own["properties"]["ce_type"] == {"const": event.TYPE}
        assert message["payload"] == {"$ref": f"./{event.TYPE}.schema.json"}
        for name in event.KEY:
            assert f"{{{name}}}" in message["bindings"]["kafka"]["key"]["description"]


def test_every_topic_is_a_channel() -> None:
    """Each topic is a channel with its messages and how Kafka keeps it."""
    assert list(DOCUMENT["channels"]) == [topic.name for topic in TOPICS]
    for topic in TOPICS:
        channel = DOCUMENT["channels"][topic.name]
        kept = channel["bindings"]["kafka"]["topicConfiguration"]
        assert channel["address"] == channel["bindings"]["kafka"]["topic"] == topic.name
        assert [resolve(each["$ref"])["name"] for each in channel["messages"].values()] == [
            e.TYPE for e in topic.events
        ]
        assert kept["cleanup.policy"] == [topic.cleanup.value]
        assert ("retention.ms" in kept) == (topic.cleanup is Cleanup.DELETE)


def test_operations() -> None:
    """Each topic is written by its one kind of writer and read by anyone; all messages are its channel's."""
    operations = DOCUMENT["operations"]
    assert len(operations) == 2 * len(TOPICS)
    for topic in TOPICS:
        write, read = operations[f"write_{topic.name}"], operations[f"read_{topic.name}"]
        assert (write["action"], read["action"]) == ("send", "receive")
        assert topic.writer in write["summary"]
        for operation in (write, read):
            assert resolve(operation["channel"]["$ref"]) == DOCUMENT["channels"][topic.name]
            assert len(operation["messages"]) == len(topic.events)
            assert all(resolve(each["$ref"]) for each in operation["messages"])


def test_only_loopback() -> None:
    """The document names no server but this machine."""
    assert [server["host"] for server in DOCUMENT["servers"].values()] == ["127.0.0.1:9092"]
