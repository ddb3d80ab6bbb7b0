"""What the holder's tests stand on: an S3 API beside the servers of all tests."""

from collections.abc import Iterator

import pytest
from tests.holder import s3


@pytest.fixture(scope="session")
def s3_endpoint() -> Iterator[str]:
    """The URL of an S3 API on loopback."""
    with s3.serve() as url:
        yield url
