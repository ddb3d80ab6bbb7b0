"""One email, made and sent to a real SMTP server."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

import pytest
from aiosmtpd import smtp as smtpd
from aiosmtpd.smtp import AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr, ValidationError

from notifier.mail import Mail, MailSender, MailSettings, compose

MAIL = Mail(
    to="dpo@client.example",
    to_name="Zoé Martin, DPO",
    subject="Nouveau sous-traitant ultérieur à partir du 1er avril 2026",
    text="Bonjour Zoé,\n.\nUn point seul.\n",
    html="<p>Bonjour Zoé</p>\n",
    message_id="dlv_1@notices.example",
    written_at=datetime(2026, 3, 2, 9, tzinfo=UTC),
    language="fr",
)


class Sink:
    """Keeps mail, answers as it is told to, and counts connections."""

    def __init__(self) -> None:
        self.mails: list[tuple[str, list[str], EmailMessage]] = []
        self.at_mail = self.at_rcpt = self.at_data = "250 OK"
        self.connections = 0
        self.sessions: list[Session] = []
        self.stall: asyncio.Event | None = None

    async def handle_MAIL(  # noqa: N802 - aiosmtpd's names and arguments, here and below
        self,
        _server: smtpd.SMTP,
        _session: Session,
        envelope: Envelope,
        address: str,
        _options: list[str],
    ) -> str:
        """The envelope's sender."""
        envelope.mail_from = address
        return self.at_mail

    async def handle_RCPT(  # noqa: N802
        self,
        _server: smtpd.SMTP,
        _session: Session,
        envelope: Envelope,
        address: str,
        _options: list[str],
    ) -> str:
        """The envelope's recipient."""
        if self.at_rcpt.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.at_rcpt

    async def handle_DATA(self, _server: smtpd.SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        """The message."""
        if self.stall:
            await self.stall.wait()
        if self.at_data.startswith("250"):
            content = envelope.original_content or b""
            message = message_from_bytes(content, _class=EmailMessage, policy=SMTP)
            self.mails.append((envelope.mail_from or "", envelope.rcpt_tos, message))
            self.sessions.append(session)
        return self.at_data


@asynccontextmanager
async def serving(
    sink: Sink, factory: Callable[[Sink], smtpd.SMTP] = lambda sink: smtpd.SMTP(sink, enable_SMTPUTF8=True)
) -> AsyncIterator[MailSettings]:
    """An SMTP server on loopback, and the settings that lead to it."""
    protocols: list[smtpd.SMTP] = []

    def connect() -> smtpd.SMTP:
        sink.connections += 1
        protocols.append(factory(sink))
        return protocols[-1]

    server = await asyncio.get_running_loop().create_server(connect, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    try:
        yield MailSettings(
            host="127.0.0.1",
            port=port,
            security="none",
            sender="notices@processor.example",
            sender_name="Quicktalk, données",
            reply_to="dpo@processor.example",
        )
    finally:
        server.close()
        for protocol in protocols:
            if protocol.transport is not None:
                protocol.transport.close()


@pytest.fixture
def sink() -> Sink:
    """What arrived."""
    return Sink()


@asynccontextmanager
async def sending(settings: MailSettings) -> AsyncIterator[MailSender]:
    """A sender that is closed at the end."""
    sender = MailSender(settings)
    try:
        yield sender
    finally:
        await sender.close()


async def test_a_mail_arrives_whole(sink: Sink) -> None:
    """Envelope, names, subject, both bodies and the headers of a generated notice arrive as they were meant."""
    async with serving(sink) as settings, sending(settings) as sender:
        outcome = await sender.send(MAIL)
    assert (outcome.ok, outcome.status, outcome.reason) == (True, 250, None)
    ((mail_from, recipients, message),) = sink.mails
    assert (mail_from, recipients) == ("notices@processor.example", ["dpo@client.example"])
    assert message["To"].addresses[0].display_name == "Zoé Martin, DPO"
    assert message["To"].addresses[0].addr_spec == "dpo@client.example"
    assert message["From"].addresses[0].display_name == "Quicktalk, données"
    assert message["Reply-To"] == "dpo@processor.example"
    assert message["Subject"] == MAIL.subject
    assert message["Message-ID"] == "<dlv_1@notices.example>"
    assert message["Date"].datetime == MAIL.written_at
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Content-Language"] == "fr"
    plain, html = message.iter_parts()
    assert (plain.get_content_type(), html.get_content_type()) == ("text/plain", "text/html")
    assert plain.get_content().replace("\r\n", "\n") == MAIL.text
    assert html.get_content().replace("\r\n", "\n") == MAIL.html


async def test_the_id_outlives_attempts(sink: Sink) -> None:
    """A second attempt carries the same Message-ID."""
    async with serving(sink) as settings, sending(settings) as sender:
        sink.at_data = "451 try again"
        assert not (await sender.send(MAIL)).ok
        sink.at_data = "250 OK"
        assert (await sender.send(MAIL)).ok
        assert (await sender.send(MAIL)).ok
    assert {message["Message-ID"] for _, _, message in sink.mails} == {"<dlv_1@notices.example>"}


async def test_connections_are_kept_and_few(sink: Sink) -> None:
    """Many mails at once share the connections allowed, and what was refused doesn't cost one."""
    async with serving(sink) as settings, sending(settings.model_copy(update={"connections": 2})) as sender:
        outcomes = await asyncio.gather(*(sender.send(MAIL) for _ in range(20)))
        sink.at_rcpt = "550 unknown"
        assert not (await sender.send(MAIL)).ok
        sink.at_rcpt = "250 OK"
        assert (await sender.send(MAIL)).ok
    assert all(outcome.ok for outcome in outcomes)
    assert sink.connections <= 2
    assert len(sink.mails) == 21


async def test_a_kept_connection_that_was_closed_costs_no_attempt(sink: Sink) -> None:
    """The server may close idle connections: the next mail goes over a new one."""
    protocols: list[smtpd.SMTP] = []

    def factory(sink: Sink) -> smtpd.SMTP:
        protocols.append(smtpd.SMTP(sink))
        return protocols[-1]

    async with serving(sink, factory) as settings, sending(settings) as sender:
        assert (await sender.send(MAIL)).ok
        assert protocols[0].transport is not None
        protocols[0].transport.close()
        assert (await sender.send(MAIL)).ok
    assert sink.connections == 2


@pytest.mark.parametrize(
    ("where", "answer", "permanent"),
    [
        ("at_rcpt", "450 mailbox busy", False),
        ("at_rcpt", "550 no such user", True),
        ("at_data", "451 try later", False),
        ("at_data", "554 refused", True),
        ("at_mail", "452 no room", False),
        ("at_mail", "553 sender not yours", False),
    ],
)
async def test_codes_decide(sink: Sink, where: str, answer: str, permanent: bool) -> None:  # noqa: FBT001
    """4xx is worth another try; 5xx about the recipient or the message is final, about our sender ours to repair."""
    setattr(sink, where, answer)
    async with serving(sink) as settings, sending(settings) as sender:
        outcome = await sender.send(MAIL)
    code, text = answer.split(" ", 1)
    assert (outcome.ok, outcome.status, outcome.reason) == (False, int(code), f"status {code}")
    assert outcome.permanent is permanent
    assert text in outcome.answer


async def test_a_closed_port_refuses() -> None:
    """Nobody listening is worth another try."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    settings = MailSettings(host="127.0.0.1", port=port, security="none", sender="a@processor.example")
    async with sending(settings) as sender:
        outcome = await sender.send(MAIL)
    assert (outcome.ok, outcome.reason, outcome.permanent) == (False, "connection refused", False)


async def test_a_stalling_server_times_out(sink: Sink) -> None:
    """An attempt ends within its bound, and the connection isn't used again."""
    sink.stall = asyncio.Event()
    async with serving(sink) as settings:
        bounded = settings.model_copy(update={"answer_within": timedelta(milliseconds=200)})
        async with sending(bounded) as sender:
            outcome = await sender.send(MAIL)
            sink.stall.set()
            sink.stall = None
            assert (outcome.ok, outcome.reason, outcome.permanent) == (False, "timeout", False)
            assert (await sender.send(MAIL)).ok
    assert sink.connections == 2


async def test_starttls_is_not_given_up(sink: Sink) -> None:
    """Where TLS is set and the server offers none, nothing is sent in the clear."""
    async with serving(sink) as settings, sending(settings.model_copy(update={"security": "starttls"})) as sender:
        outcome = await sender.send(MAIL)
    assert (outcome.ok, outcome.permanent) == (False, False)
    assert "STARTTLS" in outcome.answer
    assert not sink.mails


async def test_an_unknown_certificate_is_refused(sink: Sink, tmp_path: Path) -> None:
    """The server must be who it says: a certificate that nobody vouches for ends the attempt before the login."""
    context = _context(tmp_path)
    async with (
        serving(sink, lambda sink: smtpd.SMTP(sink, tls_context=context)) as settings,
        sending(settings.model_copy(update={"security": "starttls"})) as sender,
    ):
        outcome = await sender.send(MAIL)
    assert (outcome.ok, outcome.reason, outcome.permanent) == (False, "tls", False)


async def test_starttls_and_login(sink: Sink, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With TLS and a login that the server accepts, mail goes through; a wrong password is ours to repair."""
    context = _context(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "certificate.pem"))

    def check(
        server: smtpd.SMTP, session: Session, envelope: Envelope, mechanism: str, login: LoginPassword
    ) -> AuthResult:
        return AuthResult(success=login.password == b"right", handled=False)

    async with serving(
        sink, lambda sink: smtpd.SMTP(sink, tls_context=context, auth_required=True, authenticator=check)
    ) as settings:
        secured = settings.model_copy(
            update={"security": "starttls", "host": "localhost", "username": "u", "password": SecretStr("right")}
        )
        async with sending(secured) as sender:
            assert (await sender.send(MAIL)).ok
        async with sending(secured.model_copy(update={"password": SecretStr("wrong")})) as sender:
            outcome = await sender.send(MAIL)
    assert sink.sessions[0].ssl
    assert (outcome.ok, outcome.status, outcome.permanent) == (False, 535, False)


async def test_addresses_in_any_script(sink: Sink) -> None:
    """An address that isn't ASCII goes to a server that takes it, and is final at one that doesn't."""
    mail = Mail("zoé@exämple.fr", "Zoé", MAIL.subject, MAIL.text, MAIL.html, MAIL.message_id, MAIL.written_at)
    async with serving(sink) as settings, sending(settings) as sender:
        assert (await sender.send(mail)).ok
    assert sink.mails[0][1] == ["zoé@exämple.fr"]
    async with serving(sink, smtpd.SMTP) as settings, sending(settings) as sender:
        outcome = await sender.send(mail)
    assert (outcome.ok, outcome.permanent) == (False, True)


@pytest.mark.parametrize(
    "to", ["", "@", "a@", "@b", "a b@c.example", "a@b@c", "a@b>,<c@d", "a\r\n@b", "a@[127.0.0.1]", '"a"@b', "a@b\x00"]
)
async def test_what_is_no_address_is_final(to: str) -> None:
    """Nothing is tried for what can't be an address."""
    settings = MailSettings(host="127.0.0.1", port=1, sender="a@processor.example")
    mail = Mail(to, "", MAIL.subject, MAIL.text, MAIL.html, MAIL.message_id, MAIL.written_at)
    async with sending(settings) as sender:
        outcome = await sender.send(mail)
    assert (outcome.ok, outcome.reason, outcome.permanent) == (False, "malformed address", True)


ADDRESSED = MailSettings(host="127.0.0.1", port=1, sender="a@processor.example")
HEADERS = compose(MAIL, ADDRESSED).keys()
HOSTILE = st.text(st.sampled_from('\r\n: ,;<>@"\\()=?[]\x00\u2028é') | st.characters(), max_size=120)
LOCAL = st.text(
    st.characters(exclude_characters='@"(),:;<>[]\\', exclude_categories=["C", "Z"]), min_size=1, max_size=80
)


IDS = st.text(st.sampled_from("abcXYZ019_-"), min_size=1, max_size=128)


@given(name=HOSTILE, subject=HOSTILE, message_id=IDS, local_part=LOCAL, body=HOSTILE)
def test_no_value_begins_another_header(name: str, subject: str, message_id: str, local_part: str, body: str) -> None:
    """Whatever a client is called and a notice says, the message has exactly its own headers, and its id."""
    body = body.encode(errors="replace").decode()
    mail = Mail(f"{local_part}@client.example", name, subject, body, body, f"{message_id}@x.example", MAIL.written_at)
    content = compose(mail, ADDRESSED).as_bytes(policy=SMTP.clone(utf8=True))
    assert message_from_bytes(content, policy=SMTP).keys() == HEADERS
    assert f"<{message_id}@x.example>".encode() in content


def test_a_long_id_stays_whole() -> None:
    """An id of the greatest length is neither folded nor encoded."""
    message_id = "d" * 128 + "@notices.processor.example"
    mail = Mail(MAIL.to, "", "s", "t", "h", message_id, MAIL.written_at)
    assert f"<{message_id}>".encode() in compose(mail, ADDRESSED).as_bytes(policy=SMTP)


def test_a_sender_must_be_an_address() -> None:
    """A setting that could not be a sender is refused at start."""
    with pytest.raises(ValidationError):
        MailSettings(host="127.0.0.1", sender="nobody")


def _context(home: Path) -> ssl.SSLContext:
    """A server's side of TLS, with a certificate for localhost that only itself vouches for."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    (home / "certificate.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (home / "key.pem").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(home / "certificate.pem", home / "key.pem")
    return context
