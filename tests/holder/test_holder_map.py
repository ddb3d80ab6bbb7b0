"""The data map: what is wrong with it is said by field, and what it doesn't name can't be reached."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.holder.crm import CALLS
from tests.holder.maps import MAP

from holder.data_map import DataMap, ObjectSource, Scope, TableSource
from holder.executors import ExecutorFailed
from holder.map_file import MapInvalid, load
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
    assert (one.count(), one.find(), one.erase()) == (two.count(), two.find(), two.erase())
    assert (one.export(after=True), one.arguments) == (two.export(after=True), [client_id])


def test_a_cut_off_needs_the_column_that_it_counts_from() -> None:
    """Nothing is deleted by another day than the one that was ordered."""
    source = TableSource(kind="table", database="d", table="a.b", client_column="c", key=("c",))
    with pytest.raises(ExecutorFailed, match="no time_column"):
        Statements(source, {"c": "text"}, Scope("acme", before=_EPOCH)).count()


def test_prefixes_of_the_client_s_own() -> None:
    """The client may be the first part of the path, or the last."""
    for prefix in ("{client}/", "a/{client}/", "a/{client}/b/"):
        assert ObjectSource(kind="objects", store="s", prefix=prefix).prefix == prefix
