"""What retention is told from outside."""

from pathlib import Path

from pydantic import Field

from chassis.settings import Settings


class RetentionSettings(Settings):
    """Read from `DUTIFUL_*`; the key has no default."""

    certificate_key: Path = Field(description="Ed25519 key file that signs certificates; only its owner may read it")
