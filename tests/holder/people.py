"""What `requests` tells a holder of whom a task is about, as tests stand in for it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from aiohttp import web

from chassis.access import Access, Right
from chassis.problems import Problem
from contracts.dsar import Identifier
from contracts.task import TaskSubject


@dataclass
class People:
    """Subjects by order; `answers` are statuses that come first, and `asked` who asked for which order."""

    key: Path
    url: str = ""
    subjects: dict[str, TaskSubject] = field(default_factory=dict)
    answers: list[int] = field(default_factory=list)
    asked: list[tuple[str, str]] = field(default_factory=list)

    def know(
        self, order_id: str, client_id: str, corrections: dict[str, str] | None = None, **identifiers: str
    ) -> None:
        """From now on an order is about somebody."""
        self.subjects[order_id] = TaskSubject(
            order_id=order_id,
            client_id=client_id,
            identifiers=tuple(Identifier(kind=kind, value=value) for kind, value in identifiers.items()),
            corrections=corrections or {},
        )

    async def answer(self, request: web.Request) -> web.Response:
        """As `requests` does: the holder's own token, and 410 where the task is over."""
        if self.answers:
            return web.Response(status=self.answers.pop(0))
        try:
            caller = await Access(issuer=None, key=self.key).caller_of(request.headers.get("Authorization"))
            caller.require(Right.READ_SUBJECTS)
        except Problem as problem:
            return web.Response(status=problem.status)
        order_id = request.match_info["order_id"]
        self.asked.append((caller.subject, order_id))
        subject = self.subjects.get(order_id)
        if subject is None:
            return web.Response(status=410)
        return web.Response(text=subject.model_dump_json(), content_type="application/json")


@asynccontextmanager
async def serve(key: Path) -> AsyncIterator[People]:
    """People, and the server that tells of them."""
    people = People(key)
    app = web.Application()
    app.router.add_get("/tasks/{order_id}/subject", people.answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    people.url = f"http://{host}:{port}"
    try:
        yield people
    finally:
        await runner.cleanup()
