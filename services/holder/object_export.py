"""Hands out a client's objects, one after the other, as they are now (TER-5)."""

from typing import TYPE_CHECKING, Final

from pydantic import JsonValue

from holder.bucket import told
from holder.executors import Exported, Sink
from holder.object_names import file_name

if TYPE_CHECKING:
    from types_aiobotocore_s3.client import S3Client
    from types_aiobotocore_s3.type_defs import ObjectTypeDef

_CHUNK: Final = 256 * 1024


class HandingOut:
    """Goes through the objects below a prefix; a page of the listing is kept, so that it isn't listed for each."""

    def __init__(self, bucket: str, label: str) -> None:
        self._bucket = bucket
        self._label = label
        self._page: list[ObjectTypeDef] = []

    async def next(self, client: "S3Client", prefix: str, after: JsonValue, sink: Sink) -> Exported | None:
        """Write the object after `after`; None when all are written."""
        found = await self._following(client, prefix, after)
        if found is None:
            return None
        key = found.get("Key", "")
        with told(self._label):
            answer = await client.get_object(Bucket=self._bucket, Key=key)
            async with answer["Body"] as body:
                while chunk := await body.read(_CHUNK):
                    sink.write(chunk)
        return Exported(file_name(key.removeprefix(prefix)), 1, key)

    async def _following(self, client: "S3Client", prefix: str, after: JsonValue) -> "ObjectTypeDef | None":
        place = after if isinstance(after, str) else ""
        self._page = [each for each in self._page if each.get("Key", "") > place and each["Key"].startswith(prefix)]
        if not self._page:
            with told(self._label):
                listed = await client.list_objects_v2(Bucket=self._bucket, Prefix=prefix, StartAfter=place)
            self._page = listed.get("Contents", [])
        return self._page[0] if self._page else None
