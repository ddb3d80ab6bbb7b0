"""The sealed room: what the law forbids to tell, closed whole, and who opened it."""

from datetime import date

from pydantic import BaseModel

from chassis.transaction import Transaction
from contracts.authority import AuthorityRequested, Ban
from requests_desk.vault import Vault


class Sealed(BaseModel):
    """All that is known of a sealed request; `ban`: as it stands, extended or not."""

    said: AuthorityRequested
    ban: Ban
    times: int = 1

    @property
    def until(self) -> date | None:
        """The ban's last day; None: until it is lifted."""
        return self.ban.until


async def lock(tx: Transaction, vault: Vault, request_id: str) -> Sealed | None:
    """A sealed request, which nobody else changes until the commit."""
    closed = await tx.fetchval("SELECT closed FROM sealed WHERE request_id = $1 FOR UPDATE", request_id)
    return None if closed is None else vault.open(Sealed, closed, place_of_sealed(request_id))


async def insert(tx: Transaction, vault: Vault, sealed: Sealed) -> bool:
    """Seal a request; False where it is sealed already."""
    request_id = sealed.said.request_id
    status = await tx.execute(
        "INSERT INTO sealed (request_id, closed) VALUES ($1, $2) ON CONFLICT DO NOTHING",
        request_id,
        vault.close(sealed, place_of_sealed(request_id)),
    )
    return status == "INSERT 0 1"


async def replace(tx: Transaction, vault: Vault, sealed: Sealed) -> None:
    """What is known of it now."""
    request_id = sealed.said.request_id
    closed = vault.close(sealed, place_of_sealed(request_id))
    await tx.execute("UPDATE sealed SET closed = $2 WHERE request_id = $1", request_id, closed)


async def delete(tx: Transaction, request_id: str) -> None:
    """The ban is over: nothing is sealed any more."""
    await tx.execute("DELETE FROM sealed WHERE request_id = $1", request_id)


async def log(tx: Transaction, request_id: str, what: str, by: str, reason: str | None = None) -> None:
    """Who did what to a sealed request; nothing of it is said anywhere else."""
    await tx.execute(
        'INSERT INTO seal_log (request_id, at, what, "by", reason) VALUES ($1, $2, $3, $4, $5)',
        request_id,
        tx.now,
        what,
        by,
        reason,
    )


def place_of_sealed(request_id: str) -> str:
    """Where what is sealed lies closed."""
    return f"sealed/{request_id}"
