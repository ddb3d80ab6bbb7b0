"""Documents by their hash: kept as bytes, bounded in size and number, given back as bytes and never as a page (§7)."""

from hashlib import sha256
from http import HTTPStatus
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Path, Query, Request, Response

from assurance.reading_api import app_of
from chassis.asking import PathId, Reading, Running, found
from chassis.database import Pool
from chassis.http import Authenticated
from chassis.problems import Problem
from chassis.rights import Caller, Right
from contracts.evidence import Document, Line, Sha256

router = APIRouter(tags=["documents"])
_BINARY = {"content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}}
Named = Annotated[Line, Query(description="what the document is called")]
Hash = Annotated[Sha256, Path(description="the document's SHA-256")]


@router.post(
    "/clients/{client_id}/documents",
    status_code=HTTPStatus.CREATED,
    summary="Keep a document: the body is its bytes",
    openapi_extra={"requestBody": {"required": True, **_BINARY}},
)
async def keep(client_id: PathId, name: Named, request: Request, caller: Authenticated, running: Running) -> Document:
    """The same bytes again change nothing; what is answered can be named in what is said afterwards."""
    if not caller.may(Right.HANDLE_ASSURANCE):
        caller.require(Right.ASK_ASSURANCE)
    caller.require_client(client_id)
    content = await request.body()
    if not content:
        raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, "a document has at least one byte")
    document = Document(sha256=sha256(content).hexdigest(), name=name, bytes=len(content))
    await _keep(running, caller, client_id, document, content, app_of(request).settings.documents_per_client)
    return document


async def _keep(
    running: Running, caller: Caller, client_id: str, document: Document, content: bytes, at_most: int
) -> None:
    async with running.pool.acquire() as connection, connection.transaction():
        found(await connection.fetchval("SELECT true FROM client WHERE client_id = $1 FOR UPDATE", client_id))
        kept = await connection.fetchval(
            """
            SELECT count(*) FILTER (WHERE sha256 <> $2) FROM document WHERE client_id = $1
            """,
            client_id,
            document.sha256,
        )
        if kept >= at_most:
            raise Problem(HTTPStatus.CONFLICT, f"{at_most} documents are kept for this client, and no more")
        await connection.execute(
            """
            INSERT INTO document (client_id, sha256, name, content, kept_by, kept_at) VALUES ($1, $2, $3, $4, $5, $6)
                ON CONFLICT DO NOTHING
            """,
            client_id,
            document.sha256,
            document.name,
            content,
            caller.subject,
            running.clock.now(),
        )


@router.get(
    "/clients/{client_id}/documents/{sha256}",
    summary="A document's bytes",
    response_class=Response,
    responses={HTTPStatus.OK.value: {"description": "The bytes", **_BINARY}},
)
async def fetch(client_id: PathId, sha256: Hash, caller: Authenticated, pool: Reading) -> Response:
    """§7, §12: its own client's and staff's; an audit's report is for those who may see reports."""
    caller.require(Right.SEE_ASSURANCE)
    caller.require_client(client_id)
    if await _is_report(pool, client_id, sha256):
        caller.require(Right.SEE_AUDIT_REPORTS)
    row = found(
        await pool.fetchrow(
            "SELECT name, content FROM document WHERE client_id = $1 AND sha256 = $2", client_id, sha256
        )
    )
    headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(row['name'], safe='')}"}
    return Response(row["content"], media_type="application/octet-stream", headers=headers)


async def _is_report(pool: Pool, client_id: str, sha256_: str) -> bool:
    is_report: bool = await pool.fetchval(
        """
        SELECT EXISTS (SELECT FROM matter WHERE client_id = $1 AND kind = 'audit'
                          AND record #>> '{report,report,sha256}' = $2)
        """,
        client_id,
        sha256_,
    )
    return is_report
