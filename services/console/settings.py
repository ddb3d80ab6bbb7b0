"""What the console is told from outside."""

from datetime import timedelta
from pathlib import Path

from pydantic import Field

from chassis.settings import Settings


class ConsoleSettings(Settings):
    """Read from `DUTIFUL_*`; the key has no default."""

    evidence_key: Path = Field(description="Ed25519 key file that signs the record's heads; only its owner may read it")
    seal_every: timedelta = Field(
        timedelta(days=1), gt=timedelta(0), description="how often the heads that have grown are signed and said"
    )
