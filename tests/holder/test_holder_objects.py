"""The executor of objects on a real S3 API: all versions, markers and unfinished uploads of the client, no others."""

import io
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from datetime import UTC, datetime

import pytest
from tests.holder.crm import Memory, Stopped
from tests.holder.s3 import CREDENTIALS, keys, make_bucket, put

from contracts.ordering import Counted
from holder.bucket import StoreAway, connect
from holder.data_map import Bucket, ObjectSource, Scope
from holder.executors import ExecutorFailed
from holder.object_names import file_name
from holder.objects import ObjectExecutor

pytestmark = pytest.mark.servers
RECORDINGS = ObjectSource(kind="objects", store="media", prefix="recordings/{client}/")
ACME = Scope("acme")


Open = Callable[..., ObjectExecutor]


@pytest.fixture
async def reach() -> AsyncIterator[Open]:
    """Makes executors of a bucket, and closes them."""
    async with AsyncExitStack() as stack:

        def _reach(bucket: Bucket, batch: int = 1000) -> ObjectExecutor:
            executor = ObjectExecutor(RECORDINGS, bucket, CREDENTIALS, batch)
            stack.push_async_callback(executor.close)
            return executor

        yield _reach


async def test_every_version_goes_and_so_do_markers_and_unfinished_uploads(reach: Open, s3_endpoint: str) -> None:
    """What a deleted object left behind is found; the client whose name begins the same keeps everything."""
    bucket = await make_bucket(s3_endpoint)
    await put(bucket, recordings__acme__a="1", recordings__acme__b="1", recordings__acme2__a="1", acme="x")
    await put(bucket, recordings__acme__a="2", recordings__acme__c="1")
    async with connect(bucket, CREDENTIALS) as client:
        await client.delete_object(Bucket=bucket.bucket, Key="recordings/acme/b")
        await client.create_multipart_upload(Bucket=bucket.bucket, Key="recordings/acme/large")
        await client.create_multipart_upload(Bucket=bucket.bucket, Key="recordings/acme2/large")
    executor, ledger = reach(bucket, 2), Memory()
    assert (await executor.count(ACME)).count == 6
    await executor.erase(ACME, ledger)
    assert ledger.counted == 6
    assert await keys(bucket) == ["acme", "recordings/acme2/a"]
    assert (await executor.count(ACME)).count == 0
    assert (await executor.count(Scope("acme2"))).count == 2


async def test_a_run_that_ends_in_the_middle_counts_exactly(reach: Open, s3_endpoint: str) -> None:
    """The batch that was open is deleted once more and counted once, whether or not it was deleted before."""
    bucket = await make_bucket(s3_endpoint)
    for _ in range(3):
        await put(bucket, **{f"recordings__acme__{n}": str(n) for n in range(7)})
    executor, ledger = reach(bucket, 5), Memory()
    ledger.stop_at = 3
    with pytest.raises(Stopped):
        await executor.erase(ACME, ledger)
    assert ledger.counted == 10
    await executor.erase(ACME, ledger)
    assert ledger.counted == 21
    assert await keys(bucket) == []


async def test_only_what_is_older_than_the_cut_off_goes(reach: Open, s3_endpoint: str) -> None:
    """The day of a version is when it was stored; a cut-off on another day is refused, never guessed."""
    bucket = await make_bucket(s3_endpoint)
    await put(bucket, recordings__acme__a="1")
    executor, ledger = reach(bucket), Memory()
    await executor.erase(Scope("acme", before=datetime(2020, 1, 1, tzinfo=UTC)), ledger)
    assert (ledger.counted, await keys(bucket)) == (0, ["recordings/acme/a"])
    with pytest.raises(ExecutorFailed, match="no last_exchange day"):
        await executor.count(Scope("acme", datetime(2020, 1, 1, tzinfo=UTC), counted=Counted.LAST_EXCHANGE))
    await executor.erase(Scope("acme", before=datetime(2100, 1, 1, tzinfo=UTC)), ledger)
    assert (ledger.counted, await keys(bucket)) == (1, [])


async def test_a_bucket_without_versions_is_erased_too(reach: Open, s3_endpoint: str) -> None:
    """There an object is its only version."""
    bucket = await make_bucket(s3_endpoint, versioned=False)
    await put(bucket, recordings__acme__a="1", recordings__borealis__a="1")
    executor, ledger = reach(bucket), Memory()
    await executor.erase(ACME, ledger)
    assert (ledger.counted, await keys(bucket)) == (1, ["recordings/borealis/a"])


async def test_objects_are_handed_out_one_by_one(reach: Open, s3_endpoint: str) -> None:
    """As they are now, in the order of their keys, each going on after the one before."""
    bucket = await make_bucket(s3_endpoint)
    await put(bucket, recordings__acme__a="1", recordings__acme__b="2", recordings__borealis__a="3")
    await put(bucket, recordings__acme__a="newer")
    found, after = {}, None
    while True:
        executor, sink = reach(bucket), io.BytesIO()
        exported = await executor.export(ACME, after, sink)
        if exported is None:
            break
        found[exported.name], after = sink.getvalue(), exported.after
    assert found == {"a": b"newer", "b": b"2"}


async def test_what_the_store_refuses_or_does_not_answer_is_told(reach: Open, s3_endpoint: str) -> None:
    """A missing bucket is for people to mend; a store that is away is tried again."""
    missing = reach(Bucket(bucket="no-such-bucket", endpoint=s3_endpoint))
    assert await missing.lacks() == ["bucket no-such-bucket: media:recordings/{client}/: NoSuchBucket"]
    with pytest.raises(ExecutorFailed, match="NoSuchBucket"):
        await missing.erase(ACME, Memory())
    away = reach(Bucket(bucket="no-such-bucket", endpoint="http://127.0.0.1:9"))
    with pytest.raises(StoreAway):
        await away.count(ACME)


@pytest.mark.parametrize("client_id", ["", "a/b", "../acme", "/"])
async def test_a_hostile_client_reaches_nothing(reach: Open, s3_endpoint: str, client_id: str) -> None:
    """What is no single part of a path is no client's id."""
    executor = reach(Bucket(bucket="any", endpoint=s3_endpoint))
    with pytest.raises(ExecutorFailed, match="no client's id"):
        await executor.erase(Scope(client_id), Memory())


def test_names_of_objects_never_lead_out() -> None:
    """Each is one file below its category, and two keys are never the same file."""
    names = ["a/b.mp3", "../x", "..", "/etc/passwd", "a//b", "a/", "%", "é\n", ".", "a%2Fb"]
    files = [file_name(name) for name in names]
    assert files[:6] == ["a/b.mp3", "%2E%2E/x", "%2E%2E", "%/etc/passwd", "a/%/b", "a/%"]
    assert len(set(files)) == len(files)
