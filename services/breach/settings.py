"""What the breach service is told from outside."""

from datetime import timedelta

from pydantic import Field

from chassis.settings import Settings


class BreachSettings(Settings):
    """Read from `DUTIFUL_*`."""

    ahead_within: timedelta = Field(
        timedelta(minutes=5), description="how far the clocks of those who publish may be ahead of ours"
    )
    shown_clocks: int = Field(
        20_000, ge=0, description="clocks whose time left is a metric of its own, by incident and client: the next due"
    )
