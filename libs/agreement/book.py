"""The agreements that a service keeps, each version by its name: a client is bound to the one it signed (§15)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Self

from agreement.loading import load
from agreement.schema import Agreement


class Signed(NamedTuple):
    """Which version of which agreement was signed."""

    agreement_id: str
    version: str


class AgreementUnknown(LookupError):
    """No file of this book is the version that was named; `reason` says which there are to whoever named it."""

    field: str | None = "agreement_version"

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Book:
    """Versions of agreements; never empty."""

    versions: Mapping[Signed, Agreement]

    @classmethod
    def of_agreements(cls, agreements: Iterable[Agreement]) -> Self:
        """The book of these versions; no version twice, and at least one."""
        versions: dict[Signed, Agreement] = {}
        for agreement in agreements:
            if versions.setdefault(Signed(agreement.id, agreement.version), agreement) is not agreement:
                raise ValueError(f"version {agreement.version} of {agreement.id} is in the book twice")
        if not versions:
            raise ValueError("a book needs one agreement at least")
        return cls(versions)

    @classmethod
    def read(cls, path: Path) -> Self:
        """The book of one agreement file, or of every `*.toml` in a directory; raises `AgreementInvalid`."""
        return cls.of_agreements(map(load, sorted(path.glob("*.toml")) if path.is_dir() else [path]))

    def __getitem__(self, signed: Signed) -> Agreement:
        try:
            return self.versions[signed]
        except KeyError:
            known = ", ".join(f"{each.agreement_id} {each.version}" for each in sorted(self.versions))
            raise AgreementUnknown(
                f"agreement {signed.agreement_id!r} has no version {signed.version!r} here; there are: {known}"
            ) from None

    @property
    def latest(self) -> Agreement:
        """The version that states the latest day."""
        return max(self.versions.values(), key=lambda agreement: (agreement.version_on, agreement.version))

    def of(self, agreement_id: str, version: str) -> Agreement:
        """One version; raises `AgreementUnknown`."""
        return self[Signed(agreement_id, version)]

    def those(self, signed: Iterable[Signed]) -> list[Agreement]:
        """The versions that were signed; the latest where nobody has signed yet. Raises `AgreementUnknown`."""
        return [self[each] for each in signed] or [self.latest]
