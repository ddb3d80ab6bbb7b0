"""What the service `requests` is told from outside."""

from datetime import timedelta

from pydantic import Field

from chassis.vault import VaultSettings


class RequestsSettings(VaultSettings):
    """Read from `DUTIFUL_*`; the vault key closes what is personal of requesters, and all that is sealed."""

    holders: dict[str, str] = Field(
        {},
        description='where the packages of holders are fetched for a client, by their ids: {"platform": "http://…"}; '
        "of any other holder the client is told where it fetches itself",
    )
    attachments_per_request: int = Field(
        50, ge=0, description="files that are kept of one request at most; each has a megabyte at most"
    )
    ahead_within: timedelta = Field(
        timedelta(minutes=5), description="how far the clocks of those who publish may be ahead of ours"
    )
