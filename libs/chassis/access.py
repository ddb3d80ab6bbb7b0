"""Bearer tokens (JWT, RFC 7519): from an OpenID Connect issuer in production, from a local key on a laptop."""

import base64
import hashlib
import os
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from pathlib import Path
from typing import Annotated, Final, Self

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from jwt.exceptions import ExpiredSignatureError, InvalidAudienceError, PyJWTError
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from chassis.errors import Unable
from chassis.issuer import Issuer
from chassis.problems import Problem, unauthorized
from chassis.rights import RIGHTS, Caller, Right, Role
from chassis.undertakings import Undertakings
from contracts.event import Id

__all__ = ["RIGHTS", "Access", "Caller", "KeyUnusable", "Right", "Role", "make_key", "mint", "own_token"]

AUDIENCE: Final = "dutiful"
LOCAL_ISSUER: Final = "dutiful/local"
_OWN_TTL: Final = timedelta(minutes=5)
_LEEWAY_S: Final = 10  # clocks of different machines differ
_AT_MOST = 8192  # characters of a token; an issuer's are under two thousand


class KeyUnusable(Unable):
    """The file can't be read, is no Ed25519 private key in PEM, or others than its owner may read it."""


class _Claims(BaseModel):
    """What a token must say, beside the registered claims that PyJWT checks.

    The names are our own: `client_id` in an access token is the OAuth client, an application (RFC 9068, 2.2).
    """

    model_config = ConfigDict(frozen=True, extra="ignore", validate_by_name=True, validate_by_alias=True)

    sub: Annotated[str, Field(min_length=1, max_length=256)]
    role: Annotated[Role, Field(alias="dutiful_role")]
    client_id: Annotated[Id | None, Field(alias="dutiful_client")] = None

    @model_validator(mode="after")
    def _belongs(self) -> Self:
        if self.role.is_staff and self.client_id is not None:
            raise ValueError("a staff role has no dutiful_client")
        if not self.role.is_staff and self.client_id is None:
            raise ValueError("a client's role needs a dutiful_client")
        return self


class Access:
    """Knows whose tokens count: an issuer's, a local key's, both or none."""

    def __init__(self, *, issuer: str | None, key: Path | None, undertakings: Undertakings | None = None) -> None:
        """`issuer` is the URL as its tokens name it; `key` is a file that `make_key` made.

        With `undertakings` staff need one in force; without, a token is enough.
        """
        self._undertakings = undertakings
        self._issuer = Issuer(issuer) if issuer else None
        self._local = read_key(key).public_key() if key else None
        self._local_kid = _kid(self._local) if self._local else None

    async def caller_of(self, authorization: str | None) -> Caller:
        """Who calls, by the `Authorization` header; a 401 problem says what is wrong with it."""
        token = _bearer(authorization)
        try:
            return _caller(await self._decode(token))
        except ExpiredSignatureError:
            raise unauthorized("the token has expired") from None
        except InvalidAudienceError:
            raise unauthorized(f"the token is not for {AUDIENCE}") from None
        except PyJWTError:
            raise unauthorized("the token is not valid") from None

    async def require_undertaking(self, caller: Caller) -> None:
        """§3.2: a 403 problem for staff that must be bound to confidentiality, and isn't."""
        if self._undertakings is not None:
            await self._undertakings.require(caller)

    async def _decode(self, token: str) -> dict[str, object]:
        kid = jwt.get_unverified_header(token).get("kid")
        # The key decides on the algorithm and the issuer, never the token: nothing is left to confuse.
        if self._local is not None and kid == self._local_kid:
            return _verify(token, self._local, "EdDSA", LOCAL_ISSUER)
        key = await self._issuer.key(kid) if self._issuer and isinstance(kid, str) else None
        if self._issuer is None or key is None:
            raise unauthorized("the token is signed with a key that is not known here")
        return _verify(token, key, key.algorithm_name, self._issuer.url)


def make_key(path: Path) -> bool:
    """Write a new Ed25519 key that only its owner may read, unless the file is there already; True if it was made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pem = Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    # Whole or not at all, and never over another's: two processes that start together end up with one key.
    draft = path.with_name(f"{path.name}.{os.getpid()}.new")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(pem)
    try:
        os.link(draft, path)
    except FileExistsError:
        return False
    finally:
        draft.unlink()
    return True


def mint(key_path: Path, *, subject: str, role: Role, client_id: str | None, ttl: timedelta, now: datetime) -> str:
    """A token signed with the local key, good from `now` for `ttl`; ValueError if role and client don't fit."""
    claims = _Claims(sub=subject, role=role, client_id=client_id)
    key = read_key(key_path)
    times = {"iat": now, "exp": now + ttl}
    payload = {
        **claims.model_dump(mode="json", by_alias=True, exclude_none=True),
        "aud": AUDIENCE,
        "iss": LOCAL_ISSUER,
        **times,
    }
    return jwt.encode(payload, key, algorithm="EdDSA", headers={"kid": _kid(key.public_key())})


def own_token(key_path: Path, subject: str, role: Role) -> str:
    """A token for a call that a service makes now, signed with the local key."""
    return mint(key_path, subject=subject, role=role, client_id=None, ttl=_OWN_TTL, now=datetime.now(UTC))


def _bearer(authorization: str | None) -> str:
    if not authorization:
        raise Problem(
            HTTPStatus.UNAUTHORIZED,
            "a bearer token is needed: Authorization: Bearer …",
            headers={"WWW-Authenticate": 'Bearer realm="dutiful"'},
        )
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "bearer" or not token.strip() or len(token) > _AT_MOST:
        raise unauthorized("the Authorization header holds no bearer token")
    return token.strip()


def _verify(token: str, key: Ed25519PublicKey | jwt.PyJWK, algorithm: str, issuer: str) -> dict[str, object]:
    return jwt.decode(
        token,
        key,
        algorithms=[algorithm],
        audience=AUDIENCE,
        issuer=issuer,
        leeway=_LEEWAY_S,
        options={"require": ["sub", "aud", "iat", "exp", "iss"]},
    )


def _caller(payload: dict[str, object]) -> Caller:
    try:
        claims = _Claims.model_validate(payload, by_alias=True, by_name=False)
    except ValidationError as error:
        wrong = error.errors(include_url=False, include_input=False)[0]
        where = "".join(str(step) for step in wrong["loc"])
        reason = wrong["msg"].removeprefix("Value error, ") if not where else f"its claim {where} is missing or wrong"
        raise unauthorized(f"the token can't be used: {reason}") from None
    return Caller(claims.sub, claims.role, claims.client_id)


def refuse_shared(path: Path) -> None:
    """KeyUnusable where others than its owner may read the file, or nobody can.

    A secret that Kubernetes mounts for a process that isn't root belongs to root and to a group of that process alone:
    there the group may read.
    """
    try:
        about = path.stat()
    except OSError as error:
        raise KeyUnusable(f"{path} can't be read: {error.strerror}") from error
    if is_shared(about.st_mode, owner=about.st_uid, us=os.geteuid()):
        raise KeyUnusable(f"{path} may be read by others than its owner: chmod 600 {path}")


def is_shared(mode: int, *, owner: int, us: int) -> bool:
    """Whether a file of this mode and owner may be read by others than who must."""
    mounted = owner == 0 and us != 0
    return bool(mode & (0o037 if mounted else 0o077))


def read_key(path: Path) -> Ed25519PrivateKey:
    """The key in a file; KeyUnusable says in a sentence what is wrong with it."""
    refuse_shared(path)
    try:
        key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    except (ValueError, TypeError) as error:
        raise KeyUnusable(f"{path} holds no private key in PEM") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise KeyUnusable(f"{path} holds no Ed25519 key")
    return key


def _kid(key: Ed25519PublicKey) -> str:
    raw = key.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    return "local-" + base64.urlsafe_b64encode(hashlib.sha256(raw).digest()[:12]).decode()
