"""A broker that insists: TLS, a user with a password, and a right for everything that the user does."""

import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from embedded.certificates import Certificates

MECHANISM: Final = "SCRAM-SHA-512"
PLAIN: Final = "PLAINTEXT"
GUARDED: Final = "SASL_SSL"


@dataclass(frozen=True, slots=True)
class Guard:
    """Who may come in: users by password, and one of them who may do everything."""

    certificates: Certificates
    users: Mapping[str, str]
    administrator: str = "admin"

    def settings(self) -> list[str]:
        """The broker's settings; its own controller talks to it on loopback, as nobody."""
        own = f'username="{self.administrator}" password="{self.users[self.administrator]}"'
        login = f"org.apache.kafka.common.security.scram.ScramLoginModule required {own};"
        return [
            f"inter.broker.listener.name={GUARDED}",
            f"sasl.enabled.mechanisms={MECHANISM}",
            f"sasl.mechanism.inter.broker.protocol={MECHANISM}",
            f"listener.name.sasl_ssl.{MECHANISM.lower()}.sasl.jaas.config={login}",
            "ssl.keystore.type=PEM",
            f"ssl.keystore.location={self.certificates.both}",
            "ssl.truststore.type=PEM",
            f"ssl.truststore.location={self.certificates.authority}",
            "authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer",
            "allow.everyone.if.no.acl.found=false",
            f"super.users=User:{self.administrator};User:ANONYMOUS",
        ]

    def formatting(self) -> list[str]:
        """Arguments of Kafka's format command: the users are there before the first start."""
        return [
            word
            for name, password in self.users.items()
            for word in ("--add-scram", f"{MECHANISM}=[name={name},password={password}]")
        ]

    def client(self, user: str) -> dict[str, Any]:
        """What a client of this user is told, beside the address."""
        return {
            "security_protocol": GUARDED,
            "ssl_context": ssl.create_default_context(cafile=self.certificates.authority),
            "sasl_mechanism": MECHANISM,
            "sasl_plain_username": user,
            "sasl_plain_password": self.users[user],
        }
