"""What the holder is told from outside, beside what every service is."""

from datetime import timedelta
from pathlib import Path

from pydantic import Field, SecretStr

from chassis.settings import Settings
from holder.pace import Pace


class HolderSettings(Settings):
    """Read from `DUTIFUL_*`; nested names are joined by two underscores, as in `DUTIFUL_PACE__ROWS`."""

    data_map: Path = Field(description="the data map: what this holder holds")
    link_key: SecretStr = Field(min_length=32, description="signs the links to return packages")
    packages: str = Field(description="where return packages lie: a directory, or `store:NAME` of the data map")
    spool: Path | None = Field(None, description="a directory for the file in hand; the system's by default")
    public_url: str | None = Field(None, description="what clients see before /packages; host and port by default")
    requests_url: str | None = Field(None, description="where `requests` tells whom a task about a person is about")
    requests_token_file: Path | None = Field(
        None, description="a token of the role holder, kept fresh by others; signed with the local key by default"
    )
    confirmed_by: str = Field("Dutiful's holder", min_length=1, description="who answers for what was done")
    pace: Pace = Pace()
    slots: int = Field(4, gt=0, description="orders under way at once")
    watch_within: timedelta = Field(timedelta(hours=1), description="how often processing after the end is looked for")
