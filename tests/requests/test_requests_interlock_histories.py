"""DSR-2 over all histories: whoever says what in whichever order, no answer leaves without an earlier instruction."""

from collections.abc import Sequence

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, rule
from tests.requests.desk import Desk
from tests.requests.machine import Driven, drive

from chassis.errors import Rejected
from contracts.event import Event
from contracts.handling import HandlingClientNamed
from contracts.instruction import Instructed, InstructionAmended, InstructionChannel, InstructionConfirmed
from contracts.register import RegisterEntered, Standing
from contracts.request import RequestAnswerRefused, RequestAnswerSent, RequestMatched

pytestmark = [pytest.mark.servers, pytest.mark.slow]
ANSWERS = 4
requests = st.integers(min_value=0, max_value=1)
answers = st.integers(min_value=0, max_value=ANSWERS - 1)
clients = st.sampled_from(("acme", "acme", "acme", "borealis"))
channels = st.sampled_from((InstructionChannel.EMAIL, InstructionChannel.EMAIL, InstructionChannel.TELEPHONE))


class Histories(Driven):
    """Two clients, two requests with answers, two instructions: anything may be said of any of them at any time.

    What fits together is said more often than what doesn't, so that answers do leave.
    """

    left = 0

    def __init__(self) -> None:
        super().__init__()
        self.tries = 0

    @initialize(
        first=st.sampled_from(("acme", "acme", None)),
        second=clients,
        instructed=st.sampled_from((2, 2, 1, 0)),
        sends=st.sampled_from((True, True, False)),
    )
    def begin(self, first: str | None, second: str, instructed: int, *, sends: bool) -> None:
        """Two requests with two answers each, perhaps instructed before they came, and one perhaps sent at once."""
        for nth in range(instructed):
            self.instruct(nth, (first or "acme", second)[nth], 0, InstructionChannel.EMAIL)
        self.ask(0, first)
        self.ask(1, second)
        for nth in range(ANSWERS):
            self._say(self.desk.draft(self._id("answer", nth), self._id("dsar", nth % 2), final=False))
        if sends:
            self.send(0, 0)

    @rule(nth=requests, client_id=st.sampled_from(("acme", "borealis", None)))
    def ask(self, nth: int, client_id: str | None) -> None:
        """A request comes, with its client or without, once or again."""
        self._say(self.desk.ask(self._id("dsar", nth), client_id, text=self._id("text", nth)))

    @rule(nth=requests, client_id=clients)
    def name_client(self, nth: int, client_id: str) -> None:
        """An operator says whose it is, rightly or not."""
        named = HandlingClientNamed(
            request_id=self._id("dsar", nth), client_id=client_id, decided_by="operator", reason="It says so."
        )
        self._say(self.desk.hear(named))

    @rule(nth=requests, client_id=clients, of=st.sampled_from((0, 0, 1, None)), channel=channels)
    def instruct(self, nth: int, client_id: str, of: int | None, channel: InstructionChannel) -> None:
        """Either client instructs about this request, or the other, or in general, in writing or not."""
        about = None if of is None else self._id("dsar", (nth + of) % 2)
        self._say(self.desk.instruct(self._id("inst", nth), client_id, about, channel=channel))

    @rule(nth=requests, client_id=clients)
    def withdraw(self, nth: int, client_id: str) -> None:
        """A client takes an instruction back, its own or not."""
        self._say(self.desk.withdraw(self._id("inst", nth), client_id))

    @rule(nth=requests, client_id=clients)
    def doubt(self, nth: int, client_id: str) -> None:
        """The processor thinks that it infringes the law."""
        self._say(self.desk.doubt(self._id("inst", nth), client_id))

    @rule(nth=requests, client_id=clients)
    def confirm(self, nth: int, client_id: str) -> None:
        """A client stands by it."""
        confirmed = InstructionConfirmed(
            client_id=client_id,
            instruction_id=self._id("inst", nth),
            confirmed_by="DPO",
            received_at=self.desk.clock.now(),
        )
        self._say(self.desk.hear(confirmed))

    @rule(nth=requests, client_id=clients, channel=channels)
    def amend(self, nth: int, client_id: str, channel: InstructionChannel) -> None:
        """A client says it otherwise."""
        said = Instructed(
            channel=channel, given_by="DPO", received_at=self.desk.clock.now(), text="Otherwise.", purpose="the same"
        )
        self._say(
            self.desk.hear(InstructionAmended(client_id=client_id, instruction_id=self._id("inst", nth), said=said))
        )

    @rule(nth=answers, on=st.sampled_from((0, 0, 0, 0, 1, None)))
    def send(self, nth: int, on: int | None) -> None:
        """An operator wants an answer to leave, on this instruction, on the other, or on none."""
        instruction_id = None if on is None else self._id("inst", (nth + on) % 2)
        if self._say(self.desk.send_answer(instruction_id, self._id("answer", nth), self._id("dsar", nth % 2))):
            self.tries += 1

    @invariant()
    def nothing_leaves_uninstructed(self) -> None:
        """What has left had, at that very moment, an instruction in force: of its client, about it, in writing."""
        said = self.desk.said
        for nth, event in enumerate(said):
            if isinstance(event, RequestAnswerSent):
                _check(said[:nth], event)

    @invariant()
    def every_try_is_on_record(self) -> None:
        """A try is sent or refused, never neither, and an answer leaves once."""
        sent, refused = self.desk.of(RequestAnswerSent), self.desk.of(RequestAnswerRefused)
        assert len(sent) + len(refused) == self.tries
        assert len({each.answer_id for each in sent}) == len(sent)

    def teardown(self) -> None:
        """Count what has left, so that a machine in which nothing ever leaves proves nothing."""
        type(self).left += len(self.desk.of(RequestAnswerSent))

    def _say(self, saying: object) -> bool:
        """False where it is set aside: it names what is not there, or is another's."""
        try:
            self.do(saying)  # type: ignore[arg-type]
        except Rejected:
            return False
        return True

    def _id(self, what: str, nth: int) -> str:
        return f"{what}-{self.run_id}-{nth}"


def _check(before: Sequence[Event], sent: RequestAnswerSent) -> None:
    matched = [each for each in before if isinstance(each, RequestMatched) and each.request_id == sent.request_id]
    assert [each.client_id for each in matched] == [sent.client_id]
    stood = [
        each for each in before if isinstance(each, RegisterEntered) and each.instruction_id == sent.instruction_id
    ][-1]
    assert stood.client_id == sent.client_id
    assert stood.standing is Standing.IN_FORCE
    assert stood.request_id == sent.request_id
    assert (stood.version, stood.sha256) == (sent.instruction_version, sent.instruction_sha256)
    assert stood.at <= sent.sent_at
    assert sent.instruction_channel.is_written


async def test_no_history_lets_an_uninstructed_answer_leave(desk: Desk) -> None:
    """DSR-2: over all histories, no answer without an earlier instruction from the right client."""
    await drive(Histories, desk, examples=60, steps=30)
    assert Histories.left > Histories.runs / 10  # where nothing ever leaves, nothing is proven
