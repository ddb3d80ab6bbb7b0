"""A message's way: consumed, handled, answered; once in effect, whatever arrives and however often."""

import pytest
from tests.chassis.bus import Bus, Heard
from tests.chassis.clerk import Clerk, question
from tests.chassis.conftest import Effects, RunClerk

from chassis.message import Cause

pytestmark = pytest.mark.servers


def _answers(records: list[Heard]) -> list[str]:
    return [(each.value or b"").decode().partition('"text":"')[2].rstrip('"}') for each in records]


async def test_a_question_is_answered(bus: Bus, clerk: Clerk, run_clerk: RunClerk, heard: Effects) -> None:
    """An event has its effect, and what its handler says goes out as a CloudEvent of the same flow and trace."""
    traceparent = f"00-{'a' * 32}-{'b' * 16}-01"
    await run_clerk()
    await bus.publish("question", question("why?", ce_flowid="flow-7", traceparent=traceparent))
    (answer,) = await bus.hear("answer", 1)
    assert await heard() == ["why?"]
    assert (answer.key, answer.value) == ("anna", b'{"asker":"anna","text":"why?"}')
    assert answer.headers == {
        "ce_time": answer.headers["ce_time"],
        "ce_specversion": "1.0",
        "ce_id": Cause("tests", "why?", "flow-7").derive("answer.given\0anna\x000"),
        "ce_source": f"dutiful/{clerk.name}",
        "ce_type": "answer.given",
        "ce_subject": "anna",
        "ce_flowid": "flow-7",
        "ce_causedby": "tests why?",
        "content-type": "application/json",
        "traceparent": traceparent,
    }


async def test_a_flow_is_named_after_its_first_event(bus: Bus, run_clerk: RunClerk) -> None:
    """Where the publisher names no flow, the event's own id names it."""
    await run_clerk()
    await bus.publish("question", question("why?"))
    (answer,) = await bus.hear("answer", 1)
    assert answer.headers["ce_flowid"] == "why?"


async def test_duplicates_in_one_batch(bus: Bus, run_clerk: RunClerk, heard: Effects) -> None:
    """An event that was published twice before anyone read it has its effect and its answer once."""
    await bus.publish("question", question("one"), question("one"), question("two"), question("one"), question("end"))
    await run_clerk()
    assert _answers(await bus.hear("answer", 3)) == ["one", "two", "end"]
    assert await heard() == ["one", "two", "end"]


async def test_duplicates_later(bus: Bus, run_clerk: RunClerk, heard: Effects) -> None:
    """An event that comes again after its effect, and after a younger one, changes nothing."""
    await run_clerk()
    await bus.publish("question", question("one"))
    await bus.hear("answer", 1)
    await bus.publish("question", question("two"), question("one"))
    await bus.hear("answer", 2)
    await bus.publish("question", question("two"), question("end"))
    assert _answers(await bus.hear("answer", 3)) == ["one", "two", "end"]
    assert await heard() == ["one", "two", "end"]


async def test_another_sources_id(bus: Bus, run_clerk: RunClerk) -> None:
    """Two publishers' events of the same id are two events, and so are the answers to them."""
    await bus.publish(
        "question",
        question("one", event_id="1"),
        question("two", event_id="1", source="others"),
        question("three", event_id="1", source="elsewhere"),
    )
    await run_clerk()
    answers = await bus.hear("answer", 3)
    assert _answers(answers) == ["one", "two", "three"]
    expected = [
        Cause(source, "1", "1").derive("answer.given\0anna\x000") for source in ("tests", "others", "elsewhere")
    ]
    assert [answer.id for answer in answers] == expected


async def test_a_keys_events_keep_their_order(bus: Bus, run_clerk: RunClerk, heard: Effects) -> None:
    """Over many batches and two kinds of events, effects and answers come in the order of the questions."""
    kinds = ("question.asked", "question.counted")
    texts = [str(number) for number in range(1500)]
    await bus.publish("question", *[question(text, event_type=kinds[int(text) // 7 % 2]) for text in texts])
    await run_clerk()
    assert _answers(await bus.hear("answer", 1500)) == texts
    assert await heard() == texts
