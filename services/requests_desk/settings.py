"""What the service `requests` is told from outside."""

from datetime import timedelta

from pydantic import Field

from chassis.vault import VaultSettings


class RequestsSettings(VaultSettings):
    """Read from `DUTIFUL_*`; the vault key closes what is personal of requesters, and all that is sealed."""

    ahead_within: timedelta = Field(
        timedelta(minutes=5), description="how far the clocks of those who publish may be ahead of ours"
    )
