"""Webhook secrets at rest: closed in the database, open in memory alone, once for each that is in use.

Rows of a version that wrote them in plain stand beside closed ones until `dutiful vault close
notifier`: while processes of that version run, and read the plain column alone, new ones are written there too.
"""

from typing import Final

import structlog

from chassis.database import Connection
from chassis.transaction import Transaction
from chassis.vault import Lying, Vault, VaultSettings, close_anew

log = structlog.get_logger()
_PURPOSE: Final = b"dutiful/notifier/secret/1"
_KEPT: Final = 16_384


class Secrets:
    """Closes and opens webhook secrets."""

    def __init__(self, settings: VaultSettings) -> None:
        keys = [each.get_secret_value() for each in (settings.vault_key, *settings.vault_other_keys)]
        self.vault = Vault(_PURPOSE, keys)
        self._opened: dict[tuple[str, bytes], str] = {}

    def close(self, endpoint_id: str, secret: str) -> bytes:
        """Encrypt; it opens for this endpoint alone."""
        return self.vault.close(secret.encode(), place_of(endpoint_id))

    def open(self, endpoint_id: str, closed: bytes) -> str:
        """Decrypt, once: what signs one webhook signs the next; raises WrongKey."""
        secret = self._opened.get((endpoint_id, closed))
        if secret is None:
            secret = self.vault.open(closed, place_of(endpoint_id)).decode()
            if len(self._opened) >= _KEPT:
                self._opened.clear()
            self._opened[endpoint_id, closed] = secret
        return secret


def place_of(endpoint_id: str) -> str:
    """Where an endpoint's secrets lie closed."""
    return f"endpoint/{endpoint_id}"


async def tell_what_is_plain(tx: Transaction) -> None:
    """An operator reads at every start that secrets stand in plain, and what closes them."""
    plain = await tx.fetchval("SELECT count(*) FROM endpoint_secret WHERE secret IS NOT NULL")
    if plain:
        log.warning("webhook keys in plain", count=plain, cure="dutiful vault close notifier")


async def close_all(connection: Connection, secrets: Secrets) -> int:
    """No secret stands in plain any more, or under another key; return how many did. No version before may run."""
    async with connection.transaction():
        await connection.execute("LOCK TABLE endpoint_secret IN SHARE ROW EXCLUSIVE MODE")
        await connection.execute("INSERT INTO only_closed (since) VALUES (now()) ON CONFLICT DO NOTHING")
        plain = await connection.fetch(
            "SELECT endpoint_id, created_at, secret FROM endpoint_secret WHERE closed IS NULL"
        )
        await connection.executemany(
            "UPDATE endpoint_secret SET secret = NULL, closed = $3 WHERE endpoint_id = $1 AND created_at = $2",
            [
                (row["endpoint_id"], row["created_at"], secrets.close(row["endpoint_id"], row["secret"]))
                for row in plain
            ],
        )
    lying = Lying("endpoint_secret", ("endpoint_id", "created_at"), lambda endpoint_id, _: place_of(endpoint_id))
    return len(plain) + await close_anew(connection, secrets.vault, [lying])
