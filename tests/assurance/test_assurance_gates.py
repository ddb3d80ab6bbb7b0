"""Over all histories: no audit begins unless every gate stands open, and two are never less than a year apart (§7)."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from agreement import default_path
from agreement.book import Signed
from agreement.duties import AuditGate
from agreement.loading import load
from assurance.audit_record import Audit
from assurance.audits import weigh
from assurance.gate_state import AuditWorld
from assurance.gates import judge
from assurance.words import Client, Refusal, Step
from contracts import audit as says
from contracts.assurance import AssuranceAuditBegun
from contracts.audit import AnsweredGate
from contracts.evidence import Document, Money, Side

AGREEMENT = load(default_path())
ZONE = AGREEMENT.zone
START = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
PAPER = Document(sha256="0" * 64, name="paper", bytes=1)
EXPERTS = st.sampled_from(["M. Dubois", "A. Roux"])
SIDES = st.sampled_from(Side)
GATES = st.sampled_from(AnsweredGate)
DAYS = st.integers(0, 130)


class Audits(RuleBasedStateMachine):
    """One client's audits, whose decisions are compared with a plain record of what was said."""

    def __init__(self) -> None:
        super().__init__()
        client = Client("acme", Signed(AGREEMENT.id, AGREEMENT.version))
        self.world = AuditWorld(AGREEMENT, client, START, timedelta(0), breaches=frozenset({"inc-1"}))
        self.audit: Audit | None = None
        self.number = 0
        self.forget()
        self.held: list[date] = []

    def forget(self) -> None:
        """A new audit: nothing was put forward, nothing accepted."""
        self.put: dict[AnsweredGate, Side] = {}
        self.accepted: set[AnsweredGate] = set()
        self.answered: set[AnsweredGate] = set()
        self.escort = False
        self.forgone = False
        self.declined = False
        self.expert = self.signed_by = ""
        self.sessions: list[tuple[datetime, datetime]] = []
        self.last_said = START

    def say(self, said: says.AuditEvent) -> Step | Refusal | None:
        """The decision about a word, kept where it counts."""
        outcome = weigh(self.world, self.audit, said)
        if isinstance(outcome, Step):
            assert isinstance(outcome.record, Audit)
            self.audit = Audit.model_validate_json(outcome.record.model_dump_json(exclude_none=True))
        if isinstance(outcome, Refusal):
            assert outcome.reason
            assert outcome.gate is None or outcome.field is not None or outcome.opening or "by" in outcome.reason
        return outcome

    def of(self) -> dict[str, Any]:
        """Whose word it is, about which audit."""
        return {"client_id": "acme", "audit_id": f"a{self.number}", "said_by": "ada"}

    @property
    def is_open(self) -> bool:
        """Whether an audit waits for its gates."""
        return self.audit is not None and self.audit.status == "open"

    @rule(days=DAYS, hour=st.integers(0, 23))
    def time_passes(self, days: int, hour: int) -> None:
        """Days and hours."""
        at = self.world.now + timedelta(days=days, hours=hour)
        self.world = replace(self.world, now=at)

    @rule(competitor=st.booleans())
    def mark(self, competitor: bool) -> None:  # noqa: FBT001 - hypothesis gives it by name
        """The client is marked, or the mark is lifted."""
        client = replace(self.world.client, competitor="It competes." if competitor else None)
        self.world = replace(self.world, client=client)

    @rule(ends_in=st.none() | DAYS)
    def end_contract(self, ends_in: int | None) -> None:
        """The contract ends on a day, or goes on."""
        ended_on = None if ends_in is None else self.world.today + timedelta(days=ends_in)
        self.world = replace(self.world, client=replace(self.world.client, ended_on=ended_on))

    @precondition(lambda self: self.audit is None or self.audit.status != "open")
    @rule(incident=st.sampled_from(["inc-1", "inc-9"]), ahead=DAYS)
    def request(self, incident: str, ahead: int) -> None:
        """An audit is requested; only a breach that was told opens the way, and only to no competitor."""
        self.audit, self.number = None, self.number + 1
        self.forget()
        outcome = self.say(
            says.AuditRequested(
                **self.of(),
                reason=says.AuditReason.BREACH,
                incident_id=incident,
                text="See.",
                proposed_on=self.world.today + timedelta(days=ahead),
                received_at=self.world.now,
            )
        )
        if isinstance(outcome, Step):
            assert incident == "inc-1"
            assert self.world.client.competitor is None
        self.requested_on = self.world.today

    @precondition(lambda self: self.is_open)
    @rule(there=st.booleans())
    def offer_certificate(self, there: bool) -> None:  # noqa: FBT001 - as above
        """A certificate is offered, or none can be had."""
        paper = PAPER if there else None
        said = says.AuditCertificateOffered(**self.of(), certificate=paper, issuer="AFNOR", text="It.")
        if isinstance(self.say(said), Step):
            self.forgone, self.declined = not there, False
            self.put.pop(AnsweredGate.CERTIFICATE, None)
            if there:
                self.put[AnsweredGate.CERTIFICATE] = Side.PROCESSOR
            self.answer_pending(AnsweredGate.CERTIFICATE)

    @precondition(lambda self: self.is_open)
    @rule()
    def submit_plan(self) -> None:
        """A plan."""
        if isinstance(self.say(says.AuditPlanSubmitted(**self.of(), plan=PAPER, text="All.")), Step):
            self.put[AnsweredGate.PLAN] = Side.CLIENT
            self.answer_pending(AnsweredGate.PLAN)

    @precondition(lambda self: self.is_open)
    @rule(name=EXPERTS)
    def name_expert(self, name: str) -> None:
        """An expert; another one is bound to nothing yet."""
        if isinstance(self.say(says.AuditExpertNamed(**self.of(), name=name, firm="F", text="-")), Step):
            self.put[AnsweredGate.EXPERT], self.expert, self.signed_by = Side.CLIENT, name, ""
            self.put.pop(AnsweredGate.CONFIDENTIALITY, None)
            self.answer_pending(AnsweredGate.EXPERT)
            self.answer_pending(AnsweredGate.CONFIDENTIALITY)

    @precondition(lambda self: self.is_open)
    @rule(name=EXPERTS)
    def sign(self, name: str) -> None:
        """An undertaking; only that of the expert who is named counts."""
        said = says.AuditConfidentialitySigned(**self.of(), expert=name, undertaking=PAPER, signed_on=START.date())
        if isinstance(self.say(said), Step):
            assert name == self.expert
            self.put[AnsweredGate.CONFIDENTIALITY], self.signed_by = Side.CLIENT, name
            self.answer_pending(AnsweredGate.CONFIDENTIALITY)

    @precondition(lambda self: self.is_open)
    @rule(side=SIDES, ahead=DAYS, hour=st.sampled_from([7, 9, 14, 17]), hours=st.integers(0, 9))
    def propose(self, side: Side, ahead: int, hour: int, hours: int) -> None:
        """Terms with one session; what could not be held is not even proposed."""
        day = self.world.today + timedelta(days=ahead)
        starts = datetime.combine(day, time(hour), ZONE)
        ends = starts + timedelta(hours=hours)
        said = says.AuditTermsProposed(
            **self.of(),
            side=side,
            scope="S",
            sessions=(says.Session(starts_at=starts, ends_at=ends),),
            costs=Money(amount="1.00", currency="EUR"),
        )
        if isinstance(self.say(said), Step):
            self.put[AnsweredGate.SCOPE_AND_COSTS] = side
            self.answer_pending(AnsweredGate.SCOPE_AND_COSTS)
            self.sessions = [(starts, ends)]
            self.check_day(day)

    @precondition(lambda self: self.is_open)
    @rule(gate=GATES, side=SIDES, accepted=st.booleans())
    def answer(self, gate: AnsweredGate, side: Side, accepted: bool) -> None:  # noqa: FBT001 - as above
        """The other side answers what was put forward, once."""
        said = says.AuditAnswered(**self.of(), side=side, gate=gate, accepted=accepted, reason="So.")
        outcome = self.say(said)
        if isinstance(outcome, Step):
            assert self.put[gate] is not side
            assert gate not in self.answered
            self.answered.add(gate)
            self.last_said = self.world.now
            if gate is AnsweredGate.CERTIFICATE:
                self.declined = not accepted
            elif accepted:
                self.accepted.add(gate)

    def answer_pending(self, gate: AnsweredGate) -> None:
        """What was put forward anew waits for its answer."""
        self.accepted.discard(gate)
        self.answered.discard(gate)
        self.last_said = self.world.now

    @precondition(lambda self: self.is_open)
    @rule()
    def name_escort(self) -> None:
        """Who is present."""
        if isinstance(self.say(says.AuditEscortNamed(**self.of(), name="N", function="S")), Step):
            self.escort, self.last_said = True, self.world.now

    @precondition(lambda self: self.is_open)
    @rule(
        ahead=st.integers(60, 130),
        spoil=st.sampled_from(["nothing", "plan", "expert", "escort", "terms", "mark", "end"]),
        hours_ago=st.sampled_from([0, 1]),
    )
    def open_every_gate(self, ahead: int, spoil: str, hours_ago: int) -> None:
        """A patient client and a willing processor, until something comes in between on the very day."""
        self.mark(competitor=False)
        self.end_contract(ends_in=None)
        self.offer_certificate(there=False)
        self.submit_plan()
        self.name_expert("A. Roux")
        self.sign("A. Roux")
        for gate in (AnsweredGate.PLAN, AnsweredGate.EXPERT, AnsweredGate.CONFIDENTIALITY):
            self.answer(gate, Side.PROCESSOR, accepted=True)
        self.name_escort()
        self.propose(Side.PROCESSOR, ahead, 9, 8)
        self.answer(AnsweredGate.SCOPE_AND_COSTS, Side.CLIENT, accepted=True)
        if self.sessions:
            at = self.sessions[0][0].astimezone(UTC) + timedelta(hours=3)
            self.world = replace(self.world, now=max(at, self.world.now))
        self.spoil(spoil)
        self.begin(hours_ago)

    def spoil(self, how: str) -> None:
        """Something that closes a gate, or that opens one only now."""
        match how:
            case "plan":
                self.submit_plan()
            case "expert":
                self.name_expert("M. Dubois")
                self.answer(AnsweredGate.EXPERT, Side.PROCESSOR, accepted=True)
            case "escort":
                self.name_escort()
            case "terms":
                self.propose(Side.CLIENT, 7, 9, 8)
            case "mark":
                self.mark(competitor=True)
            case "end":
                client = replace(self.world.client, ended_on=self.world.today - timedelta(days=1))
                self.world = replace(self.world, client=client)
            case _:
                pass

    @precondition(lambda self: self.is_open)
    @rule(hours_ago=st.sampled_from([0, 0, 1, 30]))
    def begin(self, hours_ago: int) -> None:
        """It begins only where the plain record says that nothing stands in the way."""
        if not self.is_open:
            return
        at = self.world.now - timedelta(hours=hours_ago)
        outcome = self.say(says.AuditBegun(**self.of(), begun_at=at))
        if not isinstance(outcome, Step):
            return
        assert self.audit is not None
        day = at.astimezone(ZONE).date()
        assert self.world.client.competitor is None
        assert self.forgone or self.declined
        assert self.accepted >= set(AnsweredGate) - {AnsweredGate.CERTIFICATE}
        assert self.escort
        assert self.signed_by == self.expert
        assert any(starts.date() == day for starts, _ in self.sessions)
        assert at >= self.last_said
        hours = AGREEMENT.audit.business_hours
        assert hours.opens <= at.astimezone(ZONE).time() <= hours.closes
        self.check_day(day)
        begun = outcome.events[0]
        assert isinstance(begun, AssuranceAuditBegun)
        self.held.append(day)
        self.world = replace(self.world, last_held_on=day)

    def check_day(self, day: date) -> None:
        """In time, a year after the last, on a working day, during the term."""
        assert day >= self.requested_on + timedelta(days=AGREEMENT.periods.audit_request.n)
        assert day.weekday() < 5
        ended_on = self.world.client.ended_on
        assert ended_on is None or day <= ended_on
        if self.held:
            assert (day - self.held[-1]).days >= 365 * AGREEMENT.periods.audit_interval.n

    @invariant()
    def every_gate_is_judged_in_the_order_of_the_agreement(self) -> None:
        """What is shown are the agreement's gates; a closed one says what would open it."""
        if self.audit is None:
            return
        states = judge(self.world, self.audit, self.world.today)
        assert [each.gate for each in states] == [each.code for each in AGREEMENT.audit.gates]
        assert all(each.is_open or (each.opening is not None and each.opening.sentence) for each in states)


Audits.TestCase.settings = settings(
    max_examples=150, stateful_step_count=40, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
TestAudits = Audits.TestCase


def test_an_agreement_with_fewer_gates_asks_for_no_more() -> None:
    """§7: which gates there are is the agreement's: without the others, a plan alone lets an audit begin at once."""
    kept = tuple(each for each in AGREEMENT.audit.gates if each.code in {AuditGate.PLAN, AuditGate.REPORT})
    agreement = AGREEMENT.model_copy(update={"audit": AGREEMENT.audit.model_copy(update={"gates": kept})})
    client = Client("acme", Signed(agreement.id, agreement.version))
    world = AuditWorld(agreement, client, START, timedelta(0))
    of: dict[str, Any] = {"client_id": "acme", "audit_id": "a1", "said_by": "ada"}
    requested = says.AuditRequested(
        **of, reason=says.AuditReason.BREACH, text="See.", proposed_on=START.date(), received_at=START
    )
    audit = _kept(weigh(world, None, requested))
    begun = says.AuditBegun(**of, begun_at=START)
    refused = weigh(world, audit, begun)
    assert isinstance(refused, Refusal)
    assert refused.gate is AuditGate.PLAN
    audit = _kept(weigh(world, audit, says.AuditPlanSubmitted(**of, plan=PAPER, text="All.")))
    answer = says.AuditAnswered(**of, side=Side.PROCESSOR, gate=AnsweredGate.PLAN, accepted=True, reason="So.")
    audit = _kept(weigh(world, audit, answer))
    assert _kept(weigh(world, audit, begun)).status == "begun"


def _kept(outcome: Step | Refusal | None) -> Audit:
    assert isinstance(outcome, Step), outcome
    assert isinstance(outcome.record, Audit)
    return outcome.record
