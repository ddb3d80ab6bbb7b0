"""Encrypts a file for the client's key, age or PGP, in constant memory."""

import asyncio
from pathlib import Path

import pysequoia
from pyrage import RecipientError, encrypt_file
from pyrage.x25519 import Recipient as AgeRecipient

from contracts.choice import Encryption, Recipient
from holder.executors import ExecutorFailed


async def encrypt(plain: Path, into: Path, recipient: Recipient) -> None:
    """Write `plain` encrypted to `into`; ExecutorFailed says what is wrong with the key."""
    match recipient.encryption:
        case Encryption.AGE:
            await asyncio.to_thread(_age, plain, into, recipient.public_key)
        case Encryption.PGP:
            await asyncio.to_thread(_pgp, plain, into, recipient.public_key)


def _age(plain: Path, into: Path, public_key: str) -> None:
    try:
        recipient = AgeRecipient.from_str(public_key.strip())
    except RecipientError:
        raise ExecutorFailed("the client's key is no age recipient: it begins with age1") from None
    encrypt_file(str(plain), str(into), [recipient])


def _pgp(plain: Path, into: Path, public_key: str) -> None:
    try:
        cert = pysequoia.Cert.from_bytes(public_key.encode())
        if cert.is_revoked:
            raise ExecutorFailed("the client's PGP certificate is revoked")
        pysequoia.encrypt_file(str(plain), str(into), recipients=[cert], armor=False)
    except RuntimeError as error:  # the library's only kind; below its first line is its stack
        reason = str(error).partition("\n")[0]
        raise ExecutorFailed(f"the client's PGP certificate can't be encrypted to: {reason}") from None
