"""Which addresses a webhook may go to: public ones; nothing that leads inside, however it is spelt.

A URL is judged twice: its spelling when it is registered, and the address behind it whenever a connection is made (see
`connections`), because a name may lead elsewhere tomorrow. The ranges are those of the IANA special-purpose registries
(RFC 6890), written out so that the verdict doesn't depend on the Python version.
"""

import re
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Final
from urllib.parse import urlsplit

from yarl import URL

URL_LENGTH: Final = 2048
_URL_CHARACTERS: Final = re.compile(r"[A-Za-z0-9\-._~:/?\[\]@!$&'()*+,;=%]+")  # RFC 3986, less the fragment's "#"
_LABEL: Final = r"(?!-)[a-z0-9_-]{1,63}(?<!-)"
_NAME: Final = re.compile(rf"(?=.{{1,253}}$){_LABEL}(\.{_LABEL})+")
_FIRST_FREE_PORT: Final = 1024

_INSIDE_V4: Final = {
    IPv4Network(network): kind
    for network, kind in (
        ("0.0.0.0/8", "this host"),
        ("10.0.0.0/8", "private"),
        ("100.64.0.0/10", "carrier-grade NAT"),
        ("127.0.0.0/8", "loopback"),
        ("168.63.129.16/32", "cloud metadata"),  # public by number, answered by the hypervisor on Azure
        ("169.254.0.0/16", "link-local"),
        ("172.16.0.0/12", "private"),
        ("192.0.0.0/24", "reserved"),
        ("192.0.2.0/24", "documentation"),
        ("192.88.99.0/24", "6to4"),
        ("192.168.0.0/16", "private"),
        ("198.18.0.0/15", "benchmarking"),
        ("198.51.100.0/24", "documentation"),
        ("203.0.113.0/24", "documentation"),
        ("224.0.0.0/4", "multicast"),
        ("240.0.0.0/4", "reserved"),
    )
}
_INSIDE_V6: Final = {
    IPv6Network(network): kind
    for network, kind in (
        ("::1/128", "loopback"),
        ("::/128", "this host"),
        ("::ffff:0:0/96", "IPv4-mapped"),
        ("::/96", "IPv4-compatible"),
        ("64:ff9b:1::/48", "local NAT64"),
        ("fc00::/7", "unique-local"),
        ("fe80::/10", "link-local"),
        ("ff00::/8", "multicast"),
        ("2001::/32", "Teredo"),
        ("2001::/23", "reserved"),
        ("2001:db8::/32", "documentation"),
        ("2002::/16", "6to4"),
        ("3fff::/20", "documentation"),
    )
}
_GLOBAL_V6: Final = IPv6Network("2000::/3")
_NAT64: Final = IPv6Network("64:ff9b::/96")
_LOOPBACK: Final = (IPv4Network("127.0.0.0/8"), IPv6Network("::1/128"))
# RFC 6761, 6762 and 8375, ICANN's .internal, a Kubernetes cluster's services, and endings that private networks take.
_INSIDE_NAMES: Final = (
    "localhost",
    "localdomain",
    "local",
    "internal",
    "intranet",
    "private",
    "corp",
    "lan",
    "home",
    "svc",
)
_INSIDE_ENDINGS: Final = tuple(f".{name}" for name in (*_INSIDE_NAMES, "home.arpa"))


class AddressRefused(ValueError):
    """The URL, or the address behind it, is not one that a webhook may go to; the reason is for its owner."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def check_url(url: str, *, allow_loopback: bool = False, allow_http: bool = False) -> URL:
    """The parsed URL of a webhook endpoint that may be registered, or AddressRefused with the reason.

    It must be spelt plainly, so that no two parsers can disagree about its host. `allow_loopback` admits 127.0.0.0/8,
    ::1 and localhost, nothing else that is private, and plain http to them; `allow_http` admits it to every host.
    """
    parsed = _parse(url)
    host = parsed.raw_host or ""
    is_loopback = _check_host(host, allow_loopback=allow_loopback)
    if parsed.scheme != "https" and not (parsed.scheme == "http" and (allow_http or is_loopback)):
        raise AddressRefused("the URL must begin with https://")
    if not is_loopback:
        _check_port(parsed.port)
    return parsed


def check_address(address: str, *, allow_loopback: bool = False) -> None:
    """Raise AddressRefused unless the numeric address is a public one (or loopback, where that is allowed)."""
    try:
        ip = ip_address(address)
    except ValueError:
        raise AddressRefused(f"{address} is not an IP address") from None
    if allow_loopback and _is_loopback(ip):
        return
    if kind := _inside(ip):
        raise AddressRefused(f"{address} leads inside ({kind})")


def _parse(url: str) -> URL:
    if len(url) > URL_LENGTH:
        raise AddressRefused(f"the URL is longer than {URL_LENGTH} characters")
    if not _URL_CHARACTERS.fullmatch(url):
        raise AddressRefused("the URL has a fragment or a character that must be percent-encoded (or a name in xn--)")
    try:
        split, parsed = urlsplit(url), URL(url)
        host, port = split.hostname, split.port
    except ValueError:
        raise AddressRefused("this is not a URL") from None
    if "@" in split.netloc or "%" in split.netloc:
        raise AddressRefused("the URL must not have a user, a password or percent-encoding before its path")
    if not host or host != parsed.raw_host or port != parsed.explicit_port:
        raise AddressRefused("the URL has no plain host and port")
    return parsed


def _check_host(host: str, *, allow_loopback: bool) -> bool:
    """Refuse a host that leads inside or is oddly spelt; say whether it is loopback."""
    if ":" in host or _ends_in_a_number(host):
        check_address(host, allow_loopback=allow_loopback)
        return _is_loopback(ip_address(host))
    if allow_loopback and host == "localhost":
        return True
    if host in _INSIDE_NAMES or host.endswith(_INSIDE_ENDINGS):
        raise AddressRefused(f"{host} leads inside")
    if not _NAME.fullmatch(host):
        raise AddressRefused(f"{host} is not a full domain name without a final dot")
    return False


def _ends_in_a_number(host: str) -> bool:
    """Whether resolvers may take the name for an IPv4 address in an odd spelling (WHATWG URL, "ends in a number")."""
    last = host.rstrip(".").rpartition(".")[2]
    return last.isdigit() or re.fullmatch(r"0x[0-9a-f]*", last) is not None


def _check_port(port: int | None) -> None:
    if port is None or (port < _FIRST_FREE_PORT and port not in {80, 443}):
        raise AddressRefused(f"port {port} belongs to another protocol; use 443, 80 or one from {_FIRST_FREE_PORT} on")


def _is_loopback(ip: IPv4Address | IPv6Address) -> bool:
    return any(ip in network for network in _LOOPBACK)


def _inside(ip: IPv4Address | IPv6Address) -> str | None:
    """The kind of inner address that this is; None for a public one."""
    if isinstance(ip, IPv4Address):
        return next((kind for network, kind in _INSIDE_V4.items() if ip in network), None)
    if ip in _NAT64:  # a network without IPv4 of its own reaches the public one through this prefix (RFC 6052)
        return _inside(IPv4Address(ip.packed[-4:]))
    if kind := next((kind for network, kind in _INSIDE_V6.items() if ip in network), None):
        return kind
    return None if ip in _GLOBAL_V6 else "reserved"
