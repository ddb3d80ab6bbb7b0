"""What a service is told from outside: one frozen object, read once at start from the environment."""

from datetime import timedelta
from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Read from `DUTIFUL_*`; a secret has no default."""

    model_config = SettingsConfigDict(env_prefix="DUTIFUL_", env_nested_delimiter="__", frozen=True, extra="ignore")

    kafka: str = Field("127.0.0.1:9092", description="Kafka bootstrap servers, comma-separated")
    database_url: SecretStr = Field(description="PostgreSQL DSN of this service's own role")
    topic_prefix: str = Field("", description="put before every topic's name")
    host: str = Field("127.0.0.1", description="address that the API listens on")
    port: int = Field(0, ge=0, le=65535, description="port of the API; 0 takes a free one")
    batch_records: int = Field(1000, gt=0, description="records taken into one transaction at most")
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
    token_key: Path | None = Field(None, description="local Ed25519 key file whose tokens are accepted (`make up`)")
