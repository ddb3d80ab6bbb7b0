"""What holders answer about tasks for one person, and what ends them (DSR-3)."""

from chassis.errors import Rejected
from chassis.router import Router
from chassis.transaction import Transaction
from contracts.register import RegisterEntered, Standing
from contracts.request import RequestErased, RequestTaskFailed
from contracts.task import TaskAcknowledged, TaskConfirmed, TaskDownloaded, TaskEvent, TaskFailed
from contracts.term import TermTaskDue
from requests_desk import alerts, course, finding, journal, task_store
from requests_desk.bound import Bound
from requests_desk.records import Request
from requests_desk.task_store import Task
from requests_desk.tasks import State

router = Router()


@router.on(TaskConfirmed)
async def on_task_confirmed(app: Bound, said: TaskConfirmed, tx: Transaction) -> None:
    """A holder has done its part: the next act begins when all have; said again, it is no news."""
    request, task = await _locked(said, tx)
    if task.state is State.CONFIRMED:
        return
    if said.act is not task.said.act:
        raise Rejected(f"the task was to {task.said.act}", "act")
    if said.halted and task.state is not State.HALTED:
        raise Rejected("nobody has halted this task", "halted")
    await task_store.confirm(tx, task.order_id, said)
    course.settle(task.order_id, tx)
    await journal.note(tx, task.request_id, said)
    await course.advance(app, request, task.assistance_id, tx)


@router.on(TaskFailed)
async def on_task_failed(app: Bound, said: TaskFailed, tx: Transaction) -> None:
    """A holder can't: people must act. The task stands, and is said again when its answer is due."""
    request, task = await _locked(said, tx)
    if task.state not in {State.OPEN, State.FAILED}:
        return
    await task_store.note_failure(tx, task.order_id, said.reason)
    failed = RequestTaskFailed(
        request_id=task.request_id,
        order_id=task.order_id,
        holder_id=said.holder_id,
        act=task.said.act,
        reason=said.reason,
    )
    await journal.say(tx, task.request_id, failed)
    if task.state is State.OPEN:
        alerts.failed(await finding.agreement_of(app, request.client_id, tx), task, said.reason, tx)


@router.on(TaskDownloaded)
async def on_task_downloaded(app: Bound, said: TaskDownloaded, tx: Transaction) -> None:  # noqa: ARG001 - the form of every handler
    """The client has fetched what was exported."""
    _, task = await _locked(said, tx)
    await task_store.note_fetched(tx, task.order_id, downloaded=said.downloaded_at, taken=None)


@router.on(TaskAcknowledged)
async def on_task_acknowledged(app: Bound, said: TaskAcknowledged, tx: Transaction) -> None:  # noqa: ARG001 - as above
    """The client says that it has it."""
    _, task = await _locked(said, tx)
    await task_store.note_fetched(tx, task.order_id, downloaded=None, taken=said.received_at)


@router.on(TermTaskDue)
async def on_task_due(app: Bound, due: TermTaskDue, tx: Transaction) -> None:
    """A holder has not answered in time, or could not."""
    request = await finding.locked_request(tx, due.request_id)
    task = await task_store.load(tx, due.order_id)
    if task is not None and task.state in {State.OPEN, State.FAILED}:
        await course.remind(app, request, task, due.nth, tx)


@router.on(RegisterEntered)
async def on_instruction_moved(app: Bound, said: RegisterEntered, tx: Transaction) -> None:  # noqa: ARG001 - as above
    """INS-1, INS-2: an instruction is withdrawn or suspended: what rests on it stops."""
    if said.standing is Standing.IN_FORCE:
        return
    for each in await task_store.load_works(tx, instruction_id=said.instruction_id):
        await finding.locked_request(tx, each.request_id)
        for work in await task_store.load_works(tx, request_id=each.request_id, instruction_id=said.instruction_id):
            await course.halt(work, f"the instruction is {said.standing}", tx)


@router.on(RequestErased)
async def on_request_erased(app: Bound, said: RequestErased, tx: Transaction) -> None:  # noqa: ARG001 - as above
    """§9: what is personal of the request is gone, and with it whom holders were asked about."""
    await finding.locked_request(tx, said.request_id)
    for work in await task_store.load_works(tx, request_id=said.request_id):
        await course.halt(work, "what is personal of the request is erased", tx)


async def _locked(said: TaskEvent, tx: Transaction) -> tuple[Request, Task]:
    """The task that an answer is to; another holder's, or another client's, does not exist for it."""
    task = await task_store.load(tx, said.order_id)
    if task is None:
        raise Rejected(f"nobody ordered a task {said.order_id!r}", "order_id")
    request = await finding.locked_request(tx, task.request_id)
    task = await task_store.load(tx, said.order_id)  # as it is now that nobody else decides about it
    if task is None or task.said.holder_id != said.holder_id:
        raise Rejected(f"holder {said.holder_id!r} was ordered no task {said.order_id!r}", "holder_id")
    if task.said.client_id != said.client_id:
        raise Rejected("the task is about another client's data", "client_id")
    return request, task
