"""Where a webhook may go."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from ipaddress import IPv4Address, IPv6Address, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st
from yarl import URL

from notifier import connections as connections_module
from notifier.addresses import URL_LENGTH, AddressRefused, check_address, check_url
from notifier.connections import Connections, Origin
from notifier.signatures import new_secret
from notifier.webhooks import WebhookRequest, WebhookSender, WebhookSettings

# One spelling a word; what isn't ASCII is written as escapes.
HOSTS_INSIDE = rb"""
127.0.0.1 127.1 127.0.1 127.255.255.254 2130706433 0x7f000001 0x7F.0.0.1 0177.0.0.1 017700000001 0x7f.1 127.0.0.1.
127.0.0.1.. 00127.0.0.1 127.000.000.001 0 0.0.0.0 0x0 1.2.3 256.1.1.1 1.2.3.4.5 08.8.8.8 8.8.8.0x8
10.0.0.1 10.255.255.255 172.16.0.1 172.31.255.255 192.168.1.1 100.64.0.1 100.100.100.200 169.254.169.254 169.254.0.1
2852039166 0xa9fea9fe 0251.0376.0251.0376 168.63.129.16 192.0.0.192 192.0.2.1 198.18.0.1 198.51.100.7 203.0.113.9
192.88.99.1 224.0.0.1 239.255.255.255 240.0.0.1 255.255.255.255
[::1] [::] [0:0:0:0:0:0:0:1] [::ffff:127.0.0.1] [::ffff:7f00:1] [::ffff:8.8.8.8] [::127.0.0.1] [::7f00:1]
[64:ff9b::127.0.0.1] [64:ff9b::a9fe:a9fe] [64:ff9b:1::1] [2002:7f00:1::] [2002:c0a8:101::1] [2002:808:808::1]
[2001:0:7f00:1::] [2001::1] [2001:20::1] [2001:db8::1] [3fff::1] [fc00::1] [fd00:ec2::254] [fd12:3456::1] [fe80::1]
[fe80::1%25eth0] [fe80::1%eth0] [fec0::1] [ff02::1] [100::1] [5f00::1] [::ffff:0:7f00:1] [::1%25lo]
localhost LOCALHOST localhost. localhost.localdomain a.localhost metadata.google.internal kubernetes.default.svc
x.svc.cluster.local printer.local router.lan nas.home.arpa intranet metadata db wiki.corp a.private
\uff11\uff12\uff17.\uff10.\uff10.\uff11 \u2460\u2461\u2466.\u24ea.\u24ea.\u2460 127\u30020\u30020\u30021
127\uff0e0\uff0e0\uff0e1 \u24dbocalhost \u4f8b\u3048.jp loc%61lhost 127.0.0.1%2f %31%32%37.0.0.1 example.com.
user@example.com user:secret@example.com @example.com example.com@127.0.0.1 example.com%40127.0.0.1
127.0.0.1\\@example.com -a.example.com a-.example.com a..example.com .example.com 127.0.0.1#.example.com exa*mple.com
[example.com] [1.2.3.4] [::1
""".decode("unicode_escape").split()
URLS_REFUSED = [
    "",
    "example.com",
    "/hook",
    "//example.com/hook",
    "http://example.com/hook",
    "ftp://example.com/",
    "file:///etc/passwd",
    "gopher://example.com/",
    "unix:///run/docker.sock",
    "javascript:alert(1)",
    "https:///hook",
    "https://",
    "https:example.com",
    "https://example.com:22/",
    "https://example.com:25/",
    "https://example.com:0/",
    "https://example.com:65536/",
    "https://example.com:-1/",
    "https://example.com:port/",
    "https://example.com:\uff14\uff14\uff13/",
    "https://example.com/#fragment",
    "https://example.com/a b",
    " https://example.com/",
    "https://example.com/\r\nHost: inside",
    "https://example.com/\x00",
    "https://example.com\\@127.0.0.1/",
    "https://127.0.0.1\t/",
    "https://exa\tmple.com/",
    "https://example.com/" + "a" * URL_LENGTH,
    "https://" + "a" * 64 + ".com/",
    "https://" + "a." * 127 + "com/",
]
URLS_ADMITTED = [
    "https://example.com",
    "https://example.com/hooks?client=a&b=%20c",
    "https://example.com:443/",
    "https://example.com:8443/",
    "https://EXAMPLE.com/",
    "https://xn--exmple-cua.fr/",
    "https://a_b.example.com/",
    "https://8.8.8.8/",
    "https://[2606:4700:4700::1111]/",
    "https://[64:ff9b::808:808]/",
    "https://example.com/http://127.0.0.1/",
    "https://example.com/@127.0.0.1",
    "https://127.0.0.1.example.com/",
    "https://localhost.example.com/",
]


@pytest.mark.parametrize("url", [*(f"https://{host}/hook" for host in HOSTS_INSIDE), *URLS_REFUSED])
def test_what_leads_inside_is_refused(url: str) -> None:
    """However an inner address or a doubtful URL is spelt, it is refused with a reason, even where http is admitted."""
    with pytest.raises(AddressRefused) as refused:
        check_url(url)
    assert refused.value.reason
    if not url.startswith("http://"):
        with pytest.raises(AddressRefused):
            check_url(url, allow_http=True)


@pytest.mark.parametrize("url", URLS_ADMITTED)
def test_what_leads_outside_is_admitted(url: str) -> None:
    """An https URL with a public host is admitted, and parsed as it will be sent."""
    assert check_url(url) == URL(url)


def test_plain_http_is_a_setting() -> None:
    """Without TLS a host outside is admitted only where that is allowed."""
    check_url("http://example.com/", allow_http=True)
    check_url("http://example.com:80/", allow_http=True)


@pytest.mark.parametrize("host", ["127.0.0.1:8000", "127.9.9.9", "localhost:81", "[::1]:8000"])
def test_loopback_is_a_setting(host: str) -> None:
    """Where it is allowed, loopback is admitted at every port, with and without TLS."""
    for scheme in ("http", "https"):
        check_url(f"{scheme}://{host}/", allow_loopback=True)
        with pytest.raises(AddressRefused):
            check_url(f"{scheme}://{host}/", allow_http=True)


@pytest.mark.parametrize(
    "host",
    [
        "10.0.0.1",
        "169.254.169.254",
        "192.168.0.1",
        "0.0.0.0",  # noqa: S104 - not bound to
        "[::ffff:127.0.0.1]",
        "[fd00:ec2::254]",
        "[fe80::1]",
        "[64:ff9b::127.0.0.1]",
        "2130706433",
        "127.1",
        "a.localhost",
        "db.internal",
    ],
)
def test_allowing_loopback_allows_nothing_else(host: str) -> None:
    """Other inner addresses, and odd spellings of loopback, stay refused where loopback is allowed."""
    with pytest.raises(AddressRefused):
        check_url(f"https://{host}/", allow_loopback=True)


@given(st.ip_addresses())
def test_no_address_is_admitted_that_is_not_global(address: IPv4Address | IPv6Address) -> None:
    """Whatever is admitted, the standard library calls global too, NAT64's public answers apart."""
    try:
        check_address(str(address))
    except AddressRefused:
        return
    if isinstance(address, IPv6Address) and address.packed.startswith(ip_address("64:ff9b::").packed[:12]):
        address = IPv4Address(address.packed[-4:])
    assert address.is_global
    assert not address.is_multicast


class FakeDns:
    """Answers every name with the same addresses."""

    def __init__(self, *addresses: str) -> None:
        self.addresses = addresses

    async def __call__(self, _host: str, _port: int) -> tuple[str, ...]:
        """The addresses."""
        return self.addresses


def _connections(dns: FakeDns | None = None) -> Connections:
    return Connections(allow_loopback=False, connect_within_s=1.0, kept=1, resolver=dns)


class Listener:
    """A server on loopback that counts who connects and gives one answer."""

    def __init__(self, answer: bytes) -> None:
        self.answer = answer
        self.connected = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer once."""
        self.connected += 1
        await reader.readuntil(b"\r\n\r\n")
        writer.write(self.answer)
        writer.close()


@pytest.fixture
async def inside() -> AsyncIterator[tuple[Listener, int]]:
    """A server that must not be reached, and its port."""
    listener = Listener(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
    server = await asyncio.start_server(listener.serve, "127.0.0.1", 0)
    yield listener, server.sockets[0].getsockname()[1]
    server.close()


def _request(url: str) -> WebhookRequest:
    return WebhookRequest(url, (new_secret(),), "msg_1", 1_700_000_000, b"{}")


@pytest.mark.parametrize("answer", [("8.8.8.8", "10.0.0.1"), ("169.254.169.254",), ("::ffff:127.0.0.1",), ("fd00::1",)])
async def test_a_name_with_an_inner_address_is_refused(answer: tuple[str, ...]) -> None:
    """One inner address in the answer refuses the name before anything is connected to, whatever else is in it."""
    with pytest.raises(AddressRefused):
        await _connections(FakeDns(*answer)).open(Origin("example.com", 443, tls=True))


async def test_a_name_without_an_address_is_an_error_of_the_world() -> None:
    """An empty answer is a failed lookup, not a crash."""
    with pytest.raises(OSError, match="no address"):
        await _connections(FakeDns()).open(Origin("example.com", 443, tls=True))


async def test_the_next_address_is_tried(inside: tuple[Listener, int]) -> None:
    """Where one of a name's addresses takes no connection, another one may."""
    listener, port = inside
    settings = WebhookSettings(allow_http=True, allow_loopback=True)
    async with WebhookSender(settings, resolver=FakeDns("127.0.0.2", "127.0.0.1")) as sender:
        assert (await sender.send(_request(f"http://endpoint.example.com:{port}/"))).ok
    assert listener.connected == 1


async def test_a_rebound_name_is_not_connected_to(inside: tuple[Listener, int]) -> None:
    """A name that was fit for registration and now leads inside is refused when it is connected to."""
    listener, port = inside
    url = f"http://endpoint.example.com:{port}/hook"
    check_url(url, allow_http=True)
    async with WebhookSender(WebhookSettings(allow_http=True), resolver=FakeDns("127.0.0.1")) as sender:
        outcome = await sender.send(_request(url))
    assert (outcome.ok, outcome.reason, outcome.permanent) == (False, "refused address", True)
    assert listener.connected == 0


async def test_an_address_kept_from_an_earlier_answer_is_not_a_way_in(inside: tuple[Listener, int]) -> None:
    """A name whose answer changes between two webhooks is judged by the answer in use."""
    listener, port = inside
    dns = FakeDns("127.0.0.1")
    settings = WebhookSettings(allow_http=True, allow_loopback=True)
    async with WebhookSender(settings, resolver=dns) as sender:
        assert (await sender.send(_request(f"http://first.example.com:{port}/"))).ok
        dns.addresses = ("192.168.0.1",)
        assert (await sender.send(_request(f"http://second.example.com:{port}/"))).reason == "refused address"
    assert listener.connected == 1


class TurningDns(FakeDns):
    """Answers with a public address first, and then with an inner one: DNS rebinding."""

    async def __call__(self, host: str, port: int) -> tuple[str, ...]:
        """The address of now."""
        now = await super().__call__(host, port)
        self.addresses = ("127.0.0.1",)
        return now


async def test_a_connection_is_made_to_the_very_address_that_was_judged(
    inside: tuple[Listener, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who answers otherwise the second time is not asked again: what is connected to is the number, not the name."""
    _, port = inside
    connected: list[tuple[object, object]] = []

    async def noted(_: object, __: object, host: str, port: int, **tls: object) -> None:
        connected.append((host, tls["server_hostname"]))
        raise ConnectionRefusedError("closed")

    connections = _connections(TurningDns("8.8.8.8"))
    monkeypatch.setattr(type(asyncio.get_running_loop()), "create_connection", noted)
    with pytest.raises(OSError, match="closed"):
        await connections.open(Origin("endpoint.example.com", port, tls=True))
    assert connected == [("8.8.8.8", "endpoint.example.com")]


async def test_a_name_that_turns_is_refused_once_its_first_answer_is_forgotten(
    inside: tuple[Listener, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first answer counts for a moment, for what it was judged as; the next look-up is judged anew."""
    listener, port = inside
    monkeypatch.setattr(connections_module, "RESOLVED_S", 0.0)
    settings = WebhookSettings(allow_http=True, connect_within=timedelta(seconds=0.2))
    async with WebhookSender(settings, resolver=TurningDns("8.8.8.8")) as sender:
        first, second = [await sender.send(_request(f"http://endpoint.example.com:{port}/")) for _ in range(2)]
    assert first.reason != second.reason == "refused address"
    assert (first.permanent, second.permanent) == (False, True)
    assert listener.connected == 0


async def test_a_literal_address_is_judged_when_connecting(inside: tuple[Listener, int]) -> None:
    """A literal address is refused when it is connected to, even if no URL was checked."""
    listener, port = inside
    for host in ("127.0.0.1", "::1", "::ffff:127.0.0.1", "::ffff:7f00:1"):
        with pytest.raises(AddressRefused):
            await _connections().open(Origin(host, port, tls=False))
    assert listener.connected == 0


async def test_a_name_that_the_system_takes_for_an_address_is_judged(inside: tuple[Listener, int]) -> None:
    """Hexadecimal passes as a name and is resolved by the C library to loopback: the real resolver's answer counts."""
    listener, port = inside
    for host in ("0x7f000001", "localhost"):
        with pytest.raises(AddressRefused):
            await _connections().open(Origin(host, port, tls=False))
    assert listener.connected == 0


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_inside_is_not_followed(inside: tuple[Listener, int], status: int) -> None:
    """A redirect is a failed attempt with its reason; nobody goes where it points."""
    listener, port = inside
    answer = f"HTTP/1.1 {status} Go\r\nLocation: http://127.0.0.1:{port}/\r\nContent-Length: 0\r\n\r\n"
    redirecting = Listener(answer.encode())
    server = await asyncio.start_server(redirecting.serve, "127.0.0.1", 0)
    async with server, WebhookSender(WebhookSettings(allow_loopback=True)) as sender:
        outcome = await sender.send(_request(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"))
    assert (outcome.ok, outcome.status, outcome.reason, outcome.permanent) == (False, status, "redirect", False)
    assert (redirecting.connected, listener.connected) == (1, 0)
