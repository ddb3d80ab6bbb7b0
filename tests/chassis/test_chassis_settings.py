"""How a service is told where its servers are, and as whom it comes to them."""

from pathlib import Path
from urllib.parse import parse_qs

import pytest
from pydantic import SecretStr, ValidationError

from chassis.access import is_shared
from chassis.kafka import Kafka
from chassis.settings import Settings
from embedded.certificates import make_certificates


def test_without_more_kafka_is_reached_in_plain() -> None:
    """What ran before runs on: an address is enough."""
    assert Kafka(kafka="a:1,b:2").client() == {"bootstrap_servers": "a:1,b:2", "security_protocol": "PLAINTEXT"}


def test_authorities_mean_tls_and_a_password_means_sasl(tmp_path: Path) -> None:
    """Each is asked for by itself, and both together are SASL within TLS; the server's name is checked."""
    ca = make_certificates(tmp_path).authority
    user = {"kafka_username": "u", "kafka_password": SecretStr("p")}
    assert Kafka.model_validate({"kafka_ca": ca}).client()["security_protocol"] == "SSL"
    assert Kafka.model_validate({"kafka_tls": True}).client()["ssl_context"].check_hostname
    assert Kafka.model_validate(user).client()["security_protocol"] == "SASL_PLAINTEXT"
    both = Kafka.model_validate(user | {"kafka_ca": ca}).client()
    assert both["security_protocol"] == "SASL_SSL"
    assert both["ssl_context"].check_hostname
    assert (both["sasl_mechanism"], both["sasl_plain_username"], both["sasl_plain_password"]) == (
        "SCRAM-SHA-512",
        "u",
        "p",
    )


@pytest.mark.parametrize(
    ("said", "missing"),
    [
        ({"kafka_username": "u"}, "go together"),
        ({"kafka_password": "p"}, "go together"),
        ({"kafka_username": "u", "kafka_password": "p", "kafka_mechanism": "PLAIN"}, "set kafka_tls or kafka_ca"),
    ],
)
def test_half_a_login_and_a_password_in_plain_are_refused(said: dict[str, str], missing: str) -> None:
    """A user without a password, a password without a user, and a password that the network could read."""
    with pytest.raises(ValidationError, match=missing):
        Kafka.model_validate(said)


def test_a_dsn_gets_its_password_and_authorities(tmp_path: Path) -> None:
    """Whatever a password holds arrives as it is; the server must show a certificate of theirs."""
    ca = tmp_path / "ca.crt"
    said = {"database_url": "postgresql://me@db.example:5432/mine", "database_password": "a&b=c %/?", "database_ca": ca}
    settings = Settings.model_validate(said)
    address, _, added = settings.dsn.partition("?")
    assert address == "postgresql://me@db.example:5432/mine"
    assert parse_qs(added) == {"password": ["a&b=c %/?"], "sslmode": ["verify-full"], "sslrootcert": [str(ca)]}
    assert "a&b=c" not in repr(settings)


def test_a_dsn_that_is_whole_stays_as_it_is() -> None:
    """What it says of sockets, passwords and TLS itself is left alone; what is added goes behind."""
    dsn = "postgresql://me:secret@/mine?host=/run/pg"
    assert Settings.model_validate({"database_url": dsn}).dsn == dsn
    more = Settings.model_validate({"database_url": dsn, "database_password": "other"}).dsn
    assert more == dsn + "&password=other"


@pytest.mark.parametrize(
    ("mode", "owner", "us", "shared"),
    [
        (0o600, 10001, 10001, False),
        (0o640, 10001, 10001, True),
        (0o440, 0, 10001, False),  # as Kubernetes mounts a secret
        (0o444, 0, 10001, True),
        (0o460, 0, 10001, True),
        (0o440, 0, 0, True),
        (0o600, 0, 0, False),
    ],
)
def test_a_key_is_shared_when_others_may_read_it(mode: int, owner: int, us: int, shared: bool) -> None:  # noqa: FBT001
    """Only its owner may read a key; root's own may be read by the group of a process that isn't root."""
    assert is_shared(mode, owner=owner, us=us) is shared
