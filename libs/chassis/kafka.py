"""How Kafka is reached: where, with TLS or without, and as whom."""

import ssl
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class Kafka(BaseSettings):
    """Read from `DUTIFUL_*`, by a service and by every command that goes to the bus."""

    model_config = SettingsConfigDict(
        hide_input_in_errors=True, env_prefix="DUTIFUL_", env_nested_delimiter="__", frozen=True, extra="ignore"
    )

    kafka: str = Field("127.0.0.1:9092", description="Kafka bootstrap servers, comma-separated")
    kafka_tls: bool = Field(
        False, description="TLS to Kafka, whose certificate must come from the system's authorities"
    )
    kafka_ca: Path | None = Field(None, description="PEM file of the authorities of Kafka's certificate; TLS then too")
    kafka_username: str | None = Field(None, description="as whom Kafka is asked, by SASL")
    kafka_password: SecretStr | None = Field(None, description="the user's password")
    kafka_mechanism: Literal["SCRAM-SHA-512", "SCRAM-SHA-256", "PLAIN"] = Field(
        "SCRAM-SHA-512", description="SASL mechanism"
    )

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if (self.kafka_username is None) != (self.kafka_password is None):
            raise ValueError("kafka_username and kafka_password go together")
        if self.kafka_password is not None and self.kafka_mechanism == "PLAIN" and not self._encrypted:
            raise ValueError("kafka_mechanism PLAIN says the password as it is: set kafka_tls or kafka_ca")
        return self

    @property
    def _encrypted(self) -> bool:
        return self.kafka_tls or self.kafka_ca is not None

    def client(self) -> dict[str, Any]:
        """What each of aiokafka's clients is told; OSError where the authorities' file can't be read."""
        encrypted, known = self._encrypted, self.kafka_password is not None
        options: dict[str, Any] = {
            "bootstrap_servers": self.kafka,
            "security_protocol": ("SASL_" if known else "") + ("SSL" if encrypted else "PLAINTEXT"),
        }
        if encrypted:
            options["ssl_context"] = ssl.create_default_context(cafile=self.kafka_ca)
        if self.kafka_password is not None:
            options["sasl_mechanism"] = self.kafka_mechanism
            options["sasl_plain_username"] = self.kafka_username
            options["sasl_plain_password"] = self.kafka_password.get_secret_value()
        return options


def reached(kafka: str) -> dict[str, Any]:
    """The options of a client of these bootstrap servers; TLS and SASL as the environment says."""
    return Kafka(kafka=kafka).client()
