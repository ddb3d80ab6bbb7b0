"""An S3 API on loopback, and what tests put there."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final
from unittest import mock
from uuid import uuid4

from moto.server import ThreadedMotoServer

from holder.bucket import Credentials, connect
from holder.data_map import Bucket

CREDENTIALS: Final = Credentials("test", "secret")


@contextmanager
def serve() -> Iterator[str]:
    """The URL of an S3 API while it runs."""
    with mock.patch.dict(os.environ, {"AWS_EC2_METADATA_DISABLED": "true"}):
        server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
        server.start()
        host, port = server.get_host_and_port()
        yield f"http://{host}:{port}"
        server.stop()


async def make_bucket(endpoint: str, *, versioned: bool = True) -> Bucket:
    """A fresh bucket."""
    bucket = Bucket(bucket=f"b-{uuid4().hex}", endpoint=endpoint)
    async with connect(bucket, CREDENTIALS) as client:
        await client.create_bucket(Bucket=bucket.bucket)
        if versioned:
            await client.put_bucket_versioning(Bucket=bucket.bucket, VersioningConfiguration={"Status": "Enabled"})
    return bucket


async def put(bucket: Bucket, **objects: str) -> None:
    """Objects by key; two underscores stand for a slash."""
    async with connect(bucket, CREDENTIALS) as client:
        for key, text in objects.items():
            await client.put_object(Bucket=bucket.bucket, Key=key.replace("__", "/"), Body=text.encode())


async def keys(bucket: Bucket) -> list[str]:
    """The keys of all versions and markers that are left."""
    async with connect(bucket, CREDENTIALS) as client:
        listed = await client.list_object_versions(Bucket=bucket.bucket)
    versions = [*listed.get("Versions", []), *listed.get("DeleteMarkers", [])]
    return sorted(each["Key"] for each in versions)
