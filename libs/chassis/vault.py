"""What lies closed in a service's own tables: AES-256-GCM, each text bound to its place, under a key from outside.

One key closes; the others that are named open too, so that a key can be changed while several processes work.
"""

import secrets
from collections.abc import Callable, Sequence
from typing import Annotated, Final, NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from pydantic import Field, SecretStr, field_validator
from pydantic_settings import NoDecode

from chassis.database import Connection
from chassis.errors import Unable
from chassis.settings import Settings
from chassis.transaction import Transaction

_NONCE: Final = 12
_PAGE: Final = 500
_CHECK: Final = "vault_check"
Key = Annotated[SecretStr, Field(min_length=32)]


class WrongKey(Unable):
    """No key of ours is the one that closed what lies here, or the bytes were changed or moved."""


class VaultSettings(Settings):
    """The settings of a service that keeps something closed."""

    vault_key: Key = Field(
        description="closes what must not lie open in the database; keep it as long as what it closed"
    )
    vault_other_keys: Annotated[tuple[Key, ...], NoDecode] = Field(
        (), description="keys that open too, separated by spaces: the one of before, or the one to come"
    )

    @field_validator("vault_other_keys", mode="before")
    @classmethod
    def _split(cls, said: object) -> object:
        return tuple(said.split()) if isinstance(said, str) else said


class Vault:
    """Closes and opens; holds no text. `purpose` keeps the vaults of two services apart where they share a key."""

    def __init__(self, purpose: bytes, keys: Sequence[str]) -> None:
        """The first of `keys` closes."""
        self._ciphers = [AESGCM(derive(key, purpose)) for key in keys]

    def close(self, text: bytes, place: str) -> bytes:
        """Encrypt; `place` names where it lies, and it opens nowhere else."""
        nonce = secrets.token_bytes(_NONCE)
        return nonce + self._ciphers[0].encrypt(nonce, text, place.encode())

    def open(self, closed: bytes, place: str) -> bytes:
        """Decrypt what was closed for this place; raises WrongKey."""
        for cipher in self._ciphers:
            try:
                return cipher.decrypt(closed[:_NONCE], closed[_NONCE:], place.encode())
            except InvalidTag:
                continue
        raise WrongKey(f"{place} can't be opened: DUTIFUL_VAULT_KEY is not the key that closed it, nor is another")

    def renewed(self, closed: bytes, place: str) -> bytes | None:
        """The same, closed by the present key; None where it is."""
        try:
            self._ciphers[0].decrypt(closed[:_NONCE], closed[_NONCE:], place.encode())
        except InvalidTag:
            return self.close(self.open(closed, place), place)
        return None


class Lying(NamedTuple):
    """A table with a column `closed`, the columns that key it, and the place that a row of it is."""

    table: str
    key: tuple[str, ...]
    place: Callable[..., str]


def derive(key: str, purpose: bytes) -> bytes:
    """32 bytes of a key's own for a purpose."""
    return HKDF(hashes.SHA256(), length=32, salt=None, info=purpose).derive(key.encode())


async def check_key(tx: Transaction, vault: Vault) -> None:
    """That a key is the one of before is seen at the start, and not when something is needed; WrongKey."""
    closed = await tx.fetchval("SELECT closed FROM vault_check")
    if closed is None:
        await tx.execute(
            "INSERT INTO vault_check (closed) VALUES ($1) ON CONFLICT DO NOTHING", vault.close(b"{}", _CHECK)
        )
    else:
        vault.open(closed, _CHECK)


async def close_anew(connection: Connection, vault: Vault, tables: Sequence[Lying]) -> int:
    """What other keys closed is closed by the present one, page by page; return how many texts were.

    The check comes last: who takes the other keys away before this is through is told so at the next start.
    """
    check = Lying(_CHECK, ("only_one",), lambda _: _CHECK)
    return sum([await _close_table(connection, vault, each) for each in (*tables, check)])


async def _close_table(connection: Connection, vault: Vault, lying: Lying) -> int:
    done, last = 0, None
    while True:
        async with connection.transaction():
            rows = await connection.fetch(_page(lying, last), *(last or ()))
            keys = [tuple(row[name] for name in lying.key) for row in rows]
            anew = [vault.renewed(row["closed"], lying.place(*key)) for row, key in zip(rows, keys, strict=True)]
            changed = [(closed, *key) for closed, key in zip(anew, keys, strict=True) if closed is not None]
            await connection.executemany(_update(lying), changed)
        done += len(changed)
        if len(rows) < _PAGE:
            return done
        last = keys[-1]


def _page(lying: Lying, after: Sequence[object] | None) -> str:
    names = ", ".join(lying.key)
    here = f"AND ({names}) > ({', '.join(f'${nth}' for nth in range(1, len(after) + 1))})" if after else ""
    return f"""
        SELECT {names}, closed FROM {lying.table}
         WHERE closed IS NOT NULL {here}
         ORDER BY {names} LIMIT {_PAGE} FOR UPDATE
        """


def _update(lying: Lying) -> str:
    where = " AND ".join(f"{name} = ${nth}" for nth, name in enumerate(lying.key, 2))
    return f"UPDATE {lying.table} SET closed = $1 WHERE {where}"
