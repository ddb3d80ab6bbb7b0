"""What a service is told from outside: one frozen object, read once at start from the environment."""

from datetime import timedelta
from pathlib import Path
from urllib.parse import urlencode

from pydantic import Field, SecretStr

from chassis.kafka import Kafka


class Settings(Kafka):
    """Read from `DUTIFUL_*`; a secret has no default."""

    database_url: SecretStr = Field(description="PostgreSQL DSN of this service's own role")
    database_password: SecretStr | None = Field(None, description="the role's password, where the DSN holds none")
    database_ca: Path | None = Field(
        None, description="PEM file of the authorities of PostgreSQL's certificate; TLS is then required"
    )
    topic_prefix: str = Field("", description="put before every topic's name")
    host: str = Field("127.0.0.1", description="address that the API listens on")
    port: int = Field(0, ge=0, le=65535, description="port of the API; 0 takes a free one")
    batch_records: int = Field(1000, gt=0, description="records taken into one transaction at most")
    batch_bytes: int = Field(
        512 * 1024, gt=0, description="bytes of them at most, but for one record that alone is longer"
    )
    member: str | None = Field(
        None,
        min_length=1,
        max_length=249,
        description="who this process is among those of its service: no other's name, and its own again after a crash",
    )
    session_within: timedelta = Field(
        timedelta(seconds=10),
        ge=timedelta(seconds=1),
        description="after so long without a word the broker gives this process's partitions to others",
    )
    connections: int = Field(6, gt=1, description="PostgreSQL connections of this process at most")
    inbox_kept_within: timedelta = Field(
        timedelta(days=30), description="how long a message's id is remembered; more than the topics keep messages"
    )
    trail_kept_within: timedelta = Field(
        timedelta(days=30), ge=timedelta(0), description="how long it is kept what caused each event; 0 keeps nothing"
    )
    stop_within: timedelta = Field(timedelta(seconds=10), description="bound of a graceful stop")
    otlp_endpoint: str | None = Field(
        None, description="OTLP gRPC endpoint of traces and metrics; without one none are sent"
    )
    otlp_metrics_every: timedelta = Field(
        timedelta(seconds=15), gt=timedelta(0), description="how often metrics go there too"
    )
    oidc_issuer: str | None = Field(None, description="OpenID Connect issuer whose tokens are accepted")
    undertakings_required: bool = Field(
        default=False, description="whether staff need an undertaking of confidentiality in force to reach records"
    )
    api_body: int = Field(1024 * 1024, gt=0, description="bytes of a request's body at most; a larger one is a 413")
    api_rate: float = Field(
        100,
        ge=0,
        description="requests a second that one client, or one of the staff, may make of a process; 0: any number",
    )
    api_burst: int = Field(300, gt=0, description="requests that one may make at once before the rate counts; then 429")
    token_key: Path | None = Field(None, description="local Ed25519 key file whose tokens are accepted (`make up`)")

    @property
    def dsn(self) -> str:
        """The DSN whole: with the password, and with TLS to a server that is who its certificate says."""
        dsn = self.database_url.get_secret_value()
        more: dict[str, str] = {}
        if self.database_password is not None:
            more["password"] = self.database_password.get_secret_value()
        if self.database_ca is not None:
            more |= {"sslmode": "verify-full", "sslrootcert": str(self.database_ca)}
        return f"{dsn}{'&' if '?' in dsn else '?'}{urlencode(more)}" if more else dsn
