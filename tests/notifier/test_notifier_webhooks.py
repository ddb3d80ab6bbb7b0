"""One webhook, made and sent to a real server."""

import asyncio
import socket
import ssl
import time
from base64 import b64decode, b64encode
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import uvloop
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from notifier.attempts import ANSWER_CHARACTERS, AttemptOutcome
from notifier.exchange import ANSWER_BYTES
from notifier.signatures import PREFIX, SecretMalformed, new_secret, sign
from notifier.webhooks import WebhookRequest, WebhookSender, WebhookSettings

LOOPBACK = WebhookSettings(allow_loopback=True)
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

Answer = Callable[[asyncio.StreamWriter], Awaitable[None]]


class Receiver:
    """Keeps what it gets and gives its answers in turn, the last one for ever."""

    def __init__(self, *answers: bytes | Answer) -> None:
        self.answers = list(answers)
        self.connections = 0
        self.requests: list[tuple[bytes, dict[str, str], bytes]] = []
        self.url = ""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, until its other end closes it."""
        self.connections += 1
        try:
            while True:
                self.requests.append(await _read_request(reader))
                answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
                if isinstance(answer, bytes):
                    writer.write(answer)
                else:
                    await answer(writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


async def _read_request(reader: asyncio.StreamReader) -> tuple[bytes, dict[str, str], bytes]:
    head, *lines = (await reader.readuntil(b"\r\n\r\n")).rstrip().split(b"\r\n")
    headers = {name.lower(): value for name, value in (line.decode().split(": ", 1) for line in lines)}
    return head, headers, await reader.readexactly(int(headers["content-length"]))


@asynccontextmanager
async def receiving(*answers: bytes | Answer) -> AsyncIterator[Receiver]:
    """A receiver on loopback."""
    receiver = Receiver(*answers)
    server = await asyncio.start_server(receiver.serve, "127.0.0.1", 0)
    receiver.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/hook"
    try:
        yield receiver
    finally:
        server.close()


async def _send(url: str, settings: WebhookSettings = LOOPBACK) -> AttemptOutcome:
    async with WebhookSender(settings) as sender:
        return await sender.send(_request(url))


def _request(url: str) -> WebhookRequest:
    return WebhookRequest(url, (new_secret(),), "msg_1", int(time.time()), b'{"hello":"world"}')


def _status(status: int, headers: str = "") -> bytes:
    return f"HTTP/1.1 {status} Said\r\n{headers}Content-Length: 0\r\n\r\n".encode()


@given(
    st.lists(st.binary(min_size=24, max_size=64), min_size=1, max_size=3),
    st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1),
    st.text(st.characters(exclude_categories=["Cs"])),
)
def test_the_reference_library_verifies(keys: list[bytes], message_id: str, body: str) -> None:
    """Any body signed with any secrets is verified with each of them, and with no other."""
    secrets = tuple(f"{PREFIX}{_base64(key)}" for key in keys)
    timestamp = int(time.time())
    headers = {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": sign(secrets, message_id, timestamp, body.encode()),
    }
    for secret in secrets:
        Webhook(secret).verify(body.encode(), headers, json_parse=False)
    with pytest.raises(WebhookVerificationError):
        Webhook(new_secret()).verify(body.encode(), headers, json_parse=False)
    with pytest.raises(WebhookVerificationError):
        Webhook(secrets[0]).verify(body.encode() + b" ", headers, json_parse=False)


def _base64(key: bytes) -> str:
    return b64encode(key).decode()


def test_secrets_are_random_and_long_enough() -> None:
    """A new secret has the standard's form and is never the same twice."""
    made = {new_secret() for _ in range(100)}
    assert len(made) == 100
    assert all(24 <= len(b64decode(secret.removeprefix("whsec_"), validate=True)) <= 64 for secret in made)


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_c2hvcnQ=", "whsec_*", "A" * 44, "whsec_" + "A" * 400])
def test_a_malformed_secret_signs_nothing(secret: str) -> None:
    """What is no secret is refused, and not repeated in the message."""
    with pytest.raises(SecretMalformed) as refused:
        sign((secret,), "msg_1", 1, b"")
    assert not (key := secret.removeprefix("whsec_")) or key not in str(refused.value)


async def test_a_webhook_arrives_as_the_standard_says() -> None:
    """The receiver gets the body unchanged, the three headers, who we are, and the trace but no baggage or cookie."""
    secrets = (new_secret(), new_secret())
    cookie = _status(200, "Set-Cookie: a=b; Path=/\r\n")
    async with receiving(cookie, OK) as receiver, WebhookSender(LOOPBACK) as sender:
        request = WebhookRequest(receiver.url, secrets, "msg_1", int(time.time()), b'{"\xc3\xa9":1}', TRACEPARENT)
        assert (await sender.send(request)).ok
        outcome = await sender.send(request)
    assert (outcome.ok, outcome.status, outcome.answer, outcome.reason, outcome.permanent) == (
        True,
        200,
        "ok",
        None,
        False,
    )
    assert 0 < outcome.latency_ms < 5000
    head, headers, body = receiver.requests[1]
    assert head == b"POST /hook HTTP/1.1"
    assert body == request.body
    assert headers["content-type"] == "application/json"
    assert headers["user-agent"].startswith("Dutiful/")
    assert headers["traceparent"] == TRACEPARENT
    assert not headers.keys() & {"baggage", "cookie", "tracestate"}
    for secret in secrets:
        Webhook(secret).verify(body, headers)


async def test_no_trace_no_header() -> None:
    """Without a trace there is no traceparent."""
    async with receiving(OK) as receiver:
        await _send(receiver.url)
    assert "traceparent" not in receiver.requests[0][1]


@pytest.mark.parametrize(
    ("status", "ok", "reason", "permanent"),
    [
        (200, True, None, False),
        (204, True, None, False),
        (299, True, None, False),
        (304, False, "redirect", False),
        (400, False, "status 400", False),
        (404, False, "status 404", False),
        (410, False, "status 410", True),
        (429, False, "status 429", False),
        (500, False, "status 500", False),
        (503, False, "status 503", False),
    ],
)
async def test_the_status_decides(status: int, ok: bool, reason: str | None, permanent: bool) -> None:  # noqa: FBT001
    """2xx is success, 410 says that the endpoint is gone for good, all else is worth another try."""
    async with receiving(_status(status)) as receiver:
        outcome = await _send(receiver.url)
    assert (outcome.ok, outcome.status, outcome.reason, outcome.permanent) == (ok, status, reason, permanent)


async def test_a_wish_to_be_left_alone_is_reported() -> None:
    """Retry-After comes back in seconds."""
    async with receiving(_status(429, "Retry-After: 17\r\n")) as receiver:
        assert (await _send(receiver.url)).retry_after_s == 17


async def test_connections_are_kept() -> None:
    """Small answers leave the connection in use, whatever their status and however they are framed."""
    chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n"

    async def later(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 500 No\r\nContent-Length: 4\r\n\r\n")
        await writer.drain()
        await asyncio.sleep(0)
        writer.write(b"late")

    answering = (OK, _status(500), chunked, _status(204), later, OK)
    async with receiving(*answering) as receiver, WebhookSender(LOOPBACK) as sender:
        answers = [(await sender.send(_request(receiver.url))).answer for _ in answering]
    assert answers == ["ok", "", "ok", "", "late", "ok"]
    assert receiver.connections == 1


@pytest.mark.parametrize("length", [b"Content-Length: 10000000\r\n", b""])
async def test_a_long_answer_is_cut(length: bytes) -> None:
    """Only the beginning of a long answer is read; then the connection is closed on it."""
    written = 0

    async def flood(writer: asyncio.StreamWriter) -> None:
        nonlocal written
        writer.write(b"HTTP/1.1 500 No\r\n" + length + b"\r\n")
        while written < 10_000_000:
            writer.write(b"x" * 10_000)
            written += 10_000
            await writer.drain()

    async with receiving(flood) as receiver, WebhookSender(LOOPBACK) as sender:
        outcome = await sender.send(_request(receiver.url))
        assert outcome.answer == "x" * ANSWER_CHARACTERS
        receiver.answers = [OK]
        assert (await sender.send(_request(receiver.url))).ok
    assert receiver.connections == 2
    assert written < 10_000_000


async def test_an_answer_that_never_ends_is_not_waited_for() -> None:
    """The status decides, as soon as it and a little of the body are there; a stalled body is left."""
    gone = asyncio.Event()

    async def stall(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nbeginning")
        await gone.wait()

    async with receiving(stall) as receiver:
        outcome = await _send(receiver.url)
        gone.set()
    assert (outcome.ok, outcome.answer) == (True, "beginning")
    assert outcome.latency_ms < 10_000


async def test_an_answer_that_breaks_off_keeps_its_status() -> None:
    """A body cut short takes nothing from the status."""

    async def cut(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nbeginning")
        writer.close()

    async with receiving(cut) as receiver:
        outcome = await _send(receiver.url)
    assert (outcome.ok, outcome.status) == (True, 200)


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        (b"a\x00b\r\n\x1b[31m", "a\\x00b\\r\\n\\x1b[31m"),
        ("é\u202ex\u2028".encode(), "é\\u202ex\\u2028"),
        (b"\xff\xfe", "\\xff\\xfe"),
        (b"\x00" * ANSWER_BYTES, ("\\x00" * ANSWER_CHARACTERS)[:ANSWER_CHARACTERS]),
    ],
)
async def test_an_answer_is_shown_printably(body: bytes, shown: str) -> None:
    """Control and invisible characters, and what is no text, are escaped; never more than the bound."""
    async with receiving(b"HTTP/1.1 400 No\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)) as receiver:
        assert (await _send(receiver.url)).answer == shown


async def test_a_compressed_answer_is_not_unpacked() -> None:
    """We ask for no compression, and a bomb stays packed."""
    packed = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\n\x1f\x8b\x08\x00"
    async with receiving(packed) as receiver:
        outcome = await _send(receiver.url)
    assert outcome.answer == "\\x1f\\x8b\\x08\\x00"
    assert receiver.requests[0][1]["accept-encoding"] == "identity"


async def test_a_silent_receiver_times_out() -> None:
    """An attempt ends within its bound."""
    gone = asyncio.Event()

    async def hang(writer: asyncio.StreamWriter) -> None:
        await gone.wait()

    settings = WebhookSettings(allow_loopback=True, answer_within=timedelta(milliseconds=100))
    async with receiving(hang) as receiver:
        outcome = await _send(receiver.url, settings)
        gone.set()
    assert (outcome.ok, outcome.status, outcome.reason, outcome.permanent) == (False, None, "timeout", False)
    assert 100 <= outcome.latency_ms < 5000


async def test_a_closed_port_refuses() -> None:
    """Nobody listening is told from other failures."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    outcome = await _send(f"http://127.0.0.1:{port}/")
    assert (outcome.reason, outcome.permanent) == ("connection refused", False)


async def test_a_receiver_without_tls_fails_on_tls() -> None:
    """TLS to a server that doesn't speak it is a failure of its own kind, and may be repaired."""

    async def garbage(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()

    async with await asyncio.start_server(garbage, "127.0.0.1", 0) as server:
        outcome = await _send(f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}/")
    assert (outcome.reason, outcome.permanent) == ("tls", False)


async def test_tls_is_verified(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A certificate for the host by an authority that the system trusts is taken; any other is a failure of TLS."""
    trusted, _ = _certificate(tmp_path / "trusted", "localhost")
    monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
    outcomes = []
    for name, host in (("trusted", "localhost"), ("other-host", "127.0.0.1"), ("unknown", "localhost")):
        chain, key = (
            _certificate(tmp_path / "unknown", "localhost")
            if name == "unknown"
            else (trusted, tmp_path / "trusted.key")
        )
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(chain, key)
        receiver = Receiver(OK)
        async with await asyncio.start_server(receiver.serve, "127.0.0.1", 0, ssl=context) as server:
            outcomes.append(await _send(f"https://{host}:{server.sockets[0].getsockname()[1]}/"))
    assert [(outcome.ok, outcome.reason) for outcome in outcomes] == [(True, None), (False, "tls"), (False, "tls")]


def _certificate(path: Path, host: str) -> tuple[Path, Path]:
    """A self-signed certificate for a host, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    chain, secret = path.with_suffix(".pem"), path.with_suffix(".key")
    chain.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    secret.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return chain, secret


@pytest.mark.parametrize(
    "garbage",
    [
        b"SSH-2.0-OpenSSH_9.6\r\n\r\n",
        b"HTTP/1.1 abc No\r\n\r\n",
        b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 20_000,
    ],
)
async def test_what_is_not_http_is_said_to_be(garbage: bytes) -> None:
    """An answer that can't be read is a failure with a reason."""
    async with receiving(garbage) as receiver:
        assert (await _send(receiver.url)).reason == "malformed answer"


async def test_an_interim_answer_is_not_the_answer() -> None:
    """1xx comes before the real one (RFC 9110, 15.2), and the connection is kept."""
    interim = b"HTTP/1.1 103 Early Hints\r\nRetry-After: 9\r\n\r\n" + _status(503)
    async with receiving(interim, OK) as receiver, WebhookSender(LOOPBACK) as sender:
        outcome = await sender.send(_request(receiver.url))
        assert (outcome.status, outcome.retry_after_s) == (503, None)
        assert (await sender.send(_request(receiver.url))).ok
    assert receiver.connections == 1


async def test_a_second_answer_is_nobodys() -> None:
    """What comes beside the answer to a request is never taken for the answer to the next one."""
    async with receiving(OK + _status(500)[:-4], _status(204)) as receiver, WebhookSender(LOOPBACK) as sender:
        outcomes = [await sender.send(_request(receiver.url)) for _ in range(2)]
    assert [outcome.status for outcome in outcomes] == [200, 204]
    assert receiver.connections == 2


async def test_a_receiver_that_closes_after_each_answer_is_heard() -> None:
    """`Connection: close` and HTTP/1.0 answers count, and no connection is used twice."""
    closing = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok"
    old = b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok"
    async with receiving(closing, old, OK) as receiver, WebhookSender(LOOPBACK) as sender:
        assert [(await sender.send(_request(receiver.url))).answer for _ in range(3)] == ["ok"] * 3
    assert receiver.connections == 3


async def test_a_refused_address_is_final() -> None:
    """An endpoint that leads inside is never tried, and never tried again."""
    async with receiving(OK) as receiver:
        outcome = await _send(receiver.url, WebhookSettings())
    assert (outcome.ok, outcome.reason, outcome.permanent) == (False, "refused address", True)
    assert not receiver.connections


async def test_a_connection_closed_under_us_costs_no_attempt() -> None:
    """A receiver that closes a kept connection as we write on it gets the same webhook again at once."""

    async def close(writer: asyncio.StreamWriter) -> None:
        writer.close()

    async with receiving(OK, close, OK) as receiver, WebhookSender(LOOPBACK) as sender:
        outcomes = [await sender.send(_request(receiver.url)) for _ in range(2)]
    assert all(outcome.ok for outcome in outcomes)
    assert receiver.connections == 2
    assert len({headers["webhook-id"] for _, headers, _ in receiver.requests}) == 1


async def test_a_receiver_that_always_hangs_up_fails() -> None:
    """Hanging up twice in a row is a failed attempt, after two requests and no more."""

    async def close(writer: asyncio.StreamWriter) -> None:
        writer.close()

    async with receiving(close) as receiver:
        outcome = await _send(receiver.url)
    assert (outcome.ok, outcome.reason) == (False, "connection lost")
    assert len(receiver.requests) == 2


async def test_it_must_be_open() -> None:
    """Sending before `open` or after `close` is our mistake and says so."""
    sender = WebhookSender(LOOPBACK)
    with pytest.raises(RuntimeError, match="not open"):
        await sender.send(_request("https://example.com/"))


def test_it_runs_on_uvloop() -> None:
    """The guards and the reasons hold on the loop that production runs on."""

    async def scenario() -> list[str | None]:
        async with receiving(OK) as receiver:
            admitted = await _send(receiver.url)
            refused = await _send(receiver.url, WebhookSettings(allow_http=True))
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        return [admitted.reason, refused.reason, (await _send(f"http://127.0.0.1:{port}/")).reason]

    assert uvloop.run(scenario()) == [None, "refused address", "connection refused"]
