"""A connection to an S3-compatible store, and what its refusals mean."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from http import HTTPStatus
from typing import TYPE_CHECKING, Final, NamedTuple, cast

import aiohttp
from aiobotocore.config import AioConfig
from aiobotocore.session import get_session
from botocore.exceptions import BotoCoreError, ClientError

from holder.data_map import Bucket
from holder.executors import ExecutorFailed

if TYPE_CHECKING:
    from types_aiobotocore_s3.client import S3Client

_TRIES: Final = 3
_BUSY: Final = frozenset({"SlowDown", "RequestTimeout", "Throttling", "ThrottlingException", "ServiceUnavailable"})


class Credentials(NamedTuple):
    """The keys of one store."""

    access_key: str
    secret_key: str


class StoreAway(OSError):
    """The store doesn't answer now; it is tried again."""


@asynccontextmanager
async def connect(bucket: Bucket, credentials: Credentials) -> "AsyncIterator[S3Client]":
    """Open a client; it connects when it is used."""
    config = AioConfig(
        retries={"mode": "standard", "total_max_attempts": _TRIES},
        connect_timeout=5,
        read_timeout=60,
        s3={"addressing_style": "path" if bucket.endpoint else "auto"},
        request_checksum_calculation="when_required",  # stores that are only like S3 know no newer ones
        response_checksum_validation="when_required",
    )
    client = get_session().create_client(
        "s3",
        endpoint_url=bucket.endpoint,
        region_name=bucket.region,
        aws_access_key_id=credentials.access_key,
        aws_secret_access_key=credentials.secret_key,
        config=config,
    )
    async with client as connected:
        yield cast("S3Client", connected)


@contextmanager
def told(label: str) -> Iterator[None]:
    """What the store refuses, in words for people; what is only away is tried again."""
    try:
        yield
    except ClientError as error:
        status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
        code = str(error.response.get("Error", {}).get("Code", ""))
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR or code in _BUSY:
            raise StoreAway(f"{label}: {code}") from error
        raise ExecutorFailed(f"{label}: {code}") from error
    except (BotoCoreError, aiohttp.ClientError, TimeoutError) as error:
        raise StoreAway(f"{label}: {type(error).__name__}") from error
