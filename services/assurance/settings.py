"""What the assurance service is told from outside."""

from datetime import timedelta

from pydantic import Field

from chassis.settings import Settings


class AssuranceSettings(Settings):
    """Read from `DUTIFUL_*`."""

    ahead_within: timedelta = Field(
        timedelta(minutes=5),
        ge=timedelta(0),
        description="how far the clocks of those who publish may be ahead of ours",
    )
    documents_per_client: int = Field(1000, ge=1, description="documents that are kept for one client at most")
