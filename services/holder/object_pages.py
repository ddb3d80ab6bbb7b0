"""What a bucket lists, a page at a time: versions, delete markers, and uploads that were begun and never finished."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple, TypedDict

from holder.bucket import told

if TYPE_CHECKING:
    from types_aiobotocore_s3.client import S3Client


class Thing(NamedTuple):
    """A version, a delete marker or an upload; `id` tells it from others of its key."""

    kind: str
    key: str
    id: str


class Place(NamedTuple):
    """Where a listing goes on."""

    bucket: str
    prefix: str
    key: str
    id: str
    limit: int


class _VersionMarkers(TypedDict, total=False):
    KeyMarker: str
    VersionIdMarker: str


class _UploadMarkers(TypedDict, total=False):
    KeyMarker: str
    UploadIdMarker: str


class Page(NamedTuple):
    """A page of a listing."""

    things: list[tuple[Thing, datetime]]
    next: tuple[str, str] | None


async def versions(client: "S3Client", kind: str, at: Place) -> Page:
    """A page of versions or of delete markers."""
    markers: _VersionMarkers = {}
    if at.key:
        markers = {"KeyMarker": at.key, "VersionIdMarker": at.id} if at.id else {"KeyMarker": at.key}
    listed = await client.list_object_versions(Bucket=at.bucket, Prefix=at.prefix, MaxKeys=at.limit, **markers)
    of_kind = listed.get("Versions", []) if kind == "version" else listed.get("DeleteMarkers", [])
    things = [(Thing(kind, each["Key"], each["VersionId"]), each["LastModified"]) for each in of_kind]
    follows = listed.get("NextKeyMarker", ""), listed.get("NextVersionIdMarker", "")
    return Page(things, follows if listed.get("IsTruncated") else None)


async def uploads(client: "S3Client", kind: str, at: Place) -> Page:
    """A page of uploads that were begun and never finished."""
    markers: _UploadMarkers = {}
    if at.key:
        markers = {"KeyMarker": at.key, "UploadIdMarker": at.id} if at.id else {"KeyMarker": at.key}
    listed = await client.list_multipart_uploads(Bucket=at.bucket, Prefix=at.prefix, MaxUploads=at.limit, **markers)
    uploads = listed.get("Uploads", [])
    things = [(Thing(kind, each["Key"], each["UploadId"]), each["Initiated"]) for each in uploads]
    follows = listed.get("NextKeyMarker", ""), listed.get("NextUploadIdMarker", "")
    return Page(things, follows if listed.get("IsTruncated") else None)


async def everything(client: "S3Client", kind: str, at: Place, label: str) -> AsyncIterator[tuple[Thing, datetime]]:
    """All of a kind from a place on, with its time; what the store refuses is told by the label of the source."""
    while True:
        with told(label):
            page = await (uploads if kind == "upload" else versions)(client, kind, at)
        for thing, stored_at in page.things:
            if thing.key.startswith(at.prefix):  # whatever the store makes of it: nothing else is reached
                yield thing, stored_at
        if page.next is None:
            return
        at = at._replace(key=page.next[0], id=page.next[1])
