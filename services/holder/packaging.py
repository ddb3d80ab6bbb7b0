"""Makes a return package: file by file onto the shelf, each recorded once it is there, so that a kill loses one."""

import asyncio
import hashlib
import os
import tempfile
from collections.abc import AsyncIterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from pydantic import JsonValue

from chassis.database import Pool
from contracts.returning import ReturnOrdered
from holder import archive, decisions, package_files, packages
from holder.archive import Member
from holder.data_map import ObjectSource, Scope, Source
from holder.encrypting import encrypt
from holder.executors import Executor, Sink
from holder.jobs import Job
from holder.ledger import Superseded
from holder.manifest import manifest_of
from holder.package_files import PackageFile
from holder.reaching import Reach
from holder.shelves import Shelf

MANIFEST: Final = "manifest.json"
_CHUNK: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Made:
    """A package that lies on the shelf, whole."""

    manifest_sha256: str
    package_sha256: str
    bytes: int


@dataclass(frozen=True, slots=True)
class _Shelved:
    """What a file came to be: its name in the archive, and both of its sides."""

    file: str
    bytes: int
    sha256: str
    plain_bytes: int
    plain_sha256: str


class Packager:
    """Makes packages from what the data map names."""

    def __init__(self, pool: Pool, reach: Reach, shelf: Shelf, spool: Path | None) -> None:
        self._pool = pool
        self._reach = reach
        self._shelf = shelf
        self._spool = spool

    async def make(self, job: Job, order: ReturnOrdered) -> Made:
        """Make what is missing of a package."""
        await packages.begin(self._pool, order.order_id, order.client_id, order.available_until)
        last = await package_files.last_file(self._pool, order.order_id)
        places = [
            (category, nth, source)
            for category in order.categories
            for nth, source in enumerate(decisions.sources_of(self._reach.data_map, category))
        ]
        begin = _place_of(places, last)
        for category, nth, source in places[begin:]:
            async with self._reach.open(category, source) as executor:
                maker = _Maker(self, job, order, category, nth, source)
                last = await maker.make(executor, last)
        return await self._finish(job, order)

    async def put(self, order: ReturnOrdered, plain: Path, file: str, number: int) -> _Shelved:
        """Encrypt a file where it is to be, and put it on the shelf."""
        plain_bytes, plain_sha256 = await asyncio.to_thread(_digest, plain)
        shown, name = plain, file
        if order.recipient is not None:
            shown, name = plain.with_suffix(".encrypted"), f"{file}.{order.recipient.encryption}"
            await encrypt(plain, shown, order.recipient)
        size, sha256 = await asyncio.to_thread(_digest, shown)
        await self._shelf.put(order.order_id, place_of(number), shown)
        return _Shelved(name, size, sha256, plain_bytes, plain_sha256)

    async def add(self, job: Job, made: PackageFile) -> None:
        """Record a file that is on the shelf."""
        if not await package_files.add_file(self._pool, job.order_id, made, job.fence):
            raise Superseded

    def spooling(self) -> "tempfile.TemporaryDirectory[str]":
        """A directory for the file in hand, which is gone with it."""
        return tempfile.TemporaryDirectory(prefix="dutiful-holder-", dir=self._spool)

    async def _finish(self, job: Job, order: ReturnOrdered) -> Made:
        with self.spooling() as directory:
            plain = Path(directory) / MANIFEST
            with plain.open("wb") as sink:
                async for piece in manifest_of(self._pool, order):
                    sink.write(piece)
            manifest = await self.put(order, plain, MANIFEST, 0)
        recorded = PackageFile(0, name=MANIFEST, category="", source="", records=0, resume=None, **asdict(manifest))
        await self.add(job, recorded)
        digest, size = hashlib.sha256(), 0
        async for chunk in stream(self._pool, self._shelf, order.order_id, 0, 2**63):
            digest.update(chunk)
            size += len(chunk)
        return Made(manifest.sha256, digest.hexdigest(), size)


class _Maker:
    """Makes the files of one source."""

    def __init__(
        self, packager: Packager, job: Job, order: ReturnOrdered, category: str, nth: int, source: Source
    ) -> None:
        self._packager = packager
        self._job = job
        self._order = order
        self._category = category
        self._nth = nth
        self._source = source

    async def make(self, executor: Executor, last: PackageFile | None) -> PackageFile | None:
        """All files that are missing; return the last of the package."""
        goes_on = last is not None and (last.category, last.source) == (self._category, self._source.label)
        after: JsonValue = last.resume if last is not None and goes_on else None
        while (made := await self._next(executor, after, last.nth + 1 if last else 1)) is not None:
            await self._packager.add(self._job, made)
            last, after = made, made.resume
        return last

    async def _next(self, executor: Executor, after: JsonValue, number: int) -> PackageFile | None:
        with self._packager.spooling() as directory:
            plain = Path(directory) / "file"
            with plain.open("wb") as opened:
                sink: Sink = opened
                exported = await executor.export(Scope(self._order.client_id), after, sink)
            if exported is None:
                return None
            name = f"{self._category}/{self._folder}{exported.name}"
            if not isinstance(self._source, ObjectSource):
                stem, _, suffix = name.rpartition(".")
                name = f"{stem}.{number:06d}.{suffix}"
            # Encrypted, a name gives nothing away: the manifest, encrypted too, says what each file is.
            file = f"{number:06d}" if self._order.recipient else name
            shelved = await self._packager.put(self._order, plain, file, number)
        return PackageFile(
            nth=number,
            name=name,
            category=self._category,
            source=self._source.label,
            records=exported.records,
            resume=exported.after,
            **asdict(shelved),
        )

    @property
    def _folder(self) -> str:
        return f"{self._nth + 1}/" if isinstance(self._source, ObjectSource) else ""


async def stream(pool: Pool, shelf: Shelf, order_id: str, first: int, last: int) -> AsyncIterator[bytes]:
    """The bytes of a package's archive from one place to another."""
    async for piece in archive.slices(_members(pool, order_id), first, last):
        if not piece.place:
            yield piece.data
            continue
        async for chunk in shelf.read(order_id, piece.place, piece.first, piece.length):
            yield chunk


def place_of(number: int) -> str:
    """Where a file lies on the shelf: no part of a client's data becomes a name there."""
    return f"{number:06d}"


async def _members(pool: Pool, order_id: str) -> AsyncIterator[Member]:
    async for made in package_files.files(pool, order_id):
        yield Member(made.file, made.bytes, place_of(made.nth))


def _place_of(places: list[tuple[str, int, Source]], last: PackageFile | None) -> int:
    """Where a package goes on: with the source of its last file."""
    if last is None:
        return 0
    labels = [(category, source.label) for category, _, source in places]
    return labels.index((last.category, last.source)) if (last.category, last.source) in labels else 0


def _digest(path: Path) -> tuple[int, str]:
    digest, size = hashlib.sha256(), os.stat(path).st_size  # noqa: PTH116 - one call, no object
    with path.open("rb") as opened:
        while chunk := opened.read(_CHUNK):
            digest.update(chunk)
    return size, digest.hexdigest()
