"""Refuses a change of the bus that would break a consumer or a publisher of a version that was released.

A consumer reads new events with the old schema, a publisher's old events are read with the new one. So a field that
was released keeps its meaning; new optional fields and new events are fine. Only what a schema says is judged: a
validator in Python that refuses more is not seen.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final, TypeVar

from pydantic import BaseModel, Field, ValidationError

from contracts.asyncapi import document
from contracts.bus import EVENTS, TOPICS, Topic
from contracts.event import Event
from contracts.inclusion import Gap, GapKind, Inclusion
from contracts.schemas import ASYNCAPI, DIALECT, file_name, json_schema
from contracts.shapes import Shape, unjudged

M = TypeVar("M", bound=BaseModel)


class Side(StrEnum):
    """Who breaks."""

    CONSUMERS = "consumers"
    PUBLISHERS = "publishers"
    BOTH = "consumers and publishers"


@dataclass(frozen=True, slots=True)
class Break:
    """A change that breaks the older version: of which event or topic, where in its data, for whom, and what to do."""

    event: str
    path: str
    breaks: Side
    reason: str
    remedy: str


class NotReleased(ValueError):
    """A directory holds no readable release; the text names the file and says what is wrong."""


class Schema(Shape):
    """A released schema: the shape of an event's data, and the fields that key it."""

    key: tuple[str, ...] = Field(alias="x-key")


class _KafkaTopic(BaseModel):
    cleanup: tuple[str, ...] = Field(alias="cleanup.policy")


class _KafkaBinding(BaseModel):
    configuration: _KafkaTopic = Field(alias="topicConfiguration")


class _Bindings(BaseModel):
    kafka: _KafkaBinding


class _Channel(BaseModel):
    bindings: _Bindings

    @property
    def cleanup(self) -> tuple[str, ...]:
        return self.bindings.kafka.configuration.cleanup


class _Bus(BaseModel):
    channels: dict[str, _Channel]


@dataclass(frozen=True, slots=True)
class Release:
    """What was exported at one time: the schema of every event, and how every topic is kept."""

    schemas: Mapping[str, Schema]
    topics: Mapping[str, tuple[str, ...]]

    @classmethod
    def read(cls, directory: Path) -> "Release":
        """Read what `contracts.schemas.export` wrote; raises NotReleased."""
        ending = file_name("")
        paths = sorted(directory.glob(f"*{ending}"))
        if not paths:
            raise NotReleased(f"{directory} holds no *{ending}; `dutiful contracts export {directory}` writes them")
        schemas = {path.name.removesuffix(ending): _load(Schema, path) for path in paths}
        bus = _load(_Bus, directory / ASYNCAPI)
        return cls(schemas, {name: channel.cleanup for name, channel in bus.channels.items()})

    @classmethod
    def current(cls, events: Mapping[str, type[Event]] = EVENTS, topics: tuple[Topic, ...] = TOPICS) -> "Release":
        """What would be exported now."""
        bus = _Bus.model_validate(document(topics))
        return cls(
            {name: Schema.model_validate(json_schema(event)) for name, event in events.items()},
            {name: channel.cleanup for name, channel in bus.channels.items()},
        )


def check(old_dir: Path) -> list[Break]:
    """Every break between the release in `old_dir` and the models as they are now; raises NotReleased."""
    return compare(Release.read(old_dir), Release.current())


def compare(old: Release, new: Release) -> list[Break]:
    """Every break between two releases, topics first, then events by name."""
    found = [each for name in sorted(old.topics) for each in _compare_topic(name, old, new)]
    for name, schema in sorted(old.schemas.items()):
        found += (
            compare_schemas(name, schema, new.schemas[name]) if name in new.schemas else [_gone(name, "event type")]
        )
    fresh = sorted(new.schemas.keys() - old.schemas.keys())
    return found + [each for name in fresh for each in _unjudged(name, new.schemas[name], "new")]


def compare_schemas(name: str, old: Schema, new: Schema) -> list[Break]:
    """Every break between two schemas of one event."""
    found = list(dict.fromkeys([*_unjudged(name, old, "released"), *_unjudged(name, new, "new")]))
    if found:
        return found
    if old.key != new.key:
        reason = f"it was keyed by {'/'.join(old.key)}, now by {'/'.join(new.key)}: its order among others is lost"
        found.append(Break(name, "$", Side.BOTH, reason, "keep the key, or say it with a new event type"))
    asked = Inclusion(new.defs, old.defs, ignores=True).gaps(new, old)
    found += [_consumer_break(name, gap) for gap in asked]
    sent = Inclusion(old.defs, new.defs, ignores=False).gaps(old, new)
    return found + [_publisher_break(name, gap) for gap in sent if gap.kind is not GapKind.DEFAULT]


_CONSUMER_REMEDY: Final = {
    GapKind.VALUE: "leave the field as it was and add an optional one, or a new event type, beside it",
    GapKind.MISSING: "keep the field, and keep it required",
    GapKind.UNKNOWN: "keep the field's type as it was",
    GapKind.DEFAULT: "keep the default as it was",
}

_PUBLISHER_REMEDY: Final = {
    GapKind.VALUE: "go on accepting all that was accepted; refuse it as a decision, with a reason, not as a schema",
    GapKind.MISSING: "make the field optional",
    GapKind.UNKNOWN: "keep the field as an optional one",
}


def _consumer_break(name: str, gap: Gap) -> Break:
    reason = f"in a new event it {gap.may}"
    if gap.kind is not GapKind.DEFAULT:
        reason += ", which an older consumer refuses"
    return Break(name, gap.path, Side.CONSUMERS, reason, _CONSUMER_REMEDY[gap.kind])


def _publisher_break(name: str, gap: Gap) -> Break:
    fate = "lost without a word" if gap.kind is GapKind.UNKNOWN else "refused"
    reason = f"in an older publisher's event it {gap.may}, which is now {fate}"
    return Break(name, gap.path, Side.PUBLISHERS, reason, _PUBLISHER_REMEDY[gap.kind])


def _unjudged(name: str, schema: Schema, which: str) -> list[Break]:
    remedy = "say it with keywords that `contracts.shapes` knows, or teach it and `contracts.inclusion` this one"
    places = list(unjudged(schema, schema.defs))
    if schema.dialect != DIALECT:
        return [Break(name, "$", Side.BOTH, f"cannot judge the dialect {schema.dialect}", f"use {DIALECT}")]
    return [
        Break(name, each.path, Side.BOTH, f"cannot judge `{each.keyword}` in the {which} schema", remedy)
        for each in places
    ]


def _compare_topic(name: str, old: Release, new: Release) -> list[Break]:
    if name not in new.topics:
        return [_gone(name, "topic")]
    if old.topics[name] == new.topics[name]:
        return []
    kept = [",".join(release.topics[name]) for release in (old, new)]
    reason = f"the topic's cleanup.policy was {kept[0]} and is {kept[1]}: what a consumer finds there is another thing"
    return [Break(name, "$", Side.CONSUMERS, reason, "keep the policy, or use a new topic")]


def _gone(name: str, what: str) -> Break:
    remedy = "keep it, and publish it until nobody reads it; a new version is a new event type beside it"
    return Break(name, "$", Side.BOTH, f"the {what} is gone", remedy)


def _load(model: type[M], path: Path) -> M:
    try:
        return model.model_validate_json(path.read_bytes())
    except OSError as error:
        raise NotReleased(f"{path} can't be read: {error.strerror}") from None
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(map(str, first["loc"])) or "the file"
        raise NotReleased(f"{path}: {where}: {first['msg']}") from None
