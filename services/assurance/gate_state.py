"""A gate of an audit as it stands, what it is judged by, and the refusal that a closed one is (§7). Pure."""

from dataclasses import dataclass
from datetime import date

from agreement.counting import spell
from agreement.deadlines import Deadline
from agreement.duties import AuditGate
from assurance.questions import Question
from assurance.words import Opening, Refusal, World


@dataclass(frozen=True, slots=True)
class AuditWorld(World):
    """What decisions about an audit rest on besides: the client's last audit, another one, breaches, the question."""

    last_held_on: date | None = None
    open_audit_id: str | None = None
    breaches: frozenset[str] = frozenset()
    question: Question | None = None

    def asks_for(self, gate: AuditGate) -> bool:
        """Whether the agreement has this gate."""
        return any(each.code is gate for each in self.agreement.audit.gates)


@dataclass(frozen=True, slots=True)
class GateState:
    """A gate as it stands: open, or what would open it, and from which day on."""

    gate: AuditGate
    because: str
    opening: Opening | None = None
    opens_on: date | None = None
    reckoning: Deadline | None = None

    @property
    def is_open(self) -> bool:
        """Whether it lets pass."""
        return self.opening is None


def refuse(world: World, state: GateState) -> Refusal:
    """The refusal that a closed gate is."""
    clause = world.agreement.audit.clause
    return Refusal(state.because, clause, None, state.gate, state.opening, state.opens_on, state.reckoning)


def closed(gate: AuditGate, because: str, opening: Opening) -> GateState:
    """A gate that something would open."""
    return GateState(gate, because, opening)


def not_before(gate: AuditGate, first: Deadline) -> GateState:
    """A gate that a day opens."""
    opening = Opening("day", (("opens_on", first.day.isoformat()),))
    return GateState(gate, f"not before {spell(first.day)}: {'; '.join(first.because)}", opening, first.day, first)
