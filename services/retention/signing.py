"""Ed25519 over one canonical form of a certificate: signed here, verified anywhere with the public key alone."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from chassis import signing
from chassis.signing import NotVerified, Signature, once
from contracts.canonical import canonical, sha256_of

__all__ = ["FORMAT", "NotVerified", "Signer", "sha256_of", "verify"]

Json = Mapping[str, object]
FORMAT: Final = "dutiful-certificate/1"


class Signer:
    """Signs certificates with the key of one file, which only its owner may read."""

    def __init__(self, path: Path) -> None:
        self._key = signing.Signer(path)

    @property
    def public_pem(self) -> str:
        """The public key, for whoever verifies."""
        return self._key.public_pem

    def sign(self, certificate: Json) -> str:
        """The certificate with its signature, as a JSON document."""
        signature = self._key.sign(_signed(certificate))
        document = {"certificate": certificate, "signature": signature.as_json()}
        return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def verify(document: bytes, public_pem: bytes) -> Json:
    """The certificate, if this key has signed it as it stands; raises `NotVerified`."""
    certificate, signature = _parts(document)
    made = Signature(str(signature.get("key_id")), str(signature.get("value")))
    signing.check(_signed(certificate), signature.get("algorithm"), made, public_pem, what="the certificate")
    return certificate


def _parts(document: bytes) -> tuple[Json, Json]:
    try:
        read = json.loads(document, object_pairs_hook=once)
    except (ValueError, RecursionError) as error:
        raise NotVerified(f"the file is no JSON of a certificate: {error}") from error
    certificate, signature = (read.get("certificate"), read.get("signature")) if isinstance(read, dict) else (0, 0)
    if not isinstance(certificate, dict) or not isinstance(signature, dict):
        raise NotVerified("the file is no certificate: it needs `certificate` and `signature`")
    if certificate.get("format") != FORMAT:
        raise NotVerified(f"the format is not {FORMAT}")
    return certificate, signature


def _signed(certificate: Json) -> bytes:
    try:
        return FORMAT.encode() + b"\n" + canonical(certificate)
    except ValueError as error:
        raise NotVerified(f"the certificate holds what none of ours does: {error}") from error
