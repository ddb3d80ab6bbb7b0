"""S3-compatible stores: all versions of the client's objects, their delete markers, and uploads never finished.

A batch is written down, object by object, before it is deleted. Deleting it again harms nothing, so that a run that
goes on deletes the batch that was open once more, and counts it.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import datetime
from itertools import product
from typing import TYPE_CHECKING, Final

from pydantic import JsonValue, TypeAdapter

from contracts.ordering import Counted
from holder.bucket import Credentials, connect, told
from holder.data_map import Bucket, ObjectSource, Scope
from holder.executors import ExecutorFailed, Exported, Found, Ledger, Sink
from holder.naming import CLIENT
from holder.object_export import HandingOut
from holder.object_names import file_name
from holder.object_pages import Place, Thing, everything
from holder.object_tags import is_marked, mark
from holder.persons import Change, Mark, object_paths

if TYPE_CHECKING:
    from types_aiobotocore_s3.client import S3Client

BATCH: Final = 1000
"""What one request may list, and delete."""

KINDS: Final = ("version", "marker", "upload")
"""Versions go first: a marker that went before what it hides would bring that back."""

_PASSES: Final = 20


_THINGS: TypeAdapter[list[Thing]] = TypeAdapter(list[Thing])


class ObjectExecutor:
    """Reaches the objects below the client's own prefix of one bucket."""

    def __init__(self, source: ObjectSource, bucket: Bucket, credentials: Credentials, batch: int = BATCH) -> None:
        self._source = source
        self._bucket = bucket
        self._credentials = credentials
        self._batch = batch
        self._stack = AsyncExitStack()
        self._client: S3Client | None = None
        self._handing_out = HandingOut(bucket.bucket, source.label)

    async def lacks(self) -> list[str]:
        """What the map names and the store doesn't have."""
        client = await self._connected()
        try:
            with told(self._source.label):
                await client.list_object_versions(Bucket=self._bucket.bucket, MaxKeys=1)
        except ExecutorFailed as error:
            return [f"bucket {self._bucket.bucket}: {error}"]
        return []

    async def count(self, scope: Scope) -> Found:
        """How many versions, markers and uploads are there."""
        count = 0
        for kind, prefix in product(KINDS, self._prefixes(scope)):
            async for _, at in self._listed(kind, prefix, ""):
                count += _within(scope, at)
        return Found(count, self._source.unit)

    async def having(self, scopes: Sequence[Scope]) -> Sequence[Scope]:
        """A store is listed client by client."""
        return scopes

    async def erase(self, scope: Scope, ledger: Ledger) -> None:
        """Delete batch by batch, each written down first."""
        if ledger.intent is not None:  # deleting it once more harms nothing
            await self._delete(_THINGS.validate_python(ledger.intent.mark), ledger)
        for kind, prefix in product(KINDS, self._prefixes(scope)):
            for _ in range(_PASSES):
                if not await self._pass(kind, prefix, scope, ledger):
                    break
            else:
                raise ExecutorFailed(f"{self._source.label}: what was deleted keeps coming back")

    async def change(self, scope: Scope, change: Change, ledger: Ledger) -> None:
        """Tag every version as restricted, or take the tag away; an object is not corrected."""
        if not isinstance(change, Mark):
            raise ExecutorFailed(f"{self._source.label}: an object is not corrected but replaced")
        if ledger.intent is not None:  # tagging once more harms nothing
            await self._tag(_THINGS.validate_python(ledger.intent.mark), change, ledger, again=True)
        batch: list[Thing] = []
        for prefix in self._prefixes(scope):
            async for thing, at in self._listed("version", prefix, ""):
                if _within(scope, at) and await self._is_marked(thing) is not change.restricted:
                    batch.append(thing)
                if len(batch) == self._batch:
                    await self._tag(batch, change, ledger)
                    batch = []
        if batch:
            await self._tag(batch, change, ledger)

    async def resolve(self, ledger: Ledger) -> None:
        """Count what is gone of a batch that was about to go."""
        if ledger.intent is not None:
            things = _THINGS.validate_python(ledger.intent.mark)
            await ledger.settle(sum([not await self._is_there(thing) for thing in things]))

    async def export(self, scope: Scope, after: JsonValue, sink: Sink) -> Exported | None:
        """Write the next object, as it is now; older versions are not handed out."""
        client = await self._connected()
        for prefix in self._prefixes(scope):
            is_over = isinstance(after, str) and after > prefix and not after.startswith(prefix)
            if not is_over and (made := await self._handing_out.next(client, prefix, after, sink)) is not None:
                folder = file_name(prefix.removeprefix(self._root(scope)).rstrip("/"))
                return made if prefix == self._root(scope) else replace(made, name=f"{folder}/{made.name}")
        return None

    async def clients(self) -> AsyncIterator[tuple[str, int]]:
        """Whoever has objects in any version, and how many versions."""
        root, _, below = self._source.prefix.partition(CLIENT)
        last, count = "", 0
        async for thing, _ in self._listed("version", root, ""):
            name, found, rest = thing.key.removeprefix(root).partition("/")
            if not found or not f"/{rest}".startswith(below):
                continue
            if name != last and count:
                yield last, count
                count = 0
            last, count = name, count + 1
        if count:
            yield last, count

    async def close(self) -> None:
        """Let go of connections."""
        await self._stack.aclose()
        self._client = None

    async def _pass(self, kind: str, prefix: str, scope: Scope, ledger: Ledger) -> bool:
        """Go once through all that there is of a kind; say whether anything was there."""
        done: str | None = ""
        found = False
        while done is not None:
            things, done = await self._collect(kind, prefix, scope, done)
            if things:
                found = True
                await ledger.intend(len(things), [list(thing) for thing in things])
                await self._delete(things, ledger)
        return found

    async def _collect(self, kind: str, prefix: str, scope: Scope, done: str) -> tuple[list[Thing], str | None]:
        """A batch of what is after the key `done`, and the key up to which nothing is left then; None: all was seen.

        A listing never goes on from what was deleted meanwhile: not every store finds its place again there.
        """
        things: list[Thing] = []
        seen = before = done
        async for thing, at in self._listed(kind, prefix, done):
            if thing.key != seen:
                before, seen = seen, thing.key
            if _within(scope, at):
                things.append(thing)
            if len(things) == self._batch:
                return things, before
        return things, None

    async def _listed(self, kind: str, prefix: str, key: str) -> AsyncIterator[tuple[Thing, datetime]]:
        """Everything of a kind below a prefix and after a key, with its time."""
        at = Place(self._bucket.bucket, prefix, key, "", self._batch)
        async for each in everything(await self._connected(), kind, at, self._source.label):
            yield each

    async def _delete(self, things: list[Thing], ledger: Ledger) -> None:
        """Delete a batch that is written down; what stays is told."""
        client = await self._connected()
        stays: list[str] = []
        with told(self._source.label):
            versions = [thing for thing in things if thing.kind != "upload"]
            if versions:
                objects = [{"Key": thing.key, "VersionId": thing.id} for thing in versions]
                answer = await client.delete_objects(
                    Bucket=self._bucket.bucket,
                    Delete={"Objects": objects, "Quiet": True},  # type: ignore[typeddict-item]
                )
                errors = answer.get("Errors", [])
                stays = [str(each.get("Code")) for each in errors if each.get("Code") not in _GONE]
            for thing in things:
                if thing.kind == "upload":
                    await self._abort(thing)
        await ledger.settle(len(things) - len(stays))
        if stays:
            raise ExecutorFailed(f"{self._source.label}: {len(stays)} object versions stay: {stays[0]}")

    async def _is_marked(self, thing: Thing) -> bool:
        with told(self._source.label):
            return await is_marked(await self._connected(), self._bucket, thing)

    async def _tag(self, things: list[Thing], change: Mark, ledger: Ledger, *, again: bool = False) -> None:
        """Tag a batch that is written down, or write it down first."""
        client = await self._connected()
        if not again:
            await ledger.intend(len(things), [list(thing) for thing in things])
        with told(self._source.label):
            for thing in things:
                await mark(client, self._bucket, thing, restricted=change.restricted)
        await ledger.settle(len(things))

    async def _is_there(self, thing: Thing) -> bool:
        async for found, _ in self._listed(thing.kind, thing.key, ""):
            if found == thing:
                return True
        return False

    async def _abort(self, upload: Thing) -> None:
        client = await self._connected()
        try:
            await client.abort_multipart_upload(Bucket=self._bucket.bucket, Key=upload.key, UploadId=upload.id)
        except client.exceptions.NoSuchUpload:
            return

    def _prefixes(self, scope: Scope) -> list[str]:
        """Below which what is meant lies, in their order: all of the client's, or one person's."""
        root = self._root(scope)
        if scope.identifiers is None:
            return [root]
        by = self._source.person.identified_by if self._source.person else {}
        paths = {root + path for one in scope.identifiers for path in object_paths(by, one)}
        return sorted(each for each in paths if not any(each != other and each.startswith(other) for other in paths))

    def _root(self, scope: Scope) -> str:
        if scope.dated and scope.counted is not Counted.CREATED:
            raise ExecutorFailed(f"{self._source.label}: an object has a day of creation, and no {scope.counted} day")
        if "/" in scope.client_id or not scope.client_id:
            raise ExecutorFailed(f"{scope.client_id!r} is no client's id")
        return self._source.prefix.replace(CLIENT, scope.client_id)

    async def _connected(self) -> "S3Client":
        if self._client is None:
            self._client = await self._stack.enter_async_context(connect(self._bucket, self._credentials))
        return self._client


_GONE: Final = frozenset({"NoSuchKey", "NoSuchVersion"})


def _within(scope: Scope, at: datetime) -> bool:
    return (scope.before is None or at < scope.before) and (scope.since is None or at >= scope.since)
