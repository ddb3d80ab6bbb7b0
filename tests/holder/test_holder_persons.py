"""One person's rows and objects among those of others: exactly hers, exactly this client's, exactly counted."""

import io
import json
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from datetime import UTC, datetime

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import JsonValue
from tests.holder import s3
from tests.holder.crm import CONTACTS, PERSON, SCHEMA, Memory, Stopped, meet

from contracts.dsar import Act, Identifier
from holder.bucket import connect
from holder.data_map import Bucket, ObjectSource, Scope, TableSource
from holder.executors import ExecutorFailed
from holder.object_tags import RESTRICTED
from holder.objects import ObjectExecutor
from holder.pace import Pace
from holder.persons import Change, Correct, Mark, ObjectPerson, TablePerson, Wanted, left, unfit
from holder.tables import TableExecutor

pytestmark = pytest.mark.servers
Reach = Callable[..., TableExecutor]
VALUES = st.sampled_from(["+33 1 23", "33123", "+33123", "0", "", "ada@x.eu", "ADA@x.eu", "'; --", "%", "{phone}"])


def of(client_id: str, **identifiers: str) -> Scope:
    """A person of a client."""
    known = tuple(Identifier(kind=kind, value=value) for kind, value in identifiers.items())
    return Scope(client_id, identifiers=known)


@pytest.fixture
async def crm(database: str) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    """The platform's own connection to its database."""
    connection = await asyncpg.connect(database, server_settings={"timezone": "UTC"})
    await connection.execute(SCHEMA)
    yield connection
    await connection.close()


@pytest.fixture
async def reach(database: str, crm: "asyncpg.Connection[asyncpg.Record]") -> AsyncIterator[Reach]:
    """Makes executors of tables of the platform's, and closes them."""
    async with AsyncExitStack() as stack:

        def _reach(source: TableSource = CONTACTS, *, user: str = "postgres") -> TableExecutor:
            executor = TableExecutor(source, database.replace("postgres@", f"{user}@"), Pace(rows=10, rest=0))
            stack.push_async_callback(executor.close)
            return executor

        yield _reach


async def test_a_person_is_found_by_any_of_what_identifies_her(
    reach: Reach, crm: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    """In any column of the kind, whatever its type; capitals and blanks count as the map says; nobody else is found."""
    await meet(crm, "acme", 2, phone="+33123")
    await meet(crm, "acme", 3, mobile="33123")
    await meet(crm, "acme", 4, email="Ada@X.eu")
    await meet(crm, "acme", 5, phone="+33 (1) 23")
    await meet(crm, "acme", 6, phone="none", email="b@x.eu")
    await meet(crm, "borealis", 7, phone="+33123", mobile="33123", email="ada@x.eu")
    executor = reach()
    found = {
        str(each): (await executor.count(of("acme", **each))).count
        for each in (
            {"phone": "+33123"},
            {"phone": "33123"},
            {"email": "ADA@x.eu"},
            {"fax": "+33-123"},
            {"fax": "none"},
            {"phone": "+33123", "email": "ada@x.eu"},
            {"passport": "33123"},
        )
    }
    assert list(found.values()) == [2, 3, 4, 7, 0, 6, 0]
    assert (await executor.count(Scope("acme", identifiers=()))).count == 0, "nobody is not everybody"


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(st.tuples(st.sampled_from(["acme", "acme2"]), VALUES, VALUES), max_size=25), value=VALUES)
async def test_what_goes_is_exactly_the_person_s_of_this_client(
    reach: Reach, crm: "asyncpg.Connection[asyncpg.Record]", rows: list[tuple[str, str, str]], value: str
) -> None:
    """Whatever else is there, and whatever the identifier looks like: a value is a value."""
    await crm.execute("TRUNCATE crm.contact")
    for client_id, phone, email in rows:
        await meet(crm, client_id, phone=phone, email=email)
    if not value:
        return
    hers = [row for row in rows if row[0] == "acme" and (row[1] == value or row[2].lower() == value.lower())]
    ledger = Memory()
    await reach().erase(of("acme", phone=value, email=value), ledger)
    left_over = [tuple(row) for row in await crm.fetch("SELECT client_id, phone, email FROM crm.contact")]
    assert ledger.counted == len(hers)
    assert sorted(left_over) == sorted(row for row in rows if row not in hers)


async def test_only_what_is_older_than_the_cut_off_goes(
    reach: Reach, crm: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    """What the law keeps stays, although the person is found."""
    await meet(crm, "acme", 3, phone="1")
    await crm.execute("UPDATE crm.contact SET created_at = '2025-01-01Z' WHERE contact_id = 1")
    scope = of("acme", phone="1")
    scope = Scope("acme", datetime(2025, 6, 1, tzinfo=UTC), identifiers=scope.identifiers)
    ledger = Memory()
    await reach().erase(scope, ledger)
    assert (ledger.counted, await crm.fetchval("SELECT count(*) FROM crm.contact")) == (1, 2)


async def test_what_is_handed_out_of_a_person_is_what_the_map_names(
    reach: Reach, crm: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    """Her rows alone, file by file, with the columns that are exportable; a return still has them all."""
    await meet(crm, "acme", 12, phone="1", name="Ada")
    await meet(crm, "acme", 5, phone="2", name="Bob")
    executor, rows, after = reach(), list[dict[str, object]](), None
    while True:
        sink = io.BytesIO()
        exported = await executor.export(of("acme", phone="1"), after, sink)
        if exported is None:
            break
        rows += [json.loads(line) for line in sink.getvalue().splitlines()]
        after = exported.after
    assert len(rows) == 12
    assert {tuple(row) for row in rows} == {("contact_id", "phone", "email", "name")}
    sink = io.BytesIO()
    await executor.export(Scope("acme"), None, sink)
    assert "restricted_at" in json.loads(sink.getvalue().splitlines()[0])


@pytest.mark.parametrize(
    ("change", "column", "value"),
    [
        (Correct({"name": "Ada Lovelace", "shoe": "43"}), "name", "Ada Lovelace"),
        (Correct({"email": "'; DROP TABLE crm.contact; --"}), "email", "'; DROP TABLE crm.contact; --"),
        (Mark(restricted=True), "restricted_at IS NOT NULL", True),
    ],
)
async def test_a_change_reaches_her_rows_once(
    reach: Reach, crm: "asyncpg.Connection[asyncpg.Record]", change: Change, column: str, value: object
) -> None:
    """Counted exactly; a second run finds nothing to change, and nobody else's row is another."""
    await meet(crm, "acme", 25, phone="1", name="Ada")
    await meet(crm, "acme", 4, phone="2", name="Bob")
    await meet(crm, "borealis", 4, phone="1", name="Ada")
    before = await _others(crm)
    ledger, again = Memory(), Memory()
    executor = reach()
    await executor.change(of("acme", phone="1"), change, ledger)
    await executor.change(of("acme", phone="1"), change, again)
    assert (ledger.counted, again.counted) == (25, 0)
    rows = await crm.fetch(f"SELECT {column} AS held FROM crm.contact WHERE client_id = 'acme' AND phone = '1'")
    assert {row["held"] for row in rows} == {value}
    assert await _others(crm) == before


async def _others(crm: "asyncpg.Connection[asyncpg.Record]") -> list[tuple[object, ...]]:
    rows = await crm.fetch("SELECT * FROM crm.contact WHERE client_id <> 'acme' OR phone <> '1' ORDER BY contact_id")
    return [tuple(row) for row in rows]


async def test_a_restriction_ends(reach: Reach, crm: "asyncpg.Connection[asyncpg.Record]") -> None:
    """What was marked is not marked any more, and counted."""
    await meet(crm, "acme", 3, phone="1")
    await meet(crm, "acme", 2, phone="2")
    await crm.execute("UPDATE crm.contact SET restricted_at = now()")
    ledger = Memory()
    await reach().change(of("acme", phone="1"), Mark(restricted=False), ledger)
    assert ledger.counted == 3
    assert await crm.fetchval("SELECT count(*) FROM crm.contact WHERE restricted_at IS NOT NULL") == 2


@pytest.mark.parametrize("change", [Correct({"email": "ada@new.eu"}), Correct({"name": "Ada"}), Mark(restricted=True)])
async def test_a_change_that_is_interrupted_is_counted_exactly(
    reach: Reach, crm: "asyncpg.Connection[asyncpg.Record]", change: Change
) -> None:
    """Even where the correction is of what the person is found by."""
    await meet(crm, "acme", 35, email="ada@old.eu")
    ledger = Memory()
    ledger.stop_at = 3
    executor = reach()
    with pytest.raises(Stopped):
        await executor.change(of("acme", email="ada@old.eu"), change, ledger)
    ledger.stop_at = 0
    await executor.change(of("acme", email="ada@old.eu"), change, ledger)
    assert (ledger.counted, ledger.intent) == (35, None)


async def test_what_the_database_refuses_is_told_without_a_value(
    reach: Reach, crm: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    """A name that is too long, a value of another type: the reason goes on the bus, the value doesn't."""
    await meet(crm, "acme", 3, phone="1", name="Ada")
    secret = "Ada Augusta King, Countess of Lovelace"
    person = PERSON.model_copy(update={"rectifiable": {"name": "name", "mobile": "mobile"}})
    executor = reach(CONTACTS.model_copy(update={"person": person}))
    for name in ("name", "mobile"):
        with pytest.raises(ExecutorFailed) as raised:
            await executor.change(of("acme", phone="1"), Correct({name: secret}), Memory())
        assert "SQLSTATE 22" in str(raised.value)
        assert "Ada" not in f"{raised.value} {raised.value.__cause__}"
    assert await crm.fetchval("SELECT count(*) FROM crm.contact WHERE name = 'Ada'") == 3


async def test_a_client_s_id_is_never_cut_down_to_another_s(
    reach: Reach, crm: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    """Where the column is too short for it, there is nothing of the client, and nothing of who has its beginning."""
    await crm.execute("ALTER TABLE crm.contact ALTER client_id TYPE varchar(4)")
    await meet(crm, "acme", 3, phone="1")
    ledger = Memory()
    await reach().erase(Scope("acme-borealis"), ledger)
    assert (ledger.counted, await crm.fetchval("SELECT count(*) FROM crm.contact")) == (0, 3)


async def test_a_map_that_does_not_fit_is_refused_by_its_field(
    reach: Reach, crm: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    """Columns that aren't there, a mark of a wrong type, and rights that the role lacks; and nothing begins."""
    wrong = TablePerson(
        identified_by={"phone": ("phone", "telephone")}, exportable=("all",), rectifiable={"name": "surname"}
    )
    lacks = await reach(CONTACTS.model_copy(update={"person": wrong})).lacks()
    assert lacks == [
        "person.identified_by.phone: crm.contact has no column telephone",
        "person.exportable: crm.contact has no column all",
        "person.rectifiable.name: crm.contact has no column surname",
    ]
    mark = PERSON.model_copy(update={"restricted_column": "phone"})
    executor = reach(CONTACTS.model_copy(update={"person": mark}))
    with pytest.raises(ExecutorFailed, match=r"person.restricted_column: crm.contact.phone is text, not boolean"):
        await executor.count(of("acme", phone="1"))
    await crm.execute("CREATE ROLE platform_reader LOGIN; GRANT USAGE ON SCHEMA crm TO platform_reader")
    try:
        await crm.execute("GRANT SELECT, DELETE ON crm.contact TO platform_reader")
        assert await reach(user="platform_reader").lacks() == [
            "person.rectifiable.name: the role platform_reader may not UPDATE crm.contact.name",
            "person.rectifiable.email: the role platform_reader may not UPDATE crm.contact.email",
            "person.restricted_column: the role platform_reader may not UPDATE crm.contact.restricted_at",
        ]
        await crm.execute("GRANT UPDATE (name, email, restricted_at) ON crm.contact TO platform_reader")
        assert await reach(user="platform_reader").lacks() == []
    finally:
        await crm.execute("DROP OWNED BY platform_reader; DROP ROLE platform_reader")


OBJECTS = ObjectSource(
    kind="objects",
    store="media",
    prefix="recordings/{client}/",
    person=ObjectPerson(identified_by={"phone": "by/{phone}/", "number": "{number}/"}),
)


@pytest.fixture
async def recordings(bucket: Bucket) -> AsyncIterator[ObjectExecutor]:
    """The executor of objects that lie by who was recorded."""
    executor = ObjectExecutor(OBJECTS, bucket, s3.CREDENTIALS, batch=2)
    yield executor
    await executor.close()


async def test_a_person_s_objects_are_those_below_her_path(recordings: ObjectExecutor, bucket: Bucket) -> None:
    """In all versions where they are deleted; a longer number, another client and a path in a value are not hers."""
    for _ in range(2):
        await s3.put(bucket, recordings__acme__by__331__a="1", recordings__acme__by__331__b="2")
    await s3.put(
        bucket, recordings__acme__by__3312__a="x", recordings__borealis__by__331__a="y", recordings__acme__z="z"
    )
    assert (await recordings.count(of("acme", phone="331"))).count == 4
    assert (await recordings.count(of("acme", phone="331", number="by"))).count == 5, "nothing is counted twice"
    assert (await recordings.count(of("acme", phone="../acme"))).count == 0
    assert (await recordings.count(of("acme", email="331"))).count == 0
    handed: list[tuple[str, bytes]] = []
    after: JsonValue = None
    while True:
        sink = io.BytesIO()
        exported = await recordings.export(of("acme", phone="331"), after, sink)
        if exported is None:
            break
        handed.append((exported.name, sink.getvalue()))
        after = exported.after
    assert handed == [("by/331/a", b"1"), ("by/331/b", b"2")]
    ledger = Memory()
    await recordings.erase(of("acme", phone="331"), ledger)
    assert ledger.counted == 4
    assert await s3.keys(bucket) == ["recordings/acme/by/3312/a", "recordings/acme/z", "recordings/borealis/by/331/a"]


async def test_a_person_s_objects_are_marked_and_released(recordings: ObjectExecutor, bucket: Bucket) -> None:
    """By a tag on every version beside the tags that were there, counted once, however often it is interrupted."""
    for _ in range(3):
        await s3.put(bucket, recordings__acme__by__331__a="1")
    await s3.put(bucket, recordings__acme__by__331__b="1", recordings__acme__by__9__b="1")
    async with connect(bucket, s3.CREDENTIALS) as client:
        tags = {"TagSet": [{"Key": "kept", "Value": "yes"}]}
        key = "recordings/acme/by/331/b"
        await client.put_object_tagging(Bucket=bucket.bucket, Key=key, Tagging=tags)  # type: ignore[arg-type]
        ledger = Memory()
        ledger.stop_at = 2
        with pytest.raises(Stopped):
            await recordings.change(of("acme", phone="331"), Mark(restricted=True), ledger)
        ledger.stop_at = 0
        await recordings.change(of("acme", phone="331"), Mark(restricted=True), ledger)
        assert (ledger.counted, ledger.intent) == (4, None)
        held = (await client.get_object_tagging(Bucket=bucket.bucket, Key=key))["TagSet"]
        assert {tag["Key"] for tag in held} == {"kept", RESTRICTED}
        other = await client.get_object_tagging(Bucket=bucket.bucket, Key="recordings/acme/by/9/b")
        assert other["TagSet"] == []
        ledger = Memory()
        await recordings.change(of("acme", phone="331"), Mark(restricted=False), ledger)
        assert ledger.counted == 4
        held = (await client.get_object_tagging(Bucket=bucket.bucket, Key=key))["TagSet"]
        assert {tag["Key"] for tag in held} == {"kept"}
    with pytest.raises(ExecutorFailed, match="not corrected but replaced"):
        await recordings.change(of("acme", phone="331"), Correct({"name": "Ada"}), Memory())


@given(
    act=st.sampled_from(Act),
    kinds=st.sets(st.sampled_from(["phone", "email", "passport"]), min_size=1),
    names=st.sets(st.sampled_from(["name", "email", "shoe"]), min_size=1),
)
def test_a_source_says_why_it_can_t_or_what_it_leaves(act: Act, kinds: set[str], names: set[str]) -> None:
    """Whoever can be told apart there and whatever may be done there is done, and the rest is said."""
    wanted = Wanted(act, kinds, names)
    reason, rest = unfit(PERSON, wanted), left(PERSON, wanted)
    found = bool(kinds & {"phone", "email"})
    assert (reason is None) == (found and (act is not Act.RECTIFY or bool(names & {"name", "email"})))
    assert (rest is not None) == (act is Act.RECTIFY and "shoe" in names)
    assert unfit(None, wanted) is not None
