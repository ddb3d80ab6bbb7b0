"""Where packages lie: a directory, or a bucket."""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final, Protocol
from urllib.parse import quote

from holder.bucket import Credentials, connect, told
from holder.data_map import Bucket
from holder.executors import ExecutorFailed
from holder.reaching import Reach

_CHUNK: Final = 256 * 1024
_PIECE: Final = 32 * 1024 * 1024


class Shelf(Protocol):
    """Keeps the files of packages."""

    async def put(self, package: str, file: str, path: Path) -> None:
        """Put a file there, whole or not at all; the one that was there is replaced. `path` may be moved away."""
        ...

    def read(self, package: str, file: str, first: int, length: int) -> AsyncIterator[bytes]:
        """A piece of a file."""
        ...

    async def remove(self, package: str) -> None:
        """Remove a package; twice harms nothing."""
        ...


class Directory:
    """Packages as directories."""

    def __init__(self, root: Path) -> None:
        self._root = root

    async def put(self, package: str, file: str, path: Path) -> None:
        """Copy beside, then rename: a file is there whole or not at all."""
        await asyncio.to_thread(self._put, package, file, path)

    async def read(self, package: str, file: str, first: int, length: int) -> AsyncIterator[bytes]:
        """A piece of a file."""
        with self._path(package, file).open("rb") as opened:
            opened.seek(first)
            while length > 0 and (chunk := await asyncio.to_thread(opened.read, min(_CHUNK, length))):
                length -= len(chunk)
                yield chunk

    async def remove(self, package: str) -> None:
        """Remove a package; twice harms nothing."""
        await asyncio.to_thread(shutil.rmtree, self._root / quote(package, safe=""), ignore_errors=True)

    def _put(self, package: str, file: str, path: Path) -> None:
        into = self._path(package, file)
        into.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft = into.with_name(f"{into.name}.part")
        shutil.copyfile(path, draft)
        with draft.open("rb") as opened:
            os.fsync(opened.fileno())
        draft.replace(into)

    def _path(self, package: str, file: str) -> Path:
        return self._root / quote(package, safe="") / quote(file, safe="")


class BucketShelf:
    """Packages as objects below a prefix each."""

    def __init__(self, bucket: Bucket, credentials: Credentials, prefix: str = "packages/") -> None:
        self._bucket = bucket
        self._credentials = credentials
        self._prefix = prefix

    async def put(self, package: str, file: str, path: Path) -> None:
        """Upload in pieces; the object is there when the last one is."""
        place = {"Bucket": self._bucket.bucket, "Key": self._key(package, file)}
        async with connect(self._bucket, self._credentials) as client:
            with told("packages"), path.open("rb") as opened:
                first = await asyncio.to_thread(opened.read, _PIECE)
                if len(first) < _PIECE:
                    await client.put_object(Bucket=place["Bucket"], Key=place["Key"], Body=first)
                    return
                begun = await client.create_multipart_upload(Bucket=place["Bucket"], Key=place["Key"])
                parts: list[tuple[int, str]] = []
                while first:
                    answer = await client.upload_part(
                        Bucket=place["Bucket"],
                        Key=place["Key"],
                        UploadId=begun["UploadId"],
                        PartNumber=len(parts) + 1,
                        Body=first,
                    )
                    parts.append((len(parts) + 1, answer["ETag"]))
                    first = await asyncio.to_thread(opened.read, _PIECE)
                await client.complete_multipart_upload(
                    Bucket=place["Bucket"],
                    Key=place["Key"],
                    UploadId=begun["UploadId"],
                    MultipartUpload={"Parts": [{"PartNumber": number, "ETag": etag} for number, etag in parts]},
                )

    async def read(self, package: str, file: str, first: int, length: int) -> AsyncIterator[bytes]:
        """A piece of a file."""
        if length <= 0:
            return
        async with connect(self._bucket, self._credentials) as client:
            with told("packages"):
                answer = await client.get_object(
                    Bucket=self._bucket.bucket,
                    Key=self._key(package, file),
                    Range=f"bytes={first}-{first + length - 1}",
                )
                async with answer["Body"] as body:
                    while chunk := await body.read(_CHUNK):
                        yield chunk

    async def remove(self, package: str) -> None:
        """Remove a package in all its versions."""
        prefix = f"{self._prefix}{quote(package, safe='')}/"
        async with connect(self._bucket, self._credentials) as client:
            with told("packages"):
                while True:
                    listed = await client.list_object_versions(Bucket=self._bucket.bucket, Prefix=prefix)
                    found = [*listed.get("Versions", []), *listed.get("DeleteMarkers", [])]
                    if not found:
                        return
                    await client.delete_objects(
                        Bucket=self._bucket.bucket,
                        Delete={"Objects": [{"Key": each["Key"], "VersionId": each["VersionId"]} for each in found]},
                    )

    def _key(self, package: str, file: str) -> str:
        return f"{self._prefix}{quote(package, safe='')}/{quote(file, safe='')}"


def shelf_of(place: str, reach: Reach) -> Shelf:
    """The shelf that the settings name: a directory, or `store:NAME` of the data map."""
    kind, _, name = place.partition(":")
    if kind == "store":
        if name not in reach.data_map.stores:
            raise ExecutorFailed(f"packages: [stores.{name}] is missing in the data map")
        return BucketShelf(*reach.bucket(name))
    return Directory(Path(place))
