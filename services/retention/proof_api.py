"""Certificates of deletion: as signed JSON, as PDF, and the key that verifies them (TER-6)."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import PlainTextResponse

from chassis.asking import PathId, Reading, found
from chassis.http import Authenticated
from chassis.rights import Right
from contracts.client import Language
from retention import queries
from retention.asking import app_of
from retention.texts import Texts
from retention.views import CertificateView

router = APIRouter(tags=["certificates"])


@router.get("/clients/{client_id}/certificates", summary="The certificates of a client, the newest first")
async def read_certificates(client_id: PathId, caller: Authenticated, pool: Reading) -> list[CertificateView]:
    """§8.3: one after each part of the deletion; the last tells all."""
    caller.require(Right.SEE_TERMINATIONS)
    caller.require_client(client_id)
    return await queries.certificates(pool, client_id)


@router.get("/certificates/{certificate_id}", summary="A certificate, signed")
async def read_certificate(certificate_id: PathId, caller: Authenticated, pool: Reading) -> Response:
    """§8.3: byte for byte as it was signed; `dutiful certificate verify` checks it without this service."""
    return Response((await _certificate(certificate_id, caller, pool)).document, media_type="application/json")


@router.get("/certificates/{certificate_id}/pdf", summary="A certificate on paper")
async def print_certificate(
    certificate_id: PathId,
    request: Request,
    caller: Authenticated,
    pool: Reading,
    language: Annotated[Language | None, Query(description="instead of the client's own")] = None,
) -> Response:
    """§8.3: the same in words of the client's language, with the signed JSON attached; times are the agreement's."""
    certificate = await _certificate(certificate_id, caller, pool)
    texts = Texts(language or certificate.language, app_of(request).book[certificate.signed].zone)
    pdf = await asyncio.to_thread(_print, certificate.document, texts)
    return Response(pdf, media_type="application/pdf")


@router.get("/certificate-key", summary="The public key that verifies certificates")
async def read_key(request: Request, caller: Authenticated) -> PlainTextResponse:
    """Ed25519, in PEM."""
    caller.require(Right.SEE_TERMINATIONS)
    return PlainTextResponse(app_of(request).signer.public_pem)


def _print(document: str, texts: Texts) -> bytes:
    from retention.printing import pdf_of  # what prints costs memory: only who prints pays

    return pdf_of(document, texts)


async def _certificate(certificate_id: str, caller: Authenticated, pool: Reading) -> queries.Document:
    caller.require(Right.SEE_TERMINATIONS)
    certificate = found(await queries.document(pool, certificate_id))
    caller.require_client(certificate.client_id)
    return certificate
