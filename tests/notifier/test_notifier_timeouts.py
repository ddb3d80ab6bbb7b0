"""Very many timeouts on one timer."""

import asyncio

from notifier.timeouts import Timeouts


async def test_what_is_not_stopped_expires_in_order() -> None:
    """Those stopped in time never expire; the others do, the first one started first, and not before their time."""
    expired: list[str] = []
    done = asyncio.Event()
    loop = asyncio.get_running_loop()

    def expire(key: str) -> None:
        assert loop.time() >= until[key]
        expired.append(key)
        if key == "c":
            done.set()

    timeouts = Timeouts(0.02, expire)
    until = {key: timeouts.start(key) for key in "abcd"}
    for key in "bd":
        timeouts.stop(key)
    timeouts.stop("never started")
    assert len(timeouts) == 2
    async with asyncio.timeout(5):
        await done.wait()
    assert (expired, len(timeouts)) == (["a", "c"], 0)


async def test_it_goes_on_after_it_was_empty() -> None:
    """A timeout started from within another's expiry, or after all have ended, expires too; closed, none does."""
    expired: asyncio.Queue[int] = asyncio.Queue()

    def expire(key: int) -> None:
        expired.put_nowait(key)
        if key < 2:
            timeouts.start(key + 1)

    timeouts = Timeouts(0.001, expire)
    timeouts.start(0)
    async with asyncio.timeout(5):
        assert [await expired.get() for _ in range(3)] == [0, 1, 2]
        timeouts.start(7)
        assert await expired.get() == 7
    timeouts.start(8)
    timeouts.close()
    assert len(timeouts) == 0
