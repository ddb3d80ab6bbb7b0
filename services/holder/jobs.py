"""What the holder has to do, as it is kept, and what an order that comes again means. Pure."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal

from chassis.message import Cause
from contracts.erasure import ErasureChecked, ErasureCheckOrdered, ErasureConfirmed, ErasureFailed, ErasureOrdered
from contracts.event import Event
from contracts.returning import ReturnConfirmed, ReturnFailed, ReturnOrdered
from contracts.task import TaskConfirmed, TaskFailed, TaskOrdered

Order = ErasureOrdered | ErasureCheckOrdered | ReturnOrdered | TaskOrdered
Answer = ErasureConfirmed | ErasureFailed | ErasureChecked | ReturnConfirmed | ReturnFailed | TaskConfirmed | TaskFailed
Status = Literal["open", "done", "failed"]


class Kind(StrEnum):
    """What is worked on; a cease is answered at once."""

    ERASURE = "erasure"
    CHECK = "check"
    RETURN = "return"
    TASK = "task"


_ORDERS: dict[Kind, type[Order]] = {
    Kind.ERASURE: ErasureOrdered,
    Kind.CHECK: ErasureCheckOrdered,
    Kind.RETURN: ReturnOrdered,
    Kind.TASK: TaskOrdered,
}
_DONE: dict[Kind, type[Event]] = {
    Kind.ERASURE: ErasureConfirmed,
    Kind.CHECK: ErasureChecked,
    Kind.RETURN: ReturnConfirmed,
    Kind.TASK: TaskConfirmed,
}
_FAILED: dict[Kind, type[Event]] = {
    Kind.ERASURE: ErasureFailed,
    Kind.CHECK: ErasureFailed,
    Kind.RETURN: ReturnFailed,
    Kind.TASK: TaskFailed,
}


class Step(StrEnum):
    """What to do about an order that arrives."""

    BEGIN = "begin"
    BEGIN_AGAIN = "begin again"
    ANSWER_AGAIN = "answer again"
    GO_ON = "go on"


@dataclass(frozen=True, slots=True)
class Job:
    """An order that was taken on."""

    kind: Kind
    order_id: str
    round: int
    ordered: str
    fence: int
    status: Status
    started_at: datetime | None
    answer: str | None
    flow_id: str
    traceparent: str | None

    @property
    def key(self) -> str:
        """What tells it from others."""
        return f"{self.kind}/{self.order_id}"

    @property
    def order(self) -> Order:
        """The order as it was said."""
        return _ORDERS[self.kind].model_validate_json(self.ordered)

    @property
    def answered(self) -> Event | None:
        """What was answered."""
        model = (_DONE if self.status == "done" else _FAILED)[self.kind]
        return model.model_validate_json(self.answer) if self.answer is not None else None

    @property
    def cause(self) -> Cause:
        """What its answer comes from: the same whoever finds out what became of it."""
        return Cause("dutiful/holder/work", f"{self.key}/{self.round}", self.flow_id, self.traceparent)


def kind_of(order: Order) -> Kind:
    """What an order asks for."""
    match order:
        case ErasureOrdered():
            return Kind.ERASURE
        case ErasureCheckOrdered():
            return Kind.CHECK
        case ReturnOrdered():
            return Kind.RETURN
        case TaskOrdered():
            return Kind.TASK


def step(job: Job | None, order: Order) -> Step:
    """A reminder of what is done is answered as it was; anything else that comes again is carried out again.

    What failed is tried again by a reminder too: people may have mended it meanwhile.
    """
    if job is None:
        return Step.BEGIN
    if job.status == "open":
        return Step.GO_ON
    return Step.ANSWER_AGAIN if order.reminder and job.status == "done" else Step.BEGIN_AGAIN
