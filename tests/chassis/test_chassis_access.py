"""Whose tokens count, and what their bearers may do (§4.3, §12, Appendix C 9)."""

import base64
import json
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from pathlib import Path
from typing import Final

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pydantic import ValidationError
from typer import Typer
from typer.testing import CliRunner

from chassis.access import RIGHTS, Access, Caller, KeyUnusable, Right, Role, make_key, mint
from chassis.problems import Problem, nothing_here
from dutiful.token_command import token as token_command

NOW: Final = datetime.now(UTC)
HOUR: Final = timedelta(hours=1)
STAFF: Final = (Role.OPERATOR, Role.DPO, Role.AUDITOR)
CLIENTS: Final = (Role.SUPER_ADMINISTRATOR, Role.ADMINISTRATOR, Role.MANAGER, Role.USER)

# The table once more, as letters: a right that is given or taken by accident shows here.
#           super_administrator, administrator, manager, user; operator, dpo, auditor; holder
TABLE: Final = {
    Right.SEE_LIST: "S...ODA.",
    Right.SEE_CHANGES: "S...ODA.",
    Right.SEE_PERMISSIONS: "S...ODA.",
    Right.SEE_DELIVERIES: "SAM.ODA.",
    Right.SEE_ALL_CLIENTS: "....ODA.",
    Right.OBJECT: "S...OD..",
    Right.ANSWER_MITIGATION: "S.......",
    Right.OFFER_MITIGATION: "....OD..",
    Right.SIMULATE: "....OD..",
    Right.MANAGE_ENDPOINTS: "SA..O...",
    Right.MANAGE_CONTACTS: "SA..O...",
    Right.RESEND: "....O...",
    Right.SEE_TERMINATIONS: "S...ODA.",
    Right.CHOOSE: "S...OD..",
    Right.FETCH: "S.......",
    Right.HOLD: "....OD..",
    Right.ANSWER_ORDERS: "....O...",
    Right.CHECK_ACCESS: "....OD..",
    Right.SEE_BREACHES: "SA..ODA.",
    Right.HANDLE_BREACHES: "....OD..",
    Right.ASK_ABOUT_BREACH: "SA..OD..",
    Right.SEE_ASSURANCE: "SA..ODA.",
    Right.SEE_AUDIT_REPORTS: "S...ODA.",
    Right.ASK_ASSURANCE: "S...OD..",
    Right.ACCEPT_COSTS: "S.......",
    Right.HANDLE_ASSURANCE: "....OD..",
    Right.SEE_MEASURES: "SAM.ODA.",
    Right.KEEP_MEASURES: "....OD..",
    Right.SEE_UNDERTAKINGS: "....ODA.",
    Right.KEEP_UNDERTAKINGS: ".....D..",
    Right.SEE_EVIDENCE: "S...ODA.",
    Right.SEE_REQUESTS: "SA..ODA.",
    Right.HANDLE_REQUESTS: "....OD..",
    Right.INSTRUCT: "S...OD..",
    Right.OPEN_SEALED: ".....D..",
    Right.READ_SUBJECTS: ".......H",
}


@pytest.fixture
def key(tmp_path: Path) -> Path:
    """A local key."""
    path = tmp_path / "keys" / "token.pem"
    make_key(path)
    return path


@pytest.fixture
def access(key: Path) -> Access:
    """Access by the local key alone."""
    return Access(issuer=None, key=key)


def minted(key: Path, role: Role = Role.SUPER_ADMINISTRATOR, client_id: str | None = "acme") -> str:
    """A good token."""
    return mint(key, subject="ada", role=role, client_id=client_id, ttl=HOUR, now=NOW)


def private_of(key: Path) -> Ed25519PrivateKey:
    """The key itself."""
    private = serialization.load_pem_private_key(key.read_bytes(), password=None)
    assert isinstance(private, Ed25519PrivateKey)
    return private


def forged(key: Path, **changed: object) -> str:
    """A token signed with the right key, whose claims are changed; None takes a claim away."""
    good = minted(key)
    claims = jwt.decode(good, options={"verify_signature": False}) | changed
    private = private_of(key)
    headers = {"kid": jwt.get_unverified_header(good)["kid"]}
    kept = {name: value for name, value in claims.items() if value is not None}
    return jwt.encode(kept, private, algorithm="EdDSA", headers=headers)


async def refusal(access: Access, token: str | None, *, scheme: str = "Bearer ") -> str:
    """Why the token doesn't count."""
    with pytest.raises(Problem) as raised:
        await access.caller_of(None if token is None else f"{scheme}{token}")
    assert raised.value.status is HTTPStatus.UNAUTHORIZED
    assert (raised.value.headers or {})["WWW-Authenticate"].startswith("Bearer ")
    return raised.value.detail


@pytest.mark.parametrize("right", Right)
@pytest.mark.parametrize("role", Role)
def test_every_role_has_the_rights_of_the_table_and_no_other(role: Role, right: Right) -> None:
    """Appendix C 9: a role may do what the table says; what it may not is refused by the right's name."""
    may = TABLE[right][list(Role).index(role)] != "."
    caller = Caller("ada", role, None if role.is_staff else "acme")
    assert caller.may(right) is may
    if may:
        caller.require(right)
        return
    with pytest.raises(Problem) as raised:
        caller.require(right)
    assert raised.value.status is HTTPStatus.FORBIDDEN
    assert right.value in raised.value.detail


def test_every_role_is_in_the_table() -> None:
    """A role without a row would be an error in the middle of a request."""
    assert set(RIGHTS) == set(Role) == {*STAFF, *CLIENTS, Role.HOLDER}


@pytest.mark.parametrize("role", CLIENTS)
def test_another_clients_record_does_not_exist(role: Role) -> None:
    """§12: another client's record is answered like one that isn't there, word for word."""
    caller = Caller("ada", role, "acme")
    caller.require_client("acme")
    with pytest.raises(Problem) as raised:
        caller.require_client("globex")
    assert raised.value.response().body == nothing_here().response().body
    assert raised.value.status is HTTPStatus.NOT_FOUND


@pytest.mark.parametrize("role", STAFF)
def test_staff_reach_every_clients_record(role: Role) -> None:
    """The processor's staff belong to no client and see them all."""
    Caller("ops", role).require_client("globex")


@pytest.mark.parametrize("role", Role)
async def test_a_minted_token_names_its_caller(key: Path, access: Access, role: Role) -> None:
    """What `mint` says is what `caller_of` hears, for every role; the scheme's case doesn't matter (RFC 9110)."""
    client_id = None if role.is_staff else "acme"
    authorization = f"bEARER {minted(key, role, client_id)}"
    assert await access.caller_of(authorization) == Caller("ada", role, client_id)


@pytest.mark.parametrize("role", Role)
async def test_a_role_and_a_client_that_do_not_fit_are_refused(key: Path, access: Access, role: Role) -> None:
    """A client's role without a client would see nobody's records or everybody's; staff with one are an error."""
    unfit = "acme" if role.is_staff else None
    with pytest.raises(ValidationError):
        minted(key, role, unfit)
    assert "dutiful_client" in await refusal(access, forged(key, dutiful_role=role, dutiful_client=unfit))


@pytest.mark.parametrize("claim", ["sub", "dutiful_role", "aud", "iat", "exp", "iss"])
async def test_a_token_without_a_claim_is_refused(key: Path, access: Access, claim: str) -> None:
    """No claim has a default."""
    await refusal(access, forged(key, **{claim: None}))


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"exp": NOW - HOUR}, "expired"),
        ({"nbf": NOW + HOUR}, "not valid"),
        ({"iat": NOW + HOUR}, "not valid"),
        ({"aud": "somebody else"}, "not for dutiful"),
        ({"iss": "https://issuer.example"}, "not valid"),
        ({"dutiful_role": "root"}, "role"),
        ({"dutiful_role": ["operator"]}, "role"),
        ({"dutiful_client": "acme/../globex"}, "dutiful_client"),
        ({"dutiful_client": ""}, "dutiful_client"),
        ({"sub": ""}, "sub"),
        ({"sub": "x" * 257}, "sub"),
    ],
)
async def test_a_signed_token_with_a_wrong_claim_is_refused(
    key: Path, access: Access, changed: dict[str, object], reason: str
) -> None:
    """A good signature is not enough; the reason names what is wrong."""
    assert reason in await refusal(access, forged(key, **changed))


async def test_an_applications_id_is_no_clients(key: Path, access: Access) -> None:
    """RFC 9068, 2.2: `client_id` names the application that asked for the token; it opens no client's records."""
    assert "dutiful_client" in await refusal(access, forged(key, dutiful_client=None, client_id="acme"))
    assert "role" in await refusal(access, forged(key, dutiful_role=None, role="super_administrator"))


async def test_a_tampered_token_is_refused(key: Path, access: Access) -> None:
    """Every part of a token is covered by its signature."""
    head, body, signature = minted(key, Role.USER).split(".")
    claims = json.loads(base64.urlsafe_b64decode(body + "=="))
    raised = json.dumps(claims | {"dutiful_role": Role.SUPER_ADMINISTRATOR}).encode()
    better = base64.urlsafe_b64encode(raised).rstrip(b"=").decode()
    assert await refusal(access, f"{head}.{better}.{signature}")
    assert await refusal(access, f"{head}.{body}.{signature[:-8]}AAAAAAAA")
    assert await refusal(access, f"{head}.{body}.")


async def test_another_local_key_is_refused_with_the_right_name(key: Path, access: Access, tmp_path: Path) -> None:
    """The key's id in a token is a hint, never a proof."""
    other = tmp_path / "other.pem"
    make_key(other)
    assert "not known" in await refusal(access, minted(other))
    private = private_of(other)
    good = minted(key)
    claims = jwt.decode(good, options={"verify_signature": False})
    kid = jwt.get_unverified_header(good)["kid"]
    assert "not valid" in await refusal(access, jwt.encode(claims, private, "EdDSA", headers={"kid": kid}))


async def test_the_public_key_is_no_shared_secret(key: Path, access: Access) -> None:
    """Algorithm confusion: an HMAC made with the public key, which anybody has, proves nothing; neither does `none`."""
    good = minted(key)
    claims, header = jwt.decode(good, options={"verify_signature": False}), jwt.get_unverified_header(good)
    raw = private_of(key).public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    assert "not valid" in await refusal(access, jwt.encode(claims, raw, "HS256", headers={"kid": header["kid"]}))
    assert "not valid" in await refusal(access, jwt.encode(claims, "", "none", headers={"kid": header["kid"]}))


@pytest.mark.parametrize("token", ["", " ", "abc", "a.b.c", "é.é.é", "x" * 10_000, "eyJhbGciOiJub25lIn0.e30."])
async def test_what_is_no_token_is_refused(access: Access, token: str) -> None:
    """Whatever stands in the header, the answer is a 401, never an error of ours."""
    await refusal(access, token)


async def test_no_header_and_another_scheme_are_refused(key: Path, access: Access) -> None:
    """A token counts as a bearer token alone."""
    assert "bearer token" in await refusal(access, None)
    assert "bearer token" in await refusal(access, minted(key), scheme="Basic ")
    assert "bearer token" in await refusal(access, minted(key), scheme="")


async def test_without_key_and_issuer_nobody_gets_in(key: Path) -> None:
    """A service that was told of no key knows no callers."""
    assert await refusal(Access(issuer=None, key=None), minted(key))


def test_a_key_is_made_once_and_for_its_owner_alone(tmp_path: Path) -> None:
    """A second start keeps the key, so that tokens go on counting; nobody else can read it."""
    path = tmp_path / "deep" / "key.pem"
    make_key(path)
    first = path.read_bytes()
    make_key(path)
    assert path.read_bytes() == first
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(path.parent.iterdir()) == [path]


def test_a_key_that_others_may_read_is_refused(key: Path) -> None:
    """A key in the open is no key."""
    key.chmod(0o644)
    with pytest.raises(KeyUnusable, match="chmod 600"):
        Access(issuer=None, key=key)


@pytest.mark.parametrize("content", [b"", b"no pem"])
def test_a_file_that_is_no_key_is_refused(tmp_path: Path, content: bytes) -> None:
    """The error names the file."""
    path = tmp_path / "key.pem"
    path.write_bytes(content)
    path.chmod(0o600)
    with pytest.raises(KeyUnusable, match=r"key\.pem"):
        Access(issuer=None, key=path)


async def test_the_command_prints_a_token_that_counts(tmp_path: Path) -> None:
    """`dutiful token` makes the key where it is missing, and its token is accepted by who has that key."""
    app, path = Typer(), tmp_path / "key.pem"
    app.command()(token_command)
    asked = ["--role", "manager", "--client", "acme", "--subject", "grace", "--key", str(path)]
    printed = CliRunner().invoke(app, asked)
    assert printed.exit_code == 0, printed.output
    caller = await Access(issuer=None, key=path).caller_of(f"Bearer {printed.stdout.strip()}")
    assert caller == Caller("grace", Role.MANAGER, "acme")


@pytest.mark.parametrize(
    "asked",
    [
        ["--role", "root"],
        ["--role", "user"],
        ["--role", "dpo", "--client", "acme"],
        ["--role", "user", "--client", "/"],
    ],
)
def test_the_command_refuses_what_no_service_would_take(tmp_path: Path, asked: list[str]) -> None:
    """Better now than by a 401 later."""
    app, path = Typer(), tmp_path / "key.pem"
    app.command()(token_command)
    assert CliRunner().invoke(app, [*asked, "--key", str(path)]).exit_code != 0
    assert not path.exists()
