"""A message that is well formed and can't be handled costs itself, at every start; a bug of ours still crashes."""

import asyncio

import asyncpg
import pytest
import typer
from tests.chassis.bus import Bus
from tests.chassis.clerk import Asked, Clerk, question
from tests.chassis.conftest import Effects, RunClerk

from agreement.book import AgreementUnknown
from agreement.calendar import CalendarUnknown
from chassis.dead_letters import topic_of
from chassis.errors import Rejected, fault_of
from chassis.message import Cause
from chassis.service import Crashed
from dutiful import running

pytestmark = pytest.mark.servers

_SECRET = "jane-doe-17-rue-x"
_RULE = "the database refuses this: it holds a value that is not allowed there (rule numbers_count_up of heard)"
_YEAR = "the public holidays of FR in 2999 are not known"


async def _date(asked: Asked) -> None:
    if asked.text == "in 2999":
        raise CalendarUnknown(_YEAR)


async def test_poison_costs_itself(
    bus: Bus, clerk: Clerk, run_clerk: RunClerk, heard: Effects, capsys: pytest.CaptureFixture[str]
) -> None:
    """What the database's rules or the calendar forbid is set aside with its reason; the others of its batch go on."""
    clerk.before = _date
    poison = question(_SECRET, number=-1)
    await bus.publish("question", question("one"), poison, question("two"), question("in 2999"), question("end"))
    service = await run_clerk()
    letters = await bus.hear(topic_of(clerk.name), 2)
    await bus.hear("answer", 3)
    assert await heard() == ["one", "two", "end"]
    assert [(letter.headers["dutiful-reason"], letter.headers["dutiful-field"]) for letter in letters] == [
        (_RULE, "data"),
        (_YEAR, ""),
    ]
    assert _SECRET not in "".join(capsys.readouterr())
    assert not service.crashed.done()


async def test_poison_is_no_matter_at_the_next_start(
    bus: Bus, clerk: Clerk, run_clerk: RunClerk, heard: Effects
) -> None:
    """A service that finds poison where it left off starts, sets it aside and goes on."""
    service = await run_clerk()
    await bus.publish("question", question("one"))
    await bus.hear("answer", 1)
    await service.stop()
    await bus.publish("question", question("less", number=-1), question("two"))
    service = await run_clerk()
    await bus.hear("answer", lambda answers: len({answer.id for answer in answers}) == 2)
    await service.stop()
    await bus.publish("question", question("less", number=-1), question("end"))
    again = await run_clerk()
    # By their ids: what was sent just before a stop may be sent again.
    await bus.hear("answer", lambda answers: len({answer.id for answer in answers}) == 3)
    assert await heard() == ["one", "two", "end"]
    await bus.hear(topic_of(clerk.name), lambda letters: len({letter.key for letter in letters}) == 2)
    assert not again.crashed.done()


@pytest.mark.parametrize("ours", [TypeError("ours"), KeyError("ours"), ValueError("ours")], ids=type)
async def test_a_bug_of_ours_crashes(bus: Bus, clerk: Clerk, run_clerk: RunClerk, ours: Exception) -> None:
    """What the message is not to blame for ends the process, with a sentence that says whose and at which message."""

    async def fail(asked: Asked) -> None:
        if asked.text == "two":
            raise ours

    clerk.before = fail
    await bus.publish("question", question("one"), question("two"), question("three"))
    service = await run_clerk()
    said = f"^{clerk.name} crashed: {type(ours).__name__} while handling {bus.prefix}question/0@1; its log"
    async with asyncio.timeout(30):
        with pytest.raises(Crashed, match=said):
            await service.ended()
    with pytest.raises(type(ours)):
        await service.crashed


def test_a_crash_is_one_sentence_on_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    """`dutiful up` and `run` end with it and 1, without a traceback: that is in the log."""

    async def crash() -> None:
        raise Crashed("notifier crashed: KeyError while handling client/3@15; its log, on stderr, says more")

    with pytest.raises(typer.Exit) as ended:
        running._go(crash())
    assert ended.value.exit_code == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("notifier crashed: KeyError while handling client/3@15")


async def test_the_api_tells_a_person_the_same(clerk: Clerk, run_clerk: RunClerk, heard: Effects) -> None:
    """`submit` raises what its caller is answered as a problem (422), and leaves nothing behind."""
    clerk.before = _date
    service = await run_clerk()
    assert service.runtime is not None
    submit = service.runtime.processor.submit
    wrong = (Asked(asker="anna", text="less", number=-1), _RULE), (Asked(asker="anna", text="in 2999"), _YEAR)
    for asked, reason in wrong:
        with pytest.raises(Rejected) as told:
            await submit(asked, Cause("tests", asked.text, "flow"))
        assert told.value.reason == reason
    assert await submit(Asked(asker="anna", text="one"), Cause("tests", "less", "flow"))
    assert await heard() == ["one"]


def test_who_is_to_blame() -> None:
    """Rules of the database and errors that blame the message are the publisher's; everything else is not."""
    version = fault_of(AgreementUnknown("there is no version 9"))
    assert version is not None
    assert (version.reason, version.field) == ("there is no version 9", "agreement_version")
    doubled = asyncpg.UniqueViolationError("duplicate key: (email)=(jane@example.com)")
    told = fault_of(doubled)
    assert told is not None
    assert told.reason == "the database refuses this: it says again what is there already and may be there once"
    for error in (KeyError("x"), TypeError("x"), asyncpg.UndefinedTableError("x"), ConnectionResetError("x")):
        assert fault_of(error) is None
