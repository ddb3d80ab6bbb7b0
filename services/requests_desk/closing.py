"""Where what is closed lies, for when the key is changed."""

from typing import Final

from chassis.database import Connection
from chassis.vault import Lying, close_anew
from requests_desk.finding import (
    place_of_answer,
    place_of_attachment,
    place_of_instruction,
    place_of_requester,
    place_of_subject,
)
from requests_desk.seal_store import place_of_sealed
from requests_desk.vault import Vault

TABLES: Final = (
    Lying("requester", ("request_id", "nth"), place_of_requester),
    Lying("instruction_version", ("instruction_id", "version"), place_of_instruction),
    Lying("answer", ("answer_id",), place_of_answer),
    Lying("subject", ("assistance_id",), place_of_subject),
    Lying("attachment", ("request_id", "sha256"), place_of_attachment),
    Lying("sealed", ("request_id",), place_of_sealed),
)


async def close_all(connection: Connection, vault: Vault) -> int:
    """All of it is closed by the present key; return how much another had closed."""
    return await close_anew(connection, vault.box, TABLES)
