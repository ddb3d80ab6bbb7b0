"""Breaks between two releases."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from contracts.bus import EVENTS
from contracts.compatibility import Break, NotReleased, Release, Side, check, compare
from contracts.schemas import export


@pytest.fixture
def released(tmp_path: Path) -> Path:
    """What would be released now."""
    export(tmp_path)
    return tmp_path


def change(path: Path, mend: Callable[[Any], object]) -> None:
    """Change a JSON file."""
    document = json.loads(path.read_text())
    mend(document)
    path.write_text(json.dumps(document))


def test_unchanged(released: Path) -> None:
    """Nothing breaks where nothing changed, and all that the models say can be judged."""
    assert check(released) == []
    assert Release.read(released).schemas.keys() == EVENTS.keys()


def test_an_older_release(released: Path) -> None:
    """A release without a field and an event that there are now is compatible."""
    (released / "dsar.received.schema.json").unlink()
    change(released / "breach.detected.schema.json", lambda old: old["properties"].pop("subprocessor_id"))
    assert check(released) == []


def test_a_required_field_came(released: Path) -> None:
    """A break names event, place, who breaks, and what to do."""

    def forget(old: Any) -> None:  # noqa: ANN401 - JSON of any shape
        old["properties"].pop("description")
        old["required"].remove("description")

    change(released / "breach.detected.schema.json", forget)
    assert check(released) == [
        Break(
            "breach.detected",
            "$.description",
            Side.PUBLISHERS,
            "in an older publisher's event it may be missing, which is now refused",
            "make the field optional",
        )
    ]


def test_an_event_went(released: Path) -> None:
    """A released event stays."""
    schema = (released / "dsar.received.schema.json").read_text()
    (released / "dsar.answered.schema.json").write_text(schema)
    assert [(each.event, each.breaks) for each in check(released)] == [("dsar.answered", Side.BOTH)]


def test_a_topic_went(released: Path) -> None:
    """A released topic stays."""
    change(released / "asyncapi.json", lambda old: old["channels"].update(gone=old["channels"]["dsar"]))
    assert [(each.event, each.reason) for each in check(released)] == [("gone", "the topic is gone")]


def test_a_topic_is_kept_in_another_way(released: Path) -> None:
    """A topic that was a log does not become a table, nor the other way round."""

    def compact(old: Any) -> None:  # noqa: ANN401 - JSON of any shape
        old["channels"]["dsar"]["bindings"]["kafka"]["topicConfiguration"]["cleanup.policy"] = ["compact"]

    change(released / "asyncapi.json", compact)
    (found,) = check(released)
    assert (found.event, found.breaks) == ("dsar", Side.CONSUMERS)


def test_another_key(released: Path) -> None:
    """Another key loses the order of what is said about a subject."""
    change(released / "dsar.received.schema.json", lambda old: old.update({"x-key": ["client_id"]}))
    (found,) = check(released)
    assert (found.event, found.path, found.breaks) == ("dsar.received", "$", Side.BOTH)


def test_a_new_event_that_cannot_be_judged(released: Path) -> None:
    """What can't be judged is refused before it is released, not after."""
    old = Release.read(released)
    (released / "dsar.answered.schema.json").write_text((released / "dsar.received.schema.json").read_text())
    change(released / "dsar.answered.schema.json", lambda new: new["properties"]["text"].update({"not": {}}))
    (found,) = compare(old, Release.read(released))
    assert (found.event, found.path) == ("dsar.answered", "$.text")
    assert "cannot judge `not`" in found.reason


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        pytest.param(lambda path: [each.unlink() for each in path.iterdir()], "holds no", id="empty"),
        pytest.param(lambda path: (path / "asyncapi.json").unlink(), "asyncapi.json can't be read", id="no bus"),
        pytest.param(lambda path: (path / "dsar.received.schema.json").write_text("{"), "dsar.received", id="no JSON"),
        pytest.param(lambda path: (path / "dsar.received.schema.json").write_text("{}"), "x-key", id="no key"),
        pytest.param(lambda path: (path / "asyncapi.json").write_text("{}"), "channels", id="no channels"),
    ],
)
def test_no_release(released: Path, spoil: Callable[[Path], object], says: str) -> None:
    """A directory that holds no whole release is never taken for a compatible one."""
    spoil(released)
    with pytest.raises(NotReleased, match=says):
        check(released)
