"""The whole bus as one AsyncAPI 3.0 document: channels, messages with their CloudEvents headers, who writes what.

Source: AsyncAPI 3.0.0 and its Kafka bindings 0.5.0. The payloads are the schema files that lie beside the document.
"""

from collections.abc import Sequence
from datetime import timedelta

from pydantic import JsonValue

from contracts.bus import Cleanup, Topic
from contracts.event import Event

Json = dict[str, JsonValue]

KAFKA_BINDING = "0.5.0"

ABOUT = (
    "Everything that is said on the bus. An event's type is `topic.what_happened`; its topic is the word before the "
    "dot, with the deployment's prefix before it. A record is a CloudEvent 1.0 in binary mode (structured mode is read "
    "too), keyed by its subject so that everything about one subject stays in order. How many partitions a topic has "
    "is the deployment's choice. Fields that a consumer doesn't know must be ignored."
)

HEADERS: Json = {
    "type": "object",
    "description": "CloudEvents 1.0, Kafka protocol binding in binary mode: one UTF-8 header per attribute.",
    "required": ["ce_specversion", "ce_id", "ce_source", "ce_type"],
    "properties": {
        "ce_specversion": {"type": "string", "const": "1.0"},
        "ce_id": {
            "type": "string",
            "minLength": 1,
            "description": "Unique per source; the same id published again changes nothing.",
        },
        "ce_source": {"type": "string", "minLength": 1, "description": "Who says it, as a URI reference."},
        "ce_type": {"type": "string", "minLength": 1},
        "ce_time": {"type": "string", "format": "date-time"},
        "ce_subject": {"type": "string", "description": "The record's key."},
        "ce_flowid": {
            "type": "string",
            "description": "Joins all that one outside event set in motion; the event's id where it is not set.",
        },
        "ce_causedby": {
            "type": "string",
            "description": "Source, a space, and id of the event, or of the request, that this one follows from.",
        },
        "ce_scheduledby": {
            "type": "string",
            "description": "The `traceparent` of the span that scheduled an event for later.",
        },
        "traceparent": {"type": "string", "description": "W3C Trace Context."},
        "tracestate": {"type": "string", "description": "W3C Trace Context."},
        "content-type": {"type": "string", "const": "application/json"},
    },
}


def document(topics: Sequence[Topic]) -> Json:
    """The AsyncAPI document of these topics; stable, so that two releases can be compared line by line."""
    events = [event for topic in topics for event in topic.events]
    operations: Json = {}
    for topic in topics:
        operations |= _operations(topic)
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "Dutiful", "version": "1.0.0", "description": ABOUT, "license": {"name": "Apache-2.0"}},
        "defaultContentType": "application/json",
        "servers": {
            "local": {"host": "127.0.0.1:9092", "protocol": "kafka", "description": "A broker on this machine"},
        },
        "channels": {topic.name: _channel(topic) for topic in topics},
        "operations": operations,
        "components": {
            "messages": {event.__name__: _message(event) for event in events},
            "schemas": {"CloudEventHeaders": HEADERS},
        },
    }


def _channel(topic: Topic) -> Json:
    return {
        "address": topic.name,
        "description": topic.about,
        "messages": {event.__name__: {"$ref": f"#/components/messages/{event.__name__}"} for event in topic.events},
        "bindings": {
            "kafka": {
                "topic": topic.name,
                "topicConfiguration": _configuration(topic),
                "bindingVersion": KAFKA_BINDING,
            },
        },
    }


def _configuration(topic: Topic) -> Json:
    configuration: Json = {"cleanup.policy": [topic.cleanup.value]}
    if topic.cleanup is Cleanup.DELETE:
        configuration["retention.ms"] = topic.retention_within // timedelta(milliseconds=1)
    return configuration


def _message(event: type[Event]) -> Json:
    about = event.__doc__ or event.__name__
    return {
        "name": event.TYPE,
        "title": event.__name__,
        "summary": about.partition("\n")[0],
        "contentType": "application/json",
        "headers": {
            "allOf": [
                {"$ref": "#/components/schemas/CloudEventHeaders"},
                {"type": "object", "properties": {"ce_type": {"const": event.TYPE}}},
            ],
        },
        "payload": {"$ref": f"./{event.TYPE}.schema.json"},
        "bindings": {
            "kafka": {
                "key": {"type": "string", "description": "/".join(f"{{{name}}}" for name in event.KEY)},
                "bindingVersion": KAFKA_BINDING,
            },
        },
    }


def _operations(topic: Topic) -> Json:
    """One operation for who writes the topic, one for whoever reads it."""
    messages: list[JsonValue] = [
        {"$ref": f"#/channels/{topic.name}/messages/{event.__name__}"} for event in topic.events
    ]
    channel: Json = {"$ref": f"#/channels/{topic.name}"}
    return {
        f"write_{topic.name}": {
            "action": "send",
            "channel": channel,
            "summary": f"Written by: {topic.writer}" + ("; answered by others" if topic.answers else ""),
            "messages": messages,
        },
        f"read_{topic.name}": {
            "action": "receive",
            "channel": channel,
            "summary": "Read by whoever subscribes, in a consumer group of its own",
            "messages": messages,
        },
    }
