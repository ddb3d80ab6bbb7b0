"""One package of all that help brought, for its client (DSR-3): a manifest, and what each holder hands out. Pure.

The bytes lie with the holders until the client fetches them, and pass through here without being kept.
"""

import tarfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from pydantic_core import to_json

from contracts.task import TaskPackage
from requests_desk.task_queries import PackageView, TaskView

MANIFEST: Final = "manifest.json"
END: Final = bytes(2 * tarfile.BLOCKSIZE)
"""What every archive ends with."""
_FORMAT: Final = "dutiful/assistance-package/1"


@dataclass(frozen=True, slots=True)
class Piece:
    """What one holder hands out; `link`: where it is fetched now, and None where it isn't, with why."""

    order_id: str
    holder_id: str
    package: TaskPackage
    link: str | None
    why: str | None = None

    @property
    def file(self) -> str:
        """Its name in the archive."""
        return f"{self.holder_id}/{self.order_id}.tar"


def exports(view: PackageView) -> Sequence[tuple[TaskView, TaskPackage]]:
    """The tasks that brought a package."""
    return [(task, task.package) for task in view.tasks if task.package is not None]


def manifest_of(view: PackageView, pieces: Sequence[Piece]) -> bytes:
    """What was done by whom, each file with its checksum, and all that is not there, with the reason."""
    return to_json(
        {
            "format": _FORMAT,
            **view.model_dump(mode="json", exclude={"tasks"}),
            "done": [each.model_dump(mode="json", exclude={"package"}, exclude_none=True) for each in view.tasks],
            "files": [_entry(piece) for piece in pieces],
        },
        indent=1,
    )


def _entry(piece: Piece) -> Mapping[str, object]:
    package = piece.package
    there = {"file": piece.file} if piece.link else {"file": None, "why": piece.why, "fetch_at": package.url}
    return {
        "holder_id": piece.holder_id,
        "order_id": piece.order_id,
        **there,
        "bytes": package.bytes,
        "sha256": package.package_sha256,
        "manifest_sha256": package.manifest_sha256,
        "encryption": package.encryption,
        "expires_at": package.expires_at,
    }


def header_of(name: str, size: int) -> bytes:
    """What stands before a file in the archive."""
    info = tarfile.TarInfo(name)
    info.size, info.mode, info.mtime = size, 0o600, 0
    return info.tobuf(tarfile.PAX_FORMAT)


def padding_of(size: int) -> bytes:
    """What fills a file's last block."""
    return bytes(-size % tarfile.BLOCKSIZE)


def size_of(manifest: bytes, pieces: Sequence[Piece]) -> int:
    """How many bytes the archive has."""
    files = [(MANIFEST, len(manifest)), *[(each.file, each.package.bytes) for each in pieces if each.link]]
    return sum(len(header_of(name, size)) + size + len(padding_of(size)) for name, size in files) + len(END)
