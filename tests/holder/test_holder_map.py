"""The data map: what is wrong with it is said by field, and what it doesn't name can't be reached."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.holder.crm import CALLS, CONTACTS
from tests.holder.maps import MAP

from contracts.dsar import Identifier
from holder.data_map import DataMap, ObjectSource, Scope, TableSource
from holder.executors import ExecutorFailed
from holder.map_file import MapInvalid, load
from holder.persons import Correct
from holder.statements import Statements, quoted

_EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
GOOD = MAP.replace("BUCKET", "media").replace("ENDPOINT", "https://s3.example")

TWICE = """
[[categories.faxes]]
kind = "objects"
store = "media"
prefix = "recordings/{client}/"

[[categories.transcriptions]]
"""


KEY, PURGE, BY = 'key = ["call_id"]', 'method = "purge"', "identified_by = { phone = ['caller'] }"


def _load(tmp_path: Path, text: str) -> DataMap:
    path = tmp_path / "map.toml"
    path.write_text(text, encoding="utf-8")
    return load(path)


def test_a_good_map_is_read(tmp_path: Path) -> None:
    """Three kinds of sources, in their order."""
    data_map = _load(tmp_path, GOOD)
    labels = [(category, source.label) for category, _, source in data_map.sources()]
    assert labels == [
        ("call_fax_logs", "crm:crm.call"),
        ("call_recordings", "media:recordings/{client}/"),
        ("transcriptions", "main:key"),
    ]


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ('key = ["call_id"]', "key = []", "categories.call_fax_logs.0.key: must not be empty"),
        ('table = "crm.call"', 'table = "call"', "categories.call_fax_logs.0.table: must match"),
        ('"client_id"', "'a\"; DROP'", "categories.call_fax_logs.0.client_column: must match"),
        ('method = "purge"', 'method = "burn"', "categories.call_recordings.0.method: must be 'clear' or"),
        ('store = "media"', 'store = "other"', "categories.call_recordings.0.store: [stores.other] is missing"),
        ('vault = "main"', 'vault = "m2"', "categories.transcriptions.0.vault: [vaults.m2] is missing"),
        ('database = "crm"', 'database = "x"', "categories.call_fax_logs.0.database: [databases.x] is missing"),
        ("recordings/{client}/", "recordings/{client}", "names {client} once, as a whole part of the path"),
        ("recordings/{client}/", "recordings/x{client}/", "names {client} once, as a whole part of the path"),
        ("recordings/{client}/", "recordings/", "names {client} once, as a whole part of the path"),
        ('holder_id = "platform"', "", "holder_id: is required"),
        ('bucket = "media"', 'bucket = "media"\nsecret = "x"', "stores.media.secret: is not known here"),
        ('url_env = "CRM_URL"', 'url_env = "postgresql://x"', "databases.crm.url_env: must match"),
        ('kind = "key"', 'kind = "disk"', "categories.transcriptions.0: Input tag 'disk'"),
        ('holder_id = "platform"', "holder_id = ", "no TOML"),
        ('name = "', 'never_stored = ["faxes"]\nname = "', "never_stored.0: [[categories.faxes]] is missing"),
        ("[[categories.transcriptions]]", TWICE, "is in call_recordings too"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_by_field(tmp_path: Path, old: str, new: str, problem: str) -> None:
    """One sentence per field, which names it."""
    with pytest.raises(MapInvalid) as raised:
        _load(tmp_path, GOOD.replace(old, new))
    assert any(problem in each for each in raised.value.problems), raised.value.problems


@pytest.mark.parametrize(
    ("after", "person", "problem"),
    [
        (KEY, "", "categories.call_fax_logs.0.person.identified_by: is required"),
        (KEY, "identified_by = { phone = [] }", "0.person.identified_by.phone: must not be empty"),
        (KEY, "identified_by = { Phone = ['p'] }", "person.identified_by.Phone.[key]: must match"),
        (KEY, f"{BY}, compared = {{ email = 'exact' }}", "compared.email: nobody is identified by it"),
        (KEY, f"{BY}, compared = {{ phone = 'like' }}", "person.compared.phone: must be one of 'exact'"),
        (KEY, f"{BY}, rectifiable = {{ owner = 'client_id' }}", "person.rectifiable.owner: client_id says whose"),
        (KEY, f"{BY}, restricted_column = 'call_id'", "person.restricted_column: call_id says whose a row is"),
        (PURGE, "identified_by = { phone = '{phone}' }", "identified_by.phone: it names {phone} once, as a whole"),
        (PURGE, "identified_by = { phone = '/{phone}/' }", "identified_by.phone: it names {phone} once, as a whole"),
        (PURGE, "identified_by = { phone = '{email}/' }", "identified_by.phone: it names {phone} once, as a whole"),
        ('kind = "key"', BY, "categories.transcriptions.0.person: is not known here"),
    ],
)
def test_what_is_wrong_of_a_person_is_said_by_field(tmp_path: Path, after: str, person: str, problem: str) -> None:
    """A row is never made another client's, and a path never leads to somebody else."""
    with pytest.raises(MapInvalid) as raised:
        _load(tmp_path, GOOD.replace(after, f"{after}\nperson = {{ {person} }}"))
    assert any(problem in each for each in raised.value.problems), raised.value.problems


def test_a_map_that_is_not_there_is_told(tmp_path: Path) -> None:
    """By its path."""
    with pytest.raises(MapInvalid, match="No such file"):
        load(tmp_path / "nothing.toml")


@given(identifier=st.text(min_size=1))
def test_an_identifier_stays_one_whatever_is_in_it(identifier: str) -> None:
    """It begins and ends with a quote, and every quote inside is doubled."""
    inside = quoted(identifier)[1:-1]
    assert inside.replace('""', "").count('"') == 0
    assert inside.replace('""', '"') == identifier


@given(client_id=st.text())
def test_a_client_is_never_part_of_a_statement(client_id: str) -> None:
    """What changes from client to client are the arguments alone."""
    types = {"client_id": "text", "call_id": "bigint", "started_at": "timestamptz"}
    one = Statements(CALLS, types, Scope(client_id))
    two = Statements(CALLS, types, Scope("acme"))
    assert (one.count(), one.find(), one.carry_out()) == (two.count(), two.find(), two.carry_out())
    assert (one.export(after=True), one.arguments) == (two.export(after=True), [client_id])


@given(value=st.text(min_size=1, alphabet=st.characters(exclude_categories=["Cc", "Cs"])))
def test_a_person_is_never_part_of_a_statement(value: str) -> None:
    """Neither what identifies it nor what it is corrected to; who is identified by nothing is nobody."""
    types = dict.fromkeys(("client_id", "contact_id", "phone", "email", "name"), "text")
    types |= {"mobile": "bigint", "created_at": "timestamptz", "restricted_at": "timestamp with time zone"}

    def statements(text: str) -> Statements:
        known = tuple(Identifier(kind=kind, value=f"+{text}") for kind in ("phone", "email", "fax"))
        return Statements(CONTACTS, types, Scope("acme", identifiers=known), Correct({"name": text, "email": text}))

    one, two = statements(value), statements("ada")
    assert (one.count(), one.find(), one.carry_out()) == (two.count(), two.find(), two.carry_out())
    nobody = Statements(CONTACTS, types, Scope("acme", identifiers=()))
    assert nobody.count().endswith(" AND (false)")


def test_a_cut_off_needs_the_column_that_it_counts_from() -> None:
    """Nothing is deleted by another day than the one that was ordered."""
    source = TableSource(kind="table", database="d", table="a.b", client_column="c", key=("c",))
    with pytest.raises(ExecutorFailed, match="no time_column"):
        Statements(source, {"c": "text"}, Scope("acme", before=_EPOCH)).count()


def test_prefixes_of_the_client_s_own() -> None:
    """The client may be the first part of the path, or the last."""
    for prefix in ("{client}/", "a/{client}/", "a/{client}/b/"):
        assert ObjectSource(kind="objects", store="s", prefix=prefix).prefix == prefix
