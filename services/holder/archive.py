"""A package as one tar archive, never built: its bytes follow from its files, so that any part can be sent. Pure."""

import tarfile
from collections.abc import AsyncIterable, AsyncIterator
from typing import Final, NamedTuple

_BLOCK: Final = 512
END: Final = bytes(2 * _BLOCK)
"""What every archive ends with."""


class Slice(NamedTuple):
    """A part of the archive: bytes, or a piece of a file that begins at `first`; `place` is where the file lies."""

    data: bytes
    place: str
    first: int
    length: int


class Member(NamedTuple):
    """A file, its size, and where it lies."""

    file: str
    size: int
    place: str


def size_of(member: Member) -> int:
    """How much of the archive a file takes."""
    return len(_header(member)) + member.size + _padding(member.size)


async def slices(members: AsyncIterable[Member], first: int, last: int) -> AsyncIterator[Slice]:
    """The parts of the archive from the byte `first` to the byte `last`, in their order."""
    at = 0
    async for member in members:
        whole = size_of(member)
        if at + whole > first and at <= last:
            header, padding = _header(member), bytes(_padding(member.size))
            for piece in (
                Slice(header, "", 0, len(header)),
                Slice(b"", member.place, 0, member.size),
                Slice(padding, "", 0, len(padding)),
            ):
                if cut := _cut(piece, first - at, last - at):
                    yield cut
                at += piece.length
        else:
            at += whole
        if at > last:
            return
    if cut := _cut(Slice(END, "", 0, len(END)), first - at, last - at):
        yield cut


def _cut(piece: Slice, first: int, last: int) -> Slice | None:
    """What of a piece lies between two places that count from its beginning."""
    begin, end = max(first, 0), min(last + 1, piece.length)
    if begin >= end:
        return None
    return Slice(piece.data[begin:end], piece.place, piece.first + begin, end - begin)


def _header(member: Member) -> bytes:
    info = tarfile.TarInfo(member.file)
    info.size, info.mode, info.mtime = member.size, 0o600, 0
    return info.tobuf(tarfile.PAX_FORMAT)


def _padding(size: int) -> int:
    return -size % _BLOCK
