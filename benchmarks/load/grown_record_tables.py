"""A console's database as years leave it: millions of entries, chains that end somewhere, and what caused what."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING, Final

import asyncpg

from agreement.book import Book
from benchmarks.rig.bulk import without_indexes
from benchmarks.rig.scale import sized
from chassis.message import Cause, Message
from console.entering import Entering
from console.facts import told_by
from console.linking import Head
from console.store import Chain, Entry
from contracts.event import Event
from contracts.notice import Channel, NoticeEscalated, NoticeFailed, NoticeReceived
from contracts.sealing import EVERYBODY, chain_of
from contracts.subprocessor import SubprocessorRemoved

if TYPE_CHECKING:
    from benchmarks.rig.bulk import Connection

LARGE, ORDINARY, OTHERS = "client-1", "client-2", "client-"
"""Clients with true chains: one with a large share, one with as many entries as everybody has; all others."""

CLIENTS: Final = sized(10_000, 50)
EACH: Final = sized(200, 20)
ENTRIES: Final = CLIENTS * EACH
OF_LARGE: Final = sized(100_000, 200)
OF_ALL: Final = 200
SAID: Final = sized(3_000_000, 3_000)
"""Events in the trail; so many went out at once, and so many are of one flow:"""

AT_ONCE: Final = 50
PER_FLOW: Final = 20
_ROUNDS: Final = sized(100, 2)
_SINCE: Final = datetime(2020, 1, 1, tzinfo=UTC)

_OTHER: Final = f"""
    SELECT 'client/{OTHERS}' || 3 + n % {CLIENTS} AS chain, 1 + n / {CLIENTS} AS seq,
           md5(n::text) || md5(n::text) AS hash, now() - ({ENTRIES} - n) * interval '1 second' AS recorded_at,
           'notice.received' AS type, '4.3' AS clause, ARRAY ['CLI-1'] AS promises,
           ARRAY [md5('e' || n), 'notice-' || n, 'change-' || n / 1000] AS about,
           'notice-' || n AS thing, 'closes' AS stands,
           format('{{"chain":"client/{OTHERS}%s","clause":"4.3","data":{{"about":"change-%s","channel":"webhook",'
                  '"client_id":"{OTHERS}%s","kind":"change_announced","notice_id":"notice-%s","received_at":'
                  '"2020-01-01T00:00:00Z"}},"event":{{"id":"%s","source":"dutiful/notifier","type":"notice.received"}},'
                  '"promises":["CLI-1"],"recorded_at":"2020-01-01T00:00:00Z","seq":%s}}', 3 + n % {CLIENTS}, n / 1000,
                  3 + n % {CLIENTS}, n, md5('e' || n), 1 + n / {CLIENTS}) AS body
      FROM generate_series($1::bigint, $2::bigint - 1) AS n
    """
_COLUMNS: Final = "chain, seq, hash, recorded_at, type, clause, promises, about, thing, stands, body"
_TRUE: Final = """
    SELECT chain, seq, hash, (body::json ->> 'recorded_at')::timestamptz, type, clause, promises::text[], about::text[],
           thing, stands, body
      FROM true_entry
    """
_STAGE: Final = f"CREATE TEMP TABLE true_entry ({', '.join(f'{name} text' for name in Entry._fields)})".replace(
    "seq text", "seq bigint"
)
_ENTER: Final = f"""
    INSERT INTO entry ({_COLUMNS})
    SELECT {_COLUMNS} FROM ({_OTHER} UNION ALL {_TRUE}) AS together ORDER BY random()
    """
_HEADS: Final = f"""
    INSERT INTO chain (chain, seq, hash, sealed_seq)
    SELECT 'client/{OTHERS}' || 3 + n % {CLIENTS}, {EACH}, md5(n::text) || md5(n::text), {EACH}
      FROM generate_series({ENTRIES - CLIENTS}::bigint, {ENTRIES - 1}::bigint) AS n
    """
_HEARD: Final = f"""
    INSERT INTO inbox (key, received_at)
    SELECT decode(md5('k' || n), 'hex'), now() - ({ENTRIES} - n) * interval '1 second'
      FROM generate_series(1, {ENTRIES}) AS n
    """
_TRAIL: Final = f"""
    INSERT INTO trail (published_at, said)
    SELECT now() - interval '20 days' * ({SAID} - first) / {SAID},
           (SELECT string_agg(concat_ws(E'\\t', md5('s' || n), 'change.window_opened', md5('f' || n / {PER_FLOW}),
                                        'dutiful/notifier ' || md5('c' || n), 'change-' || n), E'\\n')
              FROM generate_series(first, first + {AT_ONCE - 1}) AS n)
      FROM generate_series(0, {SAID - 1}, {AT_ONCE}) AS first
    """
FLOW_OF: Final = f"SELECT md5('f' || {SAID // 2 // PER_FLOW})"
"""The flow of an event in the middle of the trail."""


async def fill(dsn: str, book: Book, tell: Callable[[str], None]) -> None:
    """The tables of a console; those of the clients that are looked at hold what its own code would have entered."""
    connection = await asyncpg.connect(dsn, server_settings={"search_path": "console"})
    await connection.execute("SET work_mem = '256MB'")
    chains = {
        EVERYBODY: (Chain(Head(), None, None, begins=True), _of_all(OF_ALL)),
        chain_of(LARGE): (Chain(Head(), None, None, begins=True), _of(LARGE, OF_LARGE)),
        chain_of(ORDINARY): (Chain(Head(), None, None, begins=True), _of(ORDINARY, EACH)),
    }
    entries = {name: _entries(book, name, chain, events) for name, (chain, events) in chains.items()}
    async with without_indexes(connection, "console", ("entry", "chain", "inbox", "trail")):
        await connection.execute(_STAGE)
        for nth in range(_ROUNDS):
            await connection.execute("TRUNCATE true_entry")
            for name, length in ((EVERYBODY, OF_ALL), (chain_of(LARGE), OF_LARGE), (chain_of(ORDINARY), EACH)):
                some = list(islice(entries[name], -(-length // _ROUNDS)))
                await connection.copy_records_to_table("true_entry", records=some, columns=Entry._fields)
            await connection.execute(_ENTER, ENTRIES * nth // _ROUNDS, ENTRIES * (nth + 1) // _ROUNDS)
            if nth % (-(-_ROUNDS // 4)) == 0:
                tell(f"{ENTRIES * nth // _ROUNDS:,} entries")
        await connection.execute(_HEADS)
        await _enter_heads(connection, {name: chain.head for name, (chain, _) in chains.items()})
        tell("ids that were handled")
        await connection.execute(_HEARD)
        tell("what caused what")
        await connection.execute(_TRAIL)
        tell("indexes")
    await connection.execute("SELECT pg_stat_reset()")
    await connection.close()


async def _enter_heads(connection: "Connection", heads: dict[str, Head]) -> None:
    await connection.executemany(
        "INSERT INTO chain (chain, seq, hash, sealed_seq) VALUES ($1, $2, $3, $2)",
        [(name, head.seq, head.hash) for name, head in heads.items()],
    )


def _entries(book: Book, name: str, chain: Chain, events: Iterator[Event]) -> Iterator[Entry]:
    for nth, event in enumerate(events):
        entering = Entering(book, _SINCE + timedelta(seconds=nth))
        for told in told_by(Message(event, Cause("dutiful/notifier", f"{name}-{nth}", ""))):
            yield entering.enter(name, chain, told.fact)


def _of(client_id: str, count: int) -> Iterator[Event]:
    """Notices that arrive; one entry in a hundred says that one went on to another channel, a few that one failed."""
    for nth in range(count):
        notice = {
            "notice_id": f"{client_id}-{nth // 2}",
            "client_id": client_id,
            "about": f"change-{nth // 20}",
            "kind": "k",
        }
        if nth % 10_000 == 1:
            yield NoticeFailed(**notice, reason="every channel was tried in vain")
        elif nth % 100 == 0:
            yield NoticeEscalated(**notice, to_channels=(Channel.EMAIL,), reason="no receipt in time")
        else:
            yield NoticeReceived(**notice, channel=Channel.WEBHOOK, received_at=_SINCE, proof="answered 204")


def _of_all(count: int) -> Iterator[Event]:
    return (SubprocessorRemoved(subprocessor_id=f"sub-{nth}") for nth in range(count))
