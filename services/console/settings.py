"""What the console is told from outside."""

from datetime import timedelta
from pathlib import Path

from pydantic import Field

from chassis.settings import Settings


class ConsoleSettings(Settings):
    """Read from `DUTIFUL_*`; the key has no default."""

    evidence_key: Path = Field(description="Ed25519 key file that signs the record's heads; only its owner may read it")
    inbox_kept_within: timedelta = Field(
        timedelta(days=36_525),
        description="how long a message's id is remembered: as long as the record, which holds no fact twice",
    )
    seal_every: timedelta = Field(
        timedelta(days=1), gt=timedelta(0), description="how often the heads that have grown are signed and said"
    )
