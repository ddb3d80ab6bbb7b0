"""Tokens of an OpenID Connect issuer: its keys are found, kept, asked for again in measure, and never mistaken."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Final

import jwt
import pytest
from aiohttp import web
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

from chassis import issuer as issuer_module
from chassis.access import Access, Caller, Role
from chassis.problems import Problem

Private = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | Ed25519PrivateKey
RSA: Final = rsa.generate_private_key(65537, 2048)
P256: Final = ec.generate_private_key(ec.SECP256R1())
ED25519: Final = Ed25519PrivateKey.generate()
SECRET: Final = "a secret of thirty-two characters or more"


def jwk(kid: str, key: Private, **more: str) -> dict[str, str]:
    """The public half as a JSON Web Key (RFC 7517)."""
    match key:
        case rsa.RSAPrivateKey():
            text = RSAAlgorithm.to_jwk(key.public_key())
        case ec.EllipticCurvePrivateKey():
            text = ECAlgorithm.to_jwk(key.public_key())
        case _:
            text = OKPAlgorithm.to_jwk(key.public_key())
    fields: dict[str, str] = {name: value for name, value in json.loads(text).items() if name != "key_ops"}
    return fields | {"kid": kid} | more


class World:
    """An issuer on loopback: what it publishes can be changed, and who asks is counted."""

    def __init__(self) -> None:
        self.keys: list[dict[str, str]] = [jwk("rsa", RSA), jwk("ec", P256), jwk("ed", ED25519)]
        self.url = ""
        self.calls_itself = ""
        self.status = 200
        self.asked = 0

    async def discovery(self, _: web.Request) -> web.Response:
        """OpenID Connect Discovery 1.0 §4."""
        found = {"issuer": self.calls_itself or self.url, "jwks_uri": f"{self.url}/keys"}
        return web.json_response(found, status=self.status, headers={"Location": f"{self.url}/elsewhere"})

    async def elsewhere(self, _: web.Request) -> web.Response:
        """Where a redirect leads: the same, without trouble."""
        return web.json_response({"issuer": self.url, "jwks_uri": f"{self.url}/keys"})

    async def jwks(self, _: web.Request) -> web.Response:
        """RFC 7517 §5."""
        self.asked += 1
        return web.json_response({"keys": self.keys})

    def token(self, kid: str, key: Private | str, algorithm: str, **changed: object) -> str:
        """A token as this issuer would sign it, but for what is changed."""
        now = datetime.now(UTC)
        claims = {
            "iss": self.url,
            "aud": ["dutiful", "another"],
            "sub": "ada",
            "dutiful_role": "super_administrator",
            "dutiful_client": "acme",
            "iat": now,
            "exp": now + timedelta(minutes=5),
        }
        return jwt.encode(claims | changed, key, algorithm, headers={"kid": kid})


@pytest.fixture
async def world() -> AsyncIterator[World]:
    """An issuer that runs."""
    world, app = World(), web.Application()
    app.router.add_get("/.well-known/openid-configuration", world.discovery)
    app.router.add_get("/elsewhere", world.elsewhere)
    app.router.add_get("/keys", world.jwks)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    world.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield world
    await runner.cleanup()


@pytest.fixture
def access(world: World) -> Access:
    """Access by the issuer alone."""
    return Access(issuer=world.url, key=None)


async def refusal(access: Access, token: str) -> Problem:
    """The problem that the token meets."""
    with pytest.raises(Problem) as raised:
        await access.caller_of(f"Bearer {token}")
    return raised.value


@pytest.mark.parametrize(
    ("kid", "key", "algorithm"), [("rsa", RSA, "RS256"), ("ec", P256, "ES256"), ("ed", ED25519, "EdDSA")]
)
async def test_the_three_algorithms_count(world: World, access: Access, kid: str, key: Private, algorithm: str) -> None:
    """RS256, ES256 and EdDSA are what issuers sign with; the keys are asked for once."""
    for _ in range(3):
        caller = await access.caller_of(f"Bearer {world.token(kid, key, algorithm)}")
        assert caller == Caller("ada", Role.SUPER_ADMINISTRATOR, "acme")
    assert world.asked == 1


async def test_another_algorithm_for_the_same_key_is_refused(world: World, access: Access) -> None:
    """The key says which algorithm counts: not a weaker or a stronger one, and above all none that shares secrets."""
    for algorithm in ("RS384", "RS512", "PS256"):
        assert (await refusal(access, world.token("rsa", RSA, algorithm))).status == HTTPStatus.UNAUTHORIZED
    raw = ED25519.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw).hex()
    for kid in ("rsa", "ec", "ed"):
        assert (await refusal(access, world.token(kid, raw, "HS256"))).status == HTTPStatus.UNAUTHORIZED
        assert (await refusal(access, world.token(kid, "", "none"))).status == HTTPStatus.UNAUTHORIZED


async def test_keys_that_are_not_for_signatures_are_not_taken(world: World, access: Access) -> None:
    """A key for encryption, a shared secret, a kind that we don't know and one without a name are passed over."""
    secret = {
        "kty": "oct",
        "kid": "shared",
        "alg": "HS256",
        "k": "YSBzZWNyZXQgb2YgdGhpcnR5LXR3byBjaGFyYWN0ZXJzIG9yIG1vcmU",
    }
    unnamed = {name: value for name, value in jwk("", RSA).items() if name != "kid"}
    odd = {"kty": "new", "kid": "odd"}
    world.keys = [secret, odd, unnamed, jwk("enc", RSA, use="enc"), jwk("pss", RSA, alg="PS256"), jwk("ec", P256)]
    for kid, key, algorithm in (("shared", SECRET, "HS256"), ("enc", RSA, "RS256"), ("pss", RSA, "PS256")):
        assert "not known here" in (await refusal(access, world.token(kid, key, algorithm))).detail
    await access.caller_of(f"Bearer {world.token('ec', P256, 'ES256')}")


@pytest.mark.parametrize(
    "changed",
    [
        {"iss": "https://issuer.example"},
        {"iss": "dutiful/local"},
        {"aud": "another"},
        {"exp": 1},
        {"dutiful_role": "dpo"},
    ],
)
async def test_wrong_claims_are_refused(world: World, access: Access, changed: dict[str, object]) -> None:
    """Another issuer's, another audience's, an old one, and a staff role with a client."""
    assert (await refusal(access, world.token("ed", ED25519, "EdDSA", **changed))).status == HTTPStatus.UNAUTHORIZED


async def test_made_up_key_ids_do_not_make_us_ask(world: World, access: Access) -> None:
    """Whoever sends us unknown key ids can't turn us against the issuer: it is asked at most every minute."""
    for nth in range(20):
        token = world.token(f"made-up-{nth}", ED25519, "EdDSA")
        assert "not known here" in (await refusal(access, token)).detail
    assert world.asked == 1


async def test_a_new_key_is_found_and_an_old_one_forgotten(
    world: World, access: Access, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An issuer that changes its keys is followed: at once for a new one, after a while for one that it took back."""
    await access.caller_of(f"Bearer {world.token('rsa', RSA, 'RS256')}")
    world.keys = [jwk("next", ED25519)]
    monkeypatch.setattr(issuer_module, "_ASK_AGAIN_AFTER_S", 0.0)
    await access.caller_of(f"Bearer {world.token('next', ED25519, 'EdDSA')}")
    assert "not known here" in (await refusal(access, world.token("rsa", RSA, "RS256"))).detail


async def test_known_keys_stay_good_while_the_issuer_is_away(
    world: World, access: Access, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An issuer's short absence locks nobody out, even when the keys are to be looked at again."""
    await access.caller_of(f"Bearer {world.token('rsa', RSA, 'RS256')}")
    world.status = 503
    monkeypatch.setattr(issuer_module, "_ASK_AGAIN_AFTER_S", 0.0)
    monkeypatch.setattr(issuer_module, "_KEPT_S", 0.0)
    await access.caller_of(f"Bearer {world.token('rsa', RSA, 'RS256')}")


async def test_an_issuer_that_never_answered_is_our_trouble(world: World, access: Access) -> None:
    """Without its keys nobody can be judged: 503 and when to come again, not a 401 that blames the token."""
    world.status = 500
    problem = await refusal(access, world.token("rsa", RSA, "RS256"))
    assert problem.status == HTTPStatus.SERVICE_UNAVAILABLE
    assert "Retry-After" in (problem.headers or {})


async def test_an_issuer_under_another_name_is_not_believed(world: World, access: Access) -> None:
    """OpenID Connect Discovery 1.0 §4.3: the issuer must call itself what we call it."""
    world.calls_itself = "https://issuer.example"
    problem = await refusal(access, world.token("rsa", RSA, "RS256"))
    assert problem.status == HTTPStatus.SERVICE_UNAVAILABLE


async def test_an_endless_answer_is_not_read_to_its_end(world: World, access: Access) -> None:
    """Keys are small: what is larger than a quarter of a mebibyte is refused."""
    world.keys = [jwk(f"{nth}", RSA) for nth in range(1000)]
    problem = await refusal(access, world.token("1", RSA, "RS256"))
    assert problem.status == HTTPStatus.SERVICE_UNAVAILABLE


async def test_a_redirect_is_not_followed(world: World, access: Access) -> None:
    """Keys come from where the issuer says they are, and from nowhere that an answer sends us to."""
    world.status = 302
    problem = await refusal(access, world.token("rsa", RSA, "RS256"))
    assert problem.status == HTTPStatus.SERVICE_UNAVAILABLE
    assert world.asked == 0
