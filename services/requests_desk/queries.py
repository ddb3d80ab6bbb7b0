"""What people read of requests: staff of all, a client of its own; what is personal, whoever may (§9, §12)."""

from chassis.database import Pool
from chassis.rights import Caller, Right
from contracts.dsar import Act
from contracts.request import AssistanceStanding, RequestAnswerRefused, RequestKind
from requests_desk.assistance_store import Quote
from requests_desk.finding import place_of_answer, place_of_requester
from requests_desk.records import Request, Status
from requests_desk.request_store import COLUMNS, request_of
from requests_desk.vault import AnswerText, Requester, Vault
from requests_desk.views import (
    AnswerView,
    AssistanceView,
    AttemptView,
    CandidateView,
    RequestLine,
    RequestView,
)

Place = tuple[str | int, ...]
_LINE = RequestLine.model_fields


async def requests(
    pool: Pool,
    *,
    client_id: str | None,
    kind: RequestKind | None,
    status: Status | None,
    before: int | None,
    limit: int,
) -> list[tuple[RequestLine, Place]]:
    """Requests, the newest first, each with its place; of one client, or of all."""
    rows = await pool.fetch(
        f"""
        SELECT {COLUMNS}, seq
          FROM request
         WHERE ($1::text IS NULL OR client_id = $1) AND ($2::text IS NULL OR kind = $2)
           AND ($3::text IS NULL OR status = $3) AND ($4::bigint IS NULL OR seq < $4)
         ORDER BY seq DESC
         LIMIT $5
        """,
        client_id,
        kind,
        status,
        before,
        limit,
    )
    return [(_line(request_of(row)), (row["seq"],)) for row in rows]


async def found(pool: Pool, request_id: str, client_id: str | None = None) -> Request | None:
    """One request, also under an id that was folded into it; with a client, if it is about that client's data."""
    row = await pool.fetchrow(
        f"""
        SELECT {COLUMNS} FROM request
         WHERE request_id = coalesce((SELECT request_id FROM alias WHERE alias_id = $1), $1)
           AND ($2::text IS NULL OR client_id = $2)
        """,
        request_id,
        client_id,
    )
    return None if row is None else request_of(row)


async def whole(pool: Pool, vault: Vault, request: Request, caller: Caller) -> RequestView:
    """All of a request; what is personal for its client, and for who of the staff handles it."""
    own = caller.client_id is not None or (
        caller.may(Right.HANDLE_REQUESTS) and caller.subject == request.handler is not None
    )
    requesters = await _requesters(pool, vault, request.request_id) if own else []
    return RequestView(
        **{name: getattr(_line(request), name) for name in _LINE},
        because=list(request.reckoning.because) if request.reckoning else [],
        authority=request.authority,
        requester=requesters[0] if requesters else None,
        also_said=requesters[1:],
        candidates=[] if caller.client_id else await _candidates(pool, request.request_id),
        answers=await _answers(pool, request.request_id, vault if own else None),
        refused=await _refused(pool, request.request_id),
        assistance=await _assistance(pool, request.request_id),
    )


def _line(request: Request) -> RequestLine:
    return RequestLine(**{name: getattr(request, name) for name in _LINE})


async def sent_content(pool: Pool, vault: Vault, request_id: str, answer_id: str) -> bytes | str | None:
    """The bytes of an answer that was sent; why there are none; None: there is no such answer."""
    row = await pool.fetchrow(
        "SELECT closed, sent_at FROM answer WHERE answer_id = $1 AND request_id = $2", answer_id, request_id
    )
    if row is None:
        return None
    if row["sent_at"] is None:
        return "it was not sent: it may not leave before the client instructs so"
    if row["closed"] is None:
        return "it was sent, and its words are erased since"
    return vault.open(AnswerText, row["closed"], place_of_answer(answer_id)).model_dump_json().encode()


async def _requesters(pool: Pool, vault: Vault, request_id: str) -> list[Requester]:
    rows = await pool.fetch("SELECT nth, closed FROM requester WHERE request_id = $1 ORDER BY nth", request_id)
    return [vault.open(Requester, row["closed"], place_of_requester(request_id, row["nth"])) for row in rows]


async def _candidates(pool: Pool, request_id: str) -> list[CandidateView]:
    rows = await pool.fetch(
        "SELECT client_id, because FROM candidate WHERE request_id = $1 ORDER BY client_id", request_id
    )
    return [CandidateView(**dict(row)) for row in rows]


async def _answers(pool: Pool, request_id: str, vault: Vault | None) -> list[AnswerView]:
    rows = await pool.fetch(
        """
        SELECT answer_id, sha256, final, drafted_by, drafted_at, sent_at, sent_by, instruction_id,
               instruction_version, closed
          FROM answer
         WHERE request_id = $1
         ORDER BY seq
        """,
        request_id,
    )
    return [
        AnswerView(
            said=None
            if vault is None or row["closed"] is None
            else vault.open(AnswerText, row["closed"], place_of_answer(row["answer_id"])),
            **{name: row[name] for name in AnswerView.model_fields if name != "said"},
        )
        for row in rows
    ]


async def _refused(pool: Pool, request_id: str) -> list[AttemptView]:
    rows = await pool.fetch(
        "SELECT at, data FROM journal WHERE about = $1 AND what = $2 ORDER BY seq LIMIT 1000",
        request_id,
        RequestAnswerRefused.TYPE,
    )
    attempts = [(row["at"], RequestAnswerRefused.model_validate_json(row["data"])) for row in rows]
    return [
        AttemptView(
            at=at,
            answer_id=each.answer_id,
            instruction_id=each.instruction_id,
            tried_by=each.tried_by,
            reason=each.reason,
            clause=each.clause,
        )
        for at, each in attempts
    ]


async def _assistance(pool: Pool, request_id: str) -> list[AssistanceView]:
    rows = await pool.fetch(
        """
        SELECT assistance_id, acts, instruction_id, standing, asked_at, asked_by, quote
          FROM assistance
         WHERE request_id = $1
         ORDER BY seq
        """,
        request_id,
    )
    return [
        AssistanceView(
            assistance_id=row["assistance_id"],
            acts=[Act(each) for each in row["acts"]],
            instruction_id=row["instruction_id"],
            standing=AssistanceStanding(row["standing"]),
            asked_at=row["asked_at"],
            asked_by=row["asked_by"],
            quote=None if row["quote"] is None else Quote.model_validate_json(row["quote"]),
        )
        for row in rows
    ]
