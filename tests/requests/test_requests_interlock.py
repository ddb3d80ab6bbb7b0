"""DSR-2: no answer leaves without the client's prior written instruction."""

import asyncio
from hashlib import sha256

import pytest
from pydantic_core import from_json
from tests.requests.desk import SECRET, Desk

from contracts.handling import HandlingSendRequested
from contracts.instruction import InstructionChannel, InstructionWithdrawn
from contracts.register import RegisterEntered, Standing
from contracts.request import RequestAnswerRefused, RequestAnswerSent, RequestClosed

pytestmark = pytest.mark.servers


async def test_an_answer_leaves_on_an_instruction_which_is_its_evidence(desk: Desk) -> None:
    """DSR-2: with one it goes out, and its hash, author, time and channel stand beside it."""
    await desk.ask()
    await desk.draft()
    await desk.instruct()
    await desk.send_answer()
    [sent] = desk.of(RequestAnswerSent)
    assert sent.instruction_id == "inst-1"
    assert sent.instruction_sha256 == sha256(f"Send {SECRET} what you hold.".encode()).hexdigest()
    assert (sent.instructed_by, sent.instruction_channel) == ("DPO of the client", InstructionChannel.EMAIL)
    assert sent.instructed_at <= sent.sent_at
    assert [each.answered for each in desk.of(RequestClosed)] == [True]
    content = await desk.get("operator", "/requests/dsar-1/answers/answer-1/content")
    assert sha256(content.content).hexdigest() == sent.sha256
    assert from_json(content.content)["text"] == f"Dear {SECRET}, here it is."


@pytest.mark.parametrize(
    ("prepare", "reason"),
    [
        ("nothing", "names no instruction"),
        ("unknown", "has no instruction 'inst-1'"),
        ("another client's", "has no instruction 'inst-1'"),
        ("of another request", "not about this request"),
        ("in general", "not about this request"),
        ("by telephone", "not in writing"),
        ("withdrawn", "is withdrawn"),
        ("suspended", "is suspended"),
    ],
)
async def test_an_uninstructed_answer_stays_here(desk: Desk, prepare: str, reason: str) -> None:
    """DSR-2: without one that counts nothing leaves: it is refused, on record, and the client reads it."""
    await desk.ask()
    await desk.draft()
    match prepare:
        case "another client's":
            await desk.instruct(client_id="borealis", request_id=None)
        case "of another request":
            await desk.ask("dsar-2", text="Something else")
            await desk.instruct(request_id="dsar-2")
        case "in general":
            await desk.instruct(request_id=None)
        case "by telephone":
            await desk.instruct(channel=InstructionChannel.TELEPHONE)
        case "withdrawn":
            await desk.instruct()
            await desk.withdraw()
        case "suspended":
            await desk.instruct()
            await desk.doubt()
    await desk.send_answer(None if prepare == "nothing" else "inst-1")
    assert not desk.of(RequestAnswerSent)
    [refused] = desk.of(RequestAnswerRefused)
    assert reason in refused.reason
    assert refused.clause == desk.book.latest.requests.clause
    assert await desk.value("SELECT sent_at FROM answer") is None
    seen = (await desk.get("acme", "/clients/acme/requests/dsar-1")).json()
    assert [(each["tried_by"], each["reason"]) for each in seen["refused"]] == [("operator", refused.reason)]
    content = await desk.get("operator", "/requests/dsar-1/answers/answer-1/content")
    assert (content.status_code, SECRET in content.text) == (409, False)


async def test_nobody_can_have_instructed_what_is_nobodys_yet(desk: Desk) -> None:
    """DSR-2: while nobody has said whose data a request is about, no client's instruction counts for it."""
    await desk.ask(client_id=None)
    await desk.draft()
    await desk.instruct()
    await desk.send_answer()
    [refused] = desk.of(RequestAnswerRefused)
    assert "nobody has said yet" in refused.reason


async def test_the_database_itself_lets_no_other_answer_leave(desk: Desk) -> None:
    """DSR-2: a row that says "sent" without an instruction, or on another client's, can't be written."""
    await desk.ask()
    await desk.draft()
    await desk.instruct(client_id="borealis", request_id=None)
    for sent in (
        "sent_at = now(), sent_by = 'x'",
        "sent_at = now(), sent_by = 'x', client_id = 'acme', instruction_id = 'inst-1', instruction_version = 1",
    ):
        with pytest.raises(Exception, match=r"answer_check|answer_instruction_id_client_id_fkey"):
            await desk.runtime.pool.execute(f"UPDATE answer SET {sent}")


async def test_an_answer_leaves_once(desk: Desk) -> None:
    """DSR-2: two operators who send at once send one answer; the other is told that it has left."""
    await desk.ask()
    await desk.draft()
    await desk.instruct()
    wanted = [
        HandlingSendRequested(request_id="dsar-1", answer_id="answer-1", instruction_id="inst-1", requested_by=who)
        for who in ("operator one", "operator two")
    ]
    await asyncio.gather(*[desk.submit(each) for each in wanted])
    await desk.settle()
    assert len(desk.of(RequestAnswerSent)) == len(desk.of(RequestAnswerRefused)) == 1
    assert "sent already" in desk.of(RequestAnswerRefused)[0].reason


async def test_withdrawal_and_sending_race_and_one_wins(desk: Desk) -> None:
    """DSR-2: taken back while it is sent: either it left and the withdrawal says that it came late, or it did not."""
    for nth in range(12):
        request_id, answer_id, instruction_id = f"dsar-{nth}", f"answer-{nth}", f"inst-{nth}"
        await desk.ask(request_id, text=f"Request {nth}")
        await desk.draft(answer_id, request_id)
        await desk.instruct(instruction_id, request_id=request_id)
        sending = HandlingSendRequested(
            request_id=request_id, answer_id=answer_id, instruction_id=instruction_id, requested_by="operator"
        )
        taking_back = InstructionWithdrawn(
            client_id="acme", instruction_id=instruction_id, withdrawn_by="DPO", received_at=desk.clock.now()
        )
        both = [desk.submit(sending), desk.submit(taking_back)]
        await asyncio.gather(*(both if nth % 2 else reversed(both)))
        await desk.settle()
        [withdrawn] = desk.of(RegisterEntered, instruction_id=instruction_id, standing=Standing.WITHDRAWN)
        sent = desk.of(RequestAnswerSent, request_id=request_id)
        refused = desk.of(RequestAnswerRefused, request_id=request_id)
        assert len(sent) + len(refused) == 1
        assert withdrawn.too_late_for == tuple(each.answer_id for each in sent)


async def test_an_interim_answer_leaves_the_request_open(desk: Desk) -> None:
    """§9: what is not final ends nothing; the final one may rest on the same instruction."""
    await desk.ask()
    await desk.draft(final=False)
    await desk.instruct()
    await desk.send_answer()
    assert not desk.of(RequestClosed)
    await desk.draft("answer-2")
    await desk.send_answer(answer_id="answer-2")
    assert len(desk.of(RequestAnswerSent)) == 2
    assert len(desk.of(RequestClosed)) == 1
