"""DSR-3 over all histories: whoever says what in whichever order, no holder is asked for more than a client wants."""

from collections import Counter
from collections.abc import Sequence
from typing import TypeVar

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, rule
from tests.requests.desk import Desk
from tests.requests.machine import Driven, drive

from chassis.errors import Rejected
from contracts.dsar import (
    Act,
    DsarAssistanceRequested,
    DsarAssistanceStarted,
    DsarQuoteAnswered,
    DsarQuoteOffered,
    Identifier,
)
from contracts.event import Event
from contracts.holder import HolderDeclared, HolderKind
from contracts.register import RegisterEntered, Standing
from contracts.request import AssistanceStanding, NoticeKind, RequestAssistanceMoved, RequestNoticeOrdered
from contracts.task import TaskConfirmed, TaskFailed, TaskHalted, TaskOrdered
from requests_desk.tasks import ORDER

pytestmark = [pytest.mark.servers, pytest.mark.slow]
HOLDERS = ("crm", "fax")
E = TypeVar("E", bound=Event)
clients = st.sampled_from(("acme", "acme", "acme", "borealis"))
acts = st.lists(st.sampled_from((Act.FIND, Act.EXPORT, Act.ERASE)), min_size=1, unique=True)


class Histories(Driven):
    """One client's request, help with it, and two holders: anything may be said of it at any time, by anybody.

    What fits together is said more often than what doesn't, so that help is done now and then.
    """

    done = 0

    @initialize(wanted=acts, begun=st.sampled_from((True, True, False)))
    def begin(self, wanted: list[Act], *, begun: bool) -> None:
        """A request whose client instructs and asks for help, which is perhaps begun; two holders hold recordings."""
        for holder_id in HOLDERS:
            declared = HolderDeclared(
                holder_id=holder_id, name=holder_id, kind=HolderKind.INTERNAL, categories=("call_recordings",)
            )
            self._say(self.desk.hear(declared))
        phone = Identifier(kind="phone", value="+331")
        self._say(self.desk.ask(self._id("dsar"), text=self._id("text"), identifiers=(phone,)))
        self._say(self.desk.instruct(self._id("inst"), "acme", self._id("dsar"), data_categories=("call_recordings",)))
        self.ask("acme", wanted)
        if begun:
            self.start()

    @rule(client_id=clients, wanted=acts)
    def ask(self, client_id: str, wanted: list[Act]) -> None:
        """Help is asked for, by its client or another, once or again."""
        asked = DsarAssistanceRequested(
            request_id=self._id("dsar"),
            client_id=client_id,
            assistance_id=self._id("help"),
            instruction_id=self._id("inst"),
            acts=tuple(wanted),
            requested_by="DPO",
            received_at=self.desk.clock.now(),
        )
        self._say(self.desk.hear(asked))

    @rule()
    def quote(self) -> None:
        """It is costly."""
        offered = DsarQuoteOffered(
            request_id=self._id("dsar"),
            assistance_id=self._id("help"),
            quote_id=self._id("quote"),
            amount="9",
            currency="EUR",
            text="A day",
            offered_by="operator",
        )
        self._say(self.desk.hear(offered))

    @rule(client_id=clients, accepted=st.sampled_from((True, True, True, False)))
    def answer_quote(self, client_id: str, *, accepted: bool) -> None:
        """The quote is answered, by its client or another."""
        answered = DsarQuoteAnswered(
            request_id=self._id("dsar"),
            client_id=client_id,
            assistance_id=self._id("help"),
            quote_id=self._id("quote"),
            accepted=accepted,
            answered_by="DPO",
            received_at=self.desk.clock.now(),
        )
        self._say(self.desk.hear(answered))

    @rule()
    def start(self) -> None:
        """An operator wants to begin."""
        started = DsarAssistanceStarted(
            request_id=self._id("dsar"), assistance_id=self._id("help"), started_by="operator"
        )
        self._say(self.desk.hear(started))

    @rule(nth=st.integers(0, 9), holder_id=st.sampled_from((None, None, None, "crm")), halted=st.booleans())
    def confirm(self, nth: int, holder_id: str | None, *, halted: bool) -> None:
        """A holder confirms one of the tasks, its own or not, once or again."""
        if (order := self._order(nth)) is not None:
            now = self.desk.clock.now()
            confirmed = TaskConfirmed(
                order_id=order.order_id,
                holder_id=holder_id or order.holder_id,
                client_id=order.client_id,
                act=order.act,
                started_at=now,
                finished_at=now,
                touched=(),
                halted=halted and bool(self.desk.of(TaskHalted, order_id=order.order_id)),
                confirmed_by="it",
            )
            self._say(self.desk.hear(confirmed))

    @rule()
    def confirm_all(self) -> None:
        """Whoever was asked has done it."""
        for nth in range(len(self._of(TaskOrdered))):
            self.confirm(nth, None, halted=True)

    @rule(nth=st.integers(0, 9))
    def fail(self, nth: int) -> None:
        """A holder can't."""
        if (order := self._order(nth)) is not None:
            failed = TaskFailed(
                order_id=order.order_id,
                holder_id=order.holder_id,
                client_id=order.client_id,
                failed_at=self.desk.clock.now(),
                reason="no",
            )
            self._say(self.desk.hear(failed))

    @rule(how=st.sampled_from(("nothing",) * 8 + ("withdraw", "doubt")))
    def doubt(self, how: str) -> None:
        """Now and then the instruction falls."""
        if how == "withdraw":
            self._say(self.desk.withdraw(self._id("inst")))
        elif how == "doubt":
            self._say(self.desk.doubt(self._id("inst")))

    @rule()
    def wait(self) -> None:
        """A day passes, and whoever does not answer is reminded."""
        self.do(self.desk.pass_days(1))

    @invariant()
    def nothing_is_ordered_that_is_not_wanted(self) -> None:
        """Each order is on an instruction in force at that moment, of help that is begun, in its turn."""
        said = self.desk.said
        for order in self._of(TaskOrdered):
            if not order.reminder:
                _check(said[: said.index(order)], order)

    @invariant()
    def each_holder_is_asked_once_for_each_act(self) -> None:
        """But for reminders, which stop where the task is over."""
        orders = [each for each in self._of(TaskOrdered) if not each.reminder]
        assert all(count == 1 for count in Counter((each.holder_id, each.act) for each in orders).values())

    @invariant()
    def it_ends_once(self) -> None:
        """Done or halted, never both; the client is told once of what is done; nobody is named any more."""
        ends = {AssistanceStanding.DONE, AssistanceStanding.HALTED}
        moved = [each for each in self._of(RequestAssistanceMoved) if each.standing in ends]
        assert len(moved) <= 1
        told = [each for each in self._of(RequestNoticeOrdered) if each.kind is NoticeKind.ASSISTANCE_DONE]
        assert len(told) == sum(each.standing is AssistanceStanding.DONE for each in moved)
        query = "SELECT count(*) FROM subject WHERE assistance_id = $1"
        asked = bool(self._of(RequestAssistanceMoved))
        assert self.do(self.desk.value(query, self._id("help"))) == int(asked and not moved)

    def teardown(self) -> None:
        """Count what was done, so that a machine in which nothing is ever done proves nothing."""
        done = [each for each in self._of(RequestAssistanceMoved) if each.standing is AssistanceStanding.DONE]
        type(self).done += len(done)

    def _order(self, nth: int) -> TaskOrdered | None:
        orders = self._of(TaskOrdered)
        return orders[nth % len(orders)] if orders else None

    def _of(self, kind: type[E]) -> list[E]:
        """What was said in this run."""
        return [each for each in self.desk.of(kind) if f'-{self.run_id}"' in each.model_dump_json()]

    def _say(self, saying: object) -> None:
        try:
            self.do(saying)  # type: ignore[arg-type]
        except Rejected:
            return

    def _id(self, what: str) -> str:
        return f"{what}-{self.run_id}"


def _check(before: Sequence[Event], order: TaskOrdered) -> None:
    stood = [
        each for each in before if isinstance(each, RegisterEntered) and each.instruction_id == order.instruction_id
    ][-1]
    assert (stood.client_id, stood.standing) == (order.client_id, Standing.IN_FORCE)
    moved = [
        each
        for each in before
        if isinstance(each, RequestAssistanceMoved) and each.instruction_id == order.instruction_id
    ]
    assert moved[-1].standing is AssistanceStanding.STARTED
    assert order.act in moved[-1].acts
    earlier = [each for each in before if isinstance(each, TaskOrdered) and each.instruction_id == order.instruction_id]
    assert all(ORDER.index(each.act) <= ORDER.index(order.act) for each in earlier)


async def test_no_history_has_a_holder_asked_for_what_no_client_wants(desk: Desk) -> None:
    """DSR-3: on an instruction in force, after a quote that is open is accepted, one act after the other, once."""
    await drive(Histories, desk, examples=60, steps=30)
    assert Histories.done > Histories.runs / 10
