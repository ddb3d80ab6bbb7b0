"""Certificates of deletion: as signed JSON, as PDF, and the key that verifies them (TER-6)."""

import asyncio

from fastapi import APIRouter, Request, Response
from fastapi.responses import PlainTextResponse

from chassis.asking import PathId, Reading, found
from chassis.http import Authenticated
from chassis.rights import Right
from retention import printing, queries
from retention.asking import app_of
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
    return Response(await _document(certificate_id, caller, pool), media_type="application/json")


@router.get("/certificates/{certificate_id}/pdf", summary="A certificate on paper")
async def print_certificate(certificate_id: PathId, caller: Authenticated, pool: Reading) -> Response:
    """§8.3: the same in words, with the signed JSON attached."""
    document = await _document(certificate_id, caller, pool)
    return Response(await asyncio.to_thread(printing.pdf_of, document), media_type="application/pdf")


@router.get("/certificate-key", summary="The public key that verifies certificates")
async def read_key(request: Request, caller: Authenticated) -> PlainTextResponse:
    """Ed25519, in PEM."""
    caller.require(Right.SEE_TERMINATIONS)
    return PlainTextResponse(app_of(request).signer.public_pem)


async def _document(certificate_id: str, caller: Authenticated, pool: Reading) -> str:
    caller.require(Right.SEE_TERMINATIONS)
    client_id, document = found(await queries.document(pool, certificate_id))
    caller.require_client(client_id)
    return document
