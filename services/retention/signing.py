"""Ed25519 over one canonical form of a certificate: signed here, verified anywhere with the public key alone."""

import base64
import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from chassis.access import KeyUnusable, refuse_shared

Json = Mapping[str, object]
FORMAT: Final = "dutiful-certificate/1"


class NotVerified(ValueError):
    """The file is no certificate that this key has signed; the text says why."""


class Signer:
    """Signs with the key of one file, which only its owner may read."""

    def __init__(self, path: Path) -> None:
        refuse_shared(path)
        key = serialization.load_pem_private_key(path.read_bytes(), password=None)
        if not isinstance(key, Ed25519PrivateKey):
            raise KeyUnusable(f"{path} holds no Ed25519 key")
        self._key = key

    @property
    def public_pem(self) -> str:
        """The public key, for whoever verifies."""
        public = self._key.public_key()
        return public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode()

    def sign(self, certificate: Json) -> str:
        """The certificate with its signature, as a JSON document."""
        signature = self._key.sign(_signed(certificate))
        document = {
            "certificate": certificate,
            "signature": {
                "algorithm": "Ed25519",
                "key_id": key_id(self._key.public_key()),
                "value": base64.b64encode(signature).decode(),
            },
        }
        return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def verify(document: bytes, public_pem: bytes) -> Json:
    """The certificate, if this key has signed it as it stands; raises `NotVerified`."""
    public = _public(public_pem)
    certificate, signature = _parts(document)
    if signature.get("algorithm") != "Ed25519":
        raise NotVerified("the signature is not an Ed25519 one")
    if signature.get("key_id") != key_id(public):
        raise NotVerified(f"it is signed with the key {signature.get('key_id')}; this is the key {key_id(public)}")
    try:
        public.verify(base64.b64decode(str(signature.get("value")), validate=True), _signed(certificate))
    except (InvalidSignature, ValueError):
        raise NotVerified("the signature does not fit: the certificate was changed, or is not from this key") from None
    return certificate


def key_id(public: Ed25519PublicKey) -> str:
    """A short name of a public key."""
    raw = public.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    return hashlib.sha256(raw).hexdigest()[:16]


def sha256_of(value: object) -> str:
    """The SHA-256 of a value's canonical form."""
    return hashlib.sha256(_canonical(value)).hexdigest()


def _public(pem: bytes) -> Ed25519PublicKey:
    try:
        public = serialization.load_pem_public_key(pem)
    except ValueError as error:
        raise NotVerified("the key file holds no public key in PEM") from error
    if not isinstance(public, Ed25519PublicKey):
        raise NotVerified("the key file holds no Ed25519 key")
    return public


def _parts(document: bytes) -> tuple[Json, Json]:
    try:
        read = json.loads(document, object_pairs_hook=_once)
    except (ValueError, RecursionError) as error:
        raise NotVerified(f"the file is no JSON of a certificate: {error}") from error
    certificate, signature = (read.get("certificate"), read.get("signature")) if isinstance(read, dict) else (0, 0)
    if not isinstance(certificate, dict) or not isinstance(signature, dict):
        raise NotVerified("the file is no certificate: it needs `certificate` and `signature`")
    if certificate.get("format") != FORMAT:
        raise NotVerified(f"the format is not {FORMAT}")
    return certificate, signature


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """An object in which no name stands twice: readers differ in which of the two they show."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice")
    return found


def _signed(certificate: Json) -> bytes:
    return FORMAT.encode() + b"\n" + _canonical(certificate)


def _canonical(value: object) -> bytes:
    """Sorted names, no spaces, UTF-8; certificates hold text, whole numbers, true, false and null alone."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()
