"""Who may hear and say what: the generated rights against what the services' own code says."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from chassis.dead_letters import topic_of
from chassis.topics import Shape, plan
from contracts.bus import EVENTS, TOPICS
from contracts.event import Event
from dutiful.deploy import rights, strimzi
from dutiful.deploy.files import differing, generated, write
from dutiful.services import RUNNABLE, kind_of

RULES = (Path(__file__).parents[2] / "deploy/monitoring/rules.yaml").read_text()
BY_CLASS = {event.__name__: event for event in EVENTS.values()}


def _made_by(service: str) -> Iterator[type[Event]]:
    """The events that a service's code makes, as far as a reader can see."""
    for path in kind_of(service).migrations.parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call):
                called = node.func.value if isinstance(node.func, ast.Attribute) else node.func
                if isinstance(called, ast.Name) and called.id in BY_CLASS:
                    yield BY_CLASS[called.id]


@pytest.mark.parametrize("service", RUNNABLE)
def test_a_service_may_say_what_its_code_says(service: str) -> None:
    """Each event that a service makes is on a topic that it may write, or is one that it handles, from its API."""
    router = kind_of(service).router
    may = rights.of_service(service, router.topics)
    made = set(_made_by(service))
    assert made
    unheard = {event.TYPE for event in made if event.topic() not in may.says} - router.routes.keys()
    assert not unheard, "in contracts/bus.py, name the service among the `others` who write the topic"
    assert set(may.says) - {topic_of(service)} <= {event.topic() for event in made}, "a right that nothing needs"


def test_every_topic_has_a_writer_that_may() -> None:
    """No topic is left that nobody may write, and none but operators may write a service's topic beside it."""
    services = [rights.of_service(name, kind_of(name).router.topics) for name in RUNNABLE]
    for topic in TOPICS:
        writers = {each.who for each in [*services, rights.of_platform()] if topic.name in each.says}
        own = {topic.writer} & set(RUNNABLE) or {rights.PLATFORM}
        assert writers == own | set(topic.others)


def test_a_user_has_an_acl_for_each_right_and_none_besides() -> None:
    """What is heard is Read, what is said Write, both where both; a group is read; nothing is allowed by a wildcard."""
    user = strimzi.user(
        rights.Rights("some_one", ("heard", "both"), ("both", "said"), ("dutiful-some_one", "p-")), "x."
    )
    text = yaml.safe_load(yaml.safe_dump(user))
    assert text["metadata"]["name"] == "dutiful-some-one"
    acls = {
        (acl["resource"]["type"], acl["resource"]["name"], acl["resource"]["patternType"]): acl["operations"]
        for acl in text["spec"]["authorization"]["acls"]
    }
    assert acls == {
        ("topic", "x.both", "literal"): ["Read", "Write"],
        ("topic", "x.heard", "literal"): ["Read"],
        ("topic", "x.said", "literal"): ["Write"],
        ("group", "x.dutiful-some_one", "literal"): ["Read"],
        ("group", "x.p-", "prefix"): ["Read"],
    }


def test_topics_are_those_that_the_command_makes() -> None:
    """`dutiful topics` and Strimzi make the same topics, with the same partitions, copies and settings."""
    shape = Shape("p.", 4, 3)
    planned = {each.name: each for each in plan(shape, RUNNABLE)}
    files = generated(shape, RULES)
    made = list(yaml.safe_load_all(files["components/strimzi/topics.yaml"]))
    assert len(made) == len(planned) == len(TOPICS) + len(RUNNABLE)
    for topic in made:
        want = planned[topic["spec"]["topicName"]]
        assert topic["spec"]["partitions"] == want.partitions
        assert topic["spec"]["replicas"] == want.replication
        assert topic["spec"]["config"] == want.config


def test_alerts_are_those_that_are_tested() -> None:
    """The Prometheus operator gets the very rules that promtool tests."""
    made = yaml.safe_load(generated(Shape("", 6, 3), RULES)["components/monitoring/rules.yaml"])
    assert made["kind"] == "PrometheusRule"
    assert made["spec"] == yaml.safe_load(RULES)


def test_what_differs_is_found_and_mended(tmp_path: Path) -> None:
    """A file that was edited, one that is missing and one of a service that is gone are named, and are put right."""
    files = generated(Shape("", 6, 3), RULES)
    assert write(tmp_path, files) == sorted(files)
    assert differing(tmp_path, files) == []
    edited, missing, gone = (
        "components/strimzi/users.yaml",
        "services/notifier/kustomization.yaml",
        "services/old/k.yaml",
    )
    (tmp_path / edited).write_text((tmp_path / edited).read_text().replace("Write", "All"))
    (tmp_path / missing).unlink()
    (tmp_path / gone).parent.mkdir()
    (tmp_path / gone).write_text("kind: Kustomization\n")
    assert differing(tmp_path, files) == sorted([edited, missing, gone])
    write(tmp_path, files)
    assert differing(tmp_path, files) == []
