"""Ed25519 over bytes: signed with the key of one file, verified anywhere with the public key alone."""

import base64
import hashlib
from pathlib import Path
from typing import Final, NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from chassis.access import read_key

ALGORITHM: Final = "Ed25519"


class NotVerified(ValueError):
    """Something is not what this key has signed; the text says why."""


class Signature(NamedTuple):
    """A signature, and the short name of the key that made it."""

    key_id: str
    value: str

    def as_json(self) -> dict[str, str]:
        """As it stands in a document."""
        return {"algorithm": ALGORITHM, "key_id": self.key_id, "value": self.value}


class Signer:
    """Signs with the key of one file, which only its owner may read."""

    def __init__(self, path: Path) -> None:
        self._key = read_key(path)
        self.key_id = key_id(self._key.public_key())

    @property
    def public_pem(self) -> str:
        """The public key, for whoever verifies."""
        public = self._key.public_key()
        return public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode()

    def sign(self, signed: bytes) -> Signature:
        """The signature of these bytes."""
        return Signature(self.key_id, base64.b64encode(self._key.sign(signed)).decode())


def check(signed: bytes, algorithm: object, signature: Signature, public_pem: bytes, *, what: str) -> None:
    """Nothing, if this key has signed these bytes; else NotVerified, in which `what` names them."""
    public = _public(public_pem)
    if algorithm != ALGORITHM:
        raise NotVerified("the signature is not an Ed25519 one")
    if signature.key_id != key_id(public):
        raise NotVerified(f"it is signed with the key {signature.key_id}; this is the key {key_id(public)}")
    try:
        public.verify(base64.b64decode(signature.value, validate=True), signed)
    except (InvalidSignature, ValueError):
        raise NotVerified(f"the signature does not fit: {what} was changed, or is not from this key") from None


def once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """For `object_pairs_hook`: an object in which no name stands twice; readers differ in which of two they show."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice")
    return found


def key_id(public: Ed25519PublicKey) -> str:
    """A short name of a public key."""
    raw = public.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    return hashlib.sha256(raw).hexdigest()[:16]


def _public(pem: bytes) -> Ed25519PublicKey:
    try:
        public = serialization.load_pem_public_key(pem)
    except ValueError as error:
        raise NotVerified("the key file holds no public key in PEM") from error
    if not isinstance(public, Ed25519PublicKey):
        raise NotVerified("the key file holds no Ed25519 key")
    return public
