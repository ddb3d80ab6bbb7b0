"""A platform's database as tests fill it: calls of clients, with an uuid key, and a child table."""

import asyncpg

from holder.data_map import TableSource
from holder.executors import Intent
from holder.persons import Compared, TablePerson

SCHEMA = """
CREATE SCHEMA crm;
CREATE TABLE crm.call (
    call_id    bigint PRIMARY KEY,
    client_id  text NOT NULL,
    kind       text NOT NULL DEFAULT 'call',
    started_at timestamptz,
    note       text
);
CREATE INDEX ON crm.call (client_id);
CREATE TABLE crm.contact (
    contact_id    bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    client_id     text NOT NULL,
    phone         text,
    mobile        bigint,
    email         text,
    name          varchar(20),
    created_at    timestamptz NOT NULL DEFAULT '2026-01-01Z',
    restricted_at timestamptz
);
CREATE INDEX ON crm.contact (client_id);
"""

CALLS = TableSource(
    kind="table",
    database="crm",
    table="crm.call",
    client_column="client_id",
    time_column="started_at",
    key=("call_id",),
)

PERSON = TablePerson(
    identified_by={"phone": ("phone", "mobile"), "email": ("email",), "fax": ("phone",)},
    compared={"email": Compared.IGNORING_CASE, "fax": Compared.DIGITS},
    exportable=("contact_id", "phone", "email", "name"),
    rectifiable={"name": "name", "email": "email"},
    restricted_column="restricted_at",
)

CONTACTS = TableSource(
    kind="table",
    database="crm",
    table="crm.contact",
    client_column="client_id",
    time_column="created_at",
    key=("contact_id",),
    person=PERSON,
)

PERSONS = """
[[categories.client_contacts]]
kind = "table"
database = "crm"
table = "crm.contact"
client_column = "client_id"
time_column = "created_at"
key = ["contact_id"]

[categories.client_contacts.person]
identified_by = { phone = ["phone", "mobile"], email = ["email"] }
compared = { email = "ignoring_case" }
exportable = ["phone", "email", "name"]
rectifiable = { name = "name", mobile = "mobile" }
restricted_column = "restricted_at"

[[categories.voicemail]]
kind = "objects"
store = "media"
prefix = "voicemail/{client}/"
method = "purge"
person = { identified_by = { phone = "{phone}/" } }
"""
"""What a data map says of them, and of objects that lie by telephone number."""


async def meet(connection: "asyncpg.Connection[asyncpg.Record]", client_id: str, count: int = 1, **person: str) -> None:
    """So many contacts of a client with the same person."""
    await connection.execute(
        """
        INSERT INTO crm.contact (client_id, phone, mobile, email, name)
        SELECT $1, $3, $4::text::bigint, $5, $6 FROM generate_series(1, $2::int)
        """,
        client_id,
        count,
        *[person.get(name) for name in ("phone", "mobile", "email", "name")],
    )


async def fill(connection: "asyncpg.Connection[asyncpg.Record]", **calls: int) -> None:
    """So many calls of each client, one per hour from 1 January 2026."""
    for client_id, count in calls.items():
        await connection.execute(
            """
            INSERT INTO crm.call (call_id, client_id, started_at, note)
            SELECT n + (SELECT coalesce(max(call_id), 0) FROM crm.call), $1,
                   '2026-01-01Z'::timestamptz + n * interval '1 hour', 'call ' || n
              FROM generate_series(1, $2::int) AS n
            """,
            client_id,
            count,
        )


class Stopped(Exception):
    """What the ledger raises to end a run as a kill would."""


class Memory:
    """A ledger in memory; `stop_at` ends the run at that intent, after it was written down."""

    def __init__(self) -> None:
        self.counted = 0
        self.intent: Intent | None = None
        self.intents = 0
        self.stop_at = 0

    async def intend(self, count: int, mark: object) -> None:
        """What was open is done; this is open now."""
        if self.intent is not None:
            self.counted += self.intent.count
        self.intent = Intent(count, mark)  # type: ignore[arg-type]
        self.intents += 1
        if self.intents == self.stop_at:
            raise Stopped

    async def correct(self, count: int) -> None:
        """What is open is about so many."""
        assert self.intent is not None
        self.intent = Intent(count, self.intent.mark)

    async def settle(self, count: int) -> None:
        """Nothing is open."""
        self.counted += count
        self.intent = None
