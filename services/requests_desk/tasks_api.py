"""Tasks for one person: whom a holder's task is about, and what came of it for the client (§9)."""

from http import HTTPStatus

from fastapi import APIRouter, Request, Response
from fastapi.responses import StreamingResponse

from chassis.asking import PathId, Running, found
from chassis.http import Authenticated
from chassis.problems import Problem, nothing_here
from chassis.rights import Right
from contracts.handling import HandlingSubProcessorAsked
from contracts.request import AssistanceStanding
from contracts.task import TaskConfirmed, TaskSubject
from requests_desk import fetching, finding, gathering, task_queries
from requests_desk.asking import Act, Handler, Once, Staff, app_of, asked, event_of, say
from requests_desk.bodies import AskedBody, TaskAnswerBody
from requests_desk.clients_api import Own
from requests_desk.task_queries import PackageView
from requests_desk.vault import Subject

router = APIRouter(tags=["tasks"])


@router.get(
    "/tasks/{order_id}/subject",
    summary="Whom a task is about",
    responses={410: {"description": "the task is over"}},
)
async def read_subject(
    order_id: PathId, request: Request, response: Response, caller: Authenticated, running: Running
) -> TaskSubject:
    """For the holder that was ordered the task (the token's subject), while it stands; that it asked is on record."""
    caller.require(Right.READ_SUBJECTS)
    async with running.processor.transaction() as tx:
        assistance_id, client_id, closed = found(await task_queries.note_asked(tx, order_id, caller.subject))
    if closed is None:
        raise Problem(HTTPStatus.GONE, "the task is over: whom it was about is not told any more")
    subject = app_of(request).vault.open(Subject, closed, finding.place_of_subject(assistance_id))
    response.headers["Cache-Control"] = "no-store"
    return TaskSubject(
        order_id=order_id, client_id=client_id, identifiers=subject.identifiers, corrections=subject.corrections
    )


@router.get("/requests/{request_id}/assistance/{assistance_id}/package", summary="What came of the help")
async def read_work(
    request_id: PathId,
    assistance_id: PathId,
    running: Running,
    caller: Staff,  # noqa: ARG001 - whoever asks must be one
) -> PackageView:
    """DSR-3: who was asked for what, what is done, what failed, and who has not answered."""
    record = await asked(running, request_id)
    return found(await task_queries.package(running.pool, record.request_id, assistance_id))


@router.get("/clients/{client_id}/requests/{request_id}/assistance/{assistance_id}/package", summary="What came of it")
async def read_package(
    client_id: PathId,
    request_id: PathId,
    assistance_id: PathId,
    running: Running,
    caller: Own,  # noqa: ARG001 - whoever asks must be one
) -> PackageView:
    """DSR-3: what was done, where each part of what was exported lies, and what could not be done."""
    record = await asked(running, request_id, client_id)
    return found(await task_queries.package(running.pool, record.request_id, assistance_id))


@router.get(
    "/clients/{client_id}/requests/{request_id}/assistance/{assistance_id}/package.tar",
    summary="All of it in one package",
    response_class=StreamingResponse,
    responses={200: {"content": {"application/x-tar": {}}}},
)
async def fetch_package(
    client_id: PathId, request_id: PathId, assistance_id: PathId, request: Request, caller: Own, running: Running
) -> StreamingResponse:
    """DSR-3: a manifest with checksums, and what each holder hands out; nothing of it is kept here."""
    caller.require(Right.FETCH)
    record = await asked(running, request_id, client_id)
    view = found(await task_queries.package(running.pool, record.request_id, assistance_id))
    if view.standing not in {AssistanceStanding.DONE, AssistanceStanding.HALTED}:
        raise Problem(HTTPStatus.CONFLICT, f"the help is {view.standing}: its package is there when it is done")
    holders = app_of(request).settings.holders
    pieces = await fetching.look(view, holders, request.headers.get("authorization", ""))
    manifest = gathering.manifest_of(view, pieces)
    headers = {
        "Content-Length": str(gathering.size_of(manifest, pieces)),
        "Content-Disposition": f'attachment; filename="{assistance_id}.tar"',
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
    }
    return StreamingResponse(fetching.stream(manifest, pieces), headers=headers, media_type="application/x-tar")


@router.post(
    "/requests/{request_id}/tasks/{order_id}/answer",
    status_code=HTTPStatus.CREATED,
    summary="Enter what a holder did, for it",
)
async def answer(
    request_id: PathId, order_id: PathId, body: TaskAnswerBody, caller: Handler, running: Running, cause: Once
) -> PackageView:
    """DSR-3: what a holder that answers no more did after all, as people know it; who entered it stands beside it."""
    caller.require(Right.ANSWER_ORDERS)
    record = await asked(running, request_id)
    task = found(await task_queries.task_of(running.pool, record.request_id, order_id))
    now = running.clock.now()
    said = event_of(
        TaskConfirmed,
        body,
        order_id=order_id,
        holder_id=task.holder_id,
        client_id=task.client_id,
        act=task.act,
        started_at=now,
        finished_at=now,
        confirmed_by=f"{body.confirmed_by}, entered by {caller.subject}",
    )
    await say(running, said, cause)
    return found(await task_queries.package(running.pool, record.request_id, task.assistance_id))


@router.post(
    "/requests/{request_id}/assistance/{assistance_id}/sub-processors/{subprocessor_id}",
    status_code=HTTPStatus.CREATED,
    summary="Enter what a sub-processor did that was asked by hand",
)
async def enter_asked(
    request_id: PathId, assistance_id: PathId, subprocessor_id: PathId, body: AskedBody, act: Act
) -> PackageView:
    """DSR-3: nobody is reminded of it any more, and the client reads it beside what holders did."""
    view = found(await task_queries.package(act.running.pool, request_id, assistance_id))
    if subprocessor_id not in {each.subprocessor_id for each in view.by_hand}:
        raise nothing_here()
    of = {"assistance_id": assistance_id, "subprocessor_id": subprocessor_id}
    await act.say(HandlingSubProcessorAsked, request_id, body, by="asked_by", **of)
    return found(await task_queries.package(act.running.pool, request_id, assistance_id))
