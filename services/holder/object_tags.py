"""The tag of an object version whose use is restricted: a bucket's policy can refuse what carries it."""

from typing import TYPE_CHECKING, Final

from holder.data_map import Bucket
from holder.object_pages import Thing

if TYPE_CHECKING:
    from types_aiobotocore_s3.client import S3Client
    from types_aiobotocore_s3.type_defs import TagTypeDef

RESTRICTED: Final = "dutiful-restricted"


async def is_marked(client: "S3Client", bucket: Bucket, thing: Thing) -> bool:
    """Whether a version carries the tag."""
    return any(tag["Key"] == RESTRICTED for tag in await _tags(client, bucket, thing))


async def mark(client: "S3Client", bucket: Bucket, thing: Thing, *, restricted: bool) -> None:
    """Put the tag on a version or take it away; its other tags stay."""
    tags = [tag for tag in await _tags(client, bucket, thing) if tag["Key"] != RESTRICTED]
    if restricted:
        tags.append({"Key": RESTRICTED, "Value": "true"})
    if tags:
        await client.put_object_tagging(
            Bucket=bucket.bucket, Key=thing.key, VersionId=thing.id, Tagging={"TagSet": tags}
        )
    else:  # not every store takes an empty set
        await client.delete_object_tagging(Bucket=bucket.bucket, Key=thing.key, VersionId=thing.id)


async def _tags(client: "S3Client", bucket: Bucket, thing: Thing) -> "list[TagTypeDef]":
    answer = await client.get_object_tagging(Bucket=bucket.bucket, Key=thing.key, VersionId=thing.id)
    return list(answer["TagSet"])
