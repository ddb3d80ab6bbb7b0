"""A holder in plain Python: aiokafka and nothing of Dutiful. Its "system" is a JSON file of records.

    python holder.py --kafka 127.0.0.1:9092 --holder crm --records records.json

A record is {"client_id": …, "category": …, "created_at": …}. Replace `Records` by your own system.
"""

import argparse
import asyncio
import hashlib
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord, TopicPartition

Json = dict[str, object]


class Records:
    """The system: each change is written before the answer goes out, so that a kill loses no count."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._state: dict[str, list[Json]] = json.loads(path.read_text())

    def find(self, order: Json) -> list[Json]:
        """The records that an order is about: strictly older than the client's cut-off, where it has one."""
        scopes = {scope["client_id"]: scope.get("cutoff_at") for scope in order["scopes"]}  # type: ignore[attr-defined]
        return [record for record in self._state["records"] if _is_meant(record, order, scopes)]

    def erase(self, order: Json) -> int:
        """Delete them, irretrievably, and remember how many: the same order again answers the same."""
        done = self._state.setdefault("done", [])
        before = [each["count"] for each in done if each["order_id"] == order["order_id"]]
        gone = self.find(order)
        count = len(gone) + sum(int(str(each)) for each in before)
        self._state["records"] = [record for record in self._state["records"] if record not in gone]
        self._state["done"] = [each for each in done if each["order_id"] != order["order_id"]]
        self._state["done"].append({"order_id": order["order_id"], "count": count})
        part = self._path.with_suffix(".part")
        part.write_text(json.dumps(self._state))
        part.replace(self._path)
        return count


def _is_meant(record: Json, order: Json, scopes: dict[str, str | None]) -> bool:
    client_id = str(record["client_id"])
    if record["category"] != order["category"] or client_id not in scopes:
        return False
    cut_off = scopes[client_id]
    return cut_off is None or _instant(record["created_at"]) < _instant(cut_off)


def _instant(text: object) -> datetime:
    return datetime.fromisoformat(str(text))


class Holder:
    """What it hears, and what it answers."""

    def __init__(self, holder_id: str, records: Records) -> None:
        self.holder_id = holder_id
        self._records = records
        self._answers: dict[str, Callable[[Json], tuple[str, Json]]] = {
            "cease.ordered": self._cease,
            "erasure.ordered": self._erase,
            "erasure.check_ordered": self._check,
            "return.ordered": self._return,
        }

    def answer(self, event_type: str, order: Json) -> tuple[str, Json] | None:
        """The type and the data of the answer; None: it is for another holder, or nothing that is answered."""
        if order.get("holder_id") != self.holder_id or event_type not in self._answers:
            return None
        said, data = self._answers[event_type](order)
        return said, {"order_id": order["order_id"], "holder_id": self.holder_id, **data}

    def _cease(self, order: Json) -> tuple[str, Json]:
        now = _now()  # here: stop what is processed for order["client_id"]
        return "cease.confirmed", {"client_id": order["client_id"], "ceased_at": now, "confirmed_by": "CRM team"}

    def _erase(self, order: Json) -> tuple[str, Json]:
        started_at = _now()
        count = self._records.erase(order)
        data = {"started_at": started_at, "finished_at": _now(), "count": count}
        return "erasure.confirmed", data | {"method": "clear", "confirmed_by": "CRM team"}

    def _check(self, order: Json) -> tuple[str, Json]:
        remaining = len(self._records.find(order))
        return "erasure.checked", {"checked_at": _now(), "remaining": remaining, "checked_by": "CRM team"}

    def _return(self, order: Json) -> tuple[str, Json]:
        reason = "this holder makes no packages: its data are handed out by the platform"
        return "return.failed", {"client_id": order["client_id"], "failed_at": _now(), "reason": reason}


def _now() -> str:
    return datetime.now(UTC).isoformat()


async def main(kafka: str, prefix: str, holder: Holder) -> None:
    """Hear, do, answer, and only then commit: what a kill interrupts comes again."""
    topics = [prefix + name for name in ("cease", "erasure", "return")]
    consumer = AIOKafkaConsumer(
        *topics,
        bootstrap_servers=kafka,
        group_id=f"{prefix}holder-{holder.holder_id}",
        enable_auto_commit=False,
        auto_offset_reset="earliest",
    )
    producer = AIOKafkaProducer(bootstrap_servers=kafka, enable_idempotence=True)
    await consumer.start()
    await producer.start()
    try:
        async for record in consumer:
            await handle(record, holder, producer)
            await consumer.commit({TopicPartition(record.topic, record.partition): record.offset + 1})
    finally:
        await producer.stop()
        await consumer.stop()


async def handle(record: "ConsumerRecord[bytes, bytes]", holder: Holder, producer: AIOKafkaProducer) -> None:
    """One record; its answer goes to the same topic under the same key, so that both stay in order."""
    headers = {name: raw.decode() for name, raw in record.headers}
    answer = holder.answer(headers.get("ce_type", ""), json.loads(record.value)) if record.value else None
    if answer is None:
        return
    event_type, data = answer
    cause = f"{headers.get('ce_source')} {headers.get('ce_id')} {event_type}"
    said = {
        "ce_specversion": "1.0",
        "ce_id": hashlib.sha256(cause.encode()).hexdigest(),  # the same answer to the same order, however often
        "ce_source": f"/holders/{holder.holder_id}",
        "ce_type": event_type,
        "content-type": "application/json",
        "ce_flowid": headers.get("ce_flowid", headers.get("ce_id", "")),
    }
    encoded = [(name, text.encode()) for name, text in said.items()]
    await producer.send_and_wait(record.topic, json.dumps(data).encode(), key=record.key, headers=encoded)
    print("answered", event_type, data["order_id"], flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--kafka", default="127.0.0.1:9092")
    parser.add_argument("--prefix", default="")
    parser.add_argument("--holder", required=True)
    parser.add_argument("--records", type=Path, required=True)
    chosen = parser.parse_args()
    asyncio.run(main(chosen.kafka, chosen.prefix, Holder(chosen.holder, Records(chosen.records))))
