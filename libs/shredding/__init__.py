"""Crypto-shredding: what is encrypted under a client's key is erased, wherever copies lie, by destroying the key.

    keys = PostgresKeys(pool)
    shredder = Shredder(keys, MasterKey(secret))
    stored = await shredder.encrypt("client-42", "transcriptions", b"...")
    text = await shredder.decrypt("client-42", "transcriptions", stored)
    await keys.destroy("client-42", "transcriptions")

There is one key (AES-256) per client and category. It lies in the database wrapped by a master key, or by a KMS behind
the same two methods, so that neither a dump of the database nor the master key alone opens anything.
"""

from shredding.keys import DataKey, KeyDestroyed, KeyUnknown, Wrapper
from shredding.master import MasterKey
from shredding.postgres import PostgresKeys
from shredding.shredder import Shredder, Unreadable

__all__ = [
    "DataKey",
    "KeyDestroyed",
    "KeyUnknown",
    "MasterKey",
    "PostgresKeys",
    "Shredder",
    "Unreadable",
    "Wrapper",
]
