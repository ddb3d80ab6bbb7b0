"""A holder in plain Python: aiokafka and nothing of Dutiful. Its "system" is a JSON file of records.

    python holder.py --kafka 127.0.0.1:9092 --holder crm --records records.json
        --requests http://127.0.0.1:8086 --token-file token --packages packages

A record is {"client_id": …, "category": …, "created_at": …}, with "phone" and "email" where it is a person's. Replace
`Records` by your own system. What is exported lies in the directory `packages`, for your own web server to hand out to
the client that it belongs to.
"""

import argparse
import asyncio
import hashlib
import io
import json
import tarfile
import urllib.error
import urllib.request
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
        _write(self._path, json.dumps(self._state).encode())
        return count

    def find_person(self, order: Json, subject: Json, category: str) -> list[Json]:
        """The records of the one person that a task is about, of the task's client: any identifier may fit."""
        wanted = {(each["kind"], each["value"]) for each in subject["identifiers"]}  # type: ignore[attr-defined]
        return [
            record
            for record in self._state["records"]
            if (record["client_id"], record["category"]) == (order["client_id"], category)
            and any(record.get(kind) == value for kind, value in wanted)
        ]

    def erase_person(self, order: Json, subject: Json) -> dict[str, int]:
        """As `erase`; how many of each category, in all runs of the same task."""
        gone = [record for scope in _scopes(order) for record in self._of_scope(order, subject, scope)]
        done: dict[str, int] = {}
        for each in self._state.setdefault("tasks", []):
            if each["order_id"] == order["order_id"]:
                done = each["touched"]  # type: ignore[assignment]
        touched = {category: done.get(category, 0) for category in (str(scope["category"]) for scope in _scopes(order))}
        for record in gone:
            touched[str(record["category"])] += 1
        self._state["records"] = [record for record in self._state["records"] if record not in gone]
        self._state["tasks"] = [each for each in self._state["tasks"] if each["order_id"] != order["order_id"]]
        self._state["tasks"].append({"order_id": order["order_id"], "touched": touched})
        _write(self._path, json.dumps(self._state).encode())
        return touched

    def _of_scope(self, order: Json, subject: Json, scope: Json) -> list[Json]:
        cut_off = scope.get("cutoff_at")
        found = self.find_person(order, subject, str(scope["category"]))
        return [each for each in found if cut_off is None or _instant(each["created_at"]) < _instant(cut_off)]


def _scopes(order: Json) -> list[Json]:
    return order["scopes"]  # type: ignore[return-value]


def _write(path: Path, data: bytes) -> None:
    """Whole or not at all."""
    part = path.with_suffix(".part")
    part.write_bytes(data)
    part.replace(path)


class Cannot(Exception):
    """A task that can't be carried out as things are; the text goes on the bus, and names nobody."""


class Persons:
    """Whom a task is about: asked of requests, with this holder's token, and kept no longer than the work takes."""

    def __init__(self, requests: str, token_file: Path | None) -> None:
        self._requests = requests
        self._token_file = token_file

    def subject(self, order: Json) -> Json:
        """Identifiers and corrections; where requests is away, the error ends the process and the order comes again."""
        if self._token_file is None:
            raise Cannot("this holder has no token for requests")
        url = f"{self._requests}/tasks/{order['order_id']}/subject"
        authorization = {"Authorization": f"Bearer {self._token_file.read_text().strip()}"}
        try:
            with urllib.request.urlopen(urllib.request.Request(url, headers=authorization), timeout=30) as answer:
                subject: Json = json.load(answer)
        except urllib.error.HTTPError as error:
            if error.code >= 500:
                raise
            raise Cannot(f"requests answers {error.code}") from None
        return subject


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

    def __init__(self, holder_id: str, records: Records, persons: Persons, packages: Path) -> None:
        self.holder_id = holder_id
        self._records = records
        self._persons = persons
        self._packages = packages
        self._answers: dict[str, Callable[[Json], tuple[str, Json]]] = {
            "cease.ordered": self._cease,
            "erasure.ordered": self._erase,
            "erasure.check_ordered": self._check,
            "return.ordered": self._return,
            "task.ordered": self._task,
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

    def _task(self, order: Json) -> tuple[str, Json]:
        """Find, export and erase; whoever can't do more says so, and people do it."""
        mine: Json = {"client_id": order["client_id"]}
        started_at, act = _now(), str(order["act"])
        try:
            if act not in {"find", "export", "erase"}:
                raise Cannot(f"this holder can't {act}")
            subject = self._persons.subject(order)
            done = self._erase_person(order, subject) if act == "erase" else self._look(order, subject)
        except Cannot as reason:
            return "task.failed", mine | {"failed_at": _now(), "reason": str(reason)}
        times = {"started_at": started_at, "finished_at": _now()}
        return "task.confirmed", mine | times | done | {"act": act, "confirmed_by": "CRM team"}

    def _look(self, order: Json, subject: Json) -> Json:
        categories = [str(scope["category"]) for scope in _scopes(order)]
        found = {category: self._records.find_person(order, subject, category) for category in categories}
        done: Json = {"touched": _touched({category: len(records) for category, records in found.items()})}
        return done | {"package": self._package(order, found)} if order["act"] == "export" else done

    def _erase_person(self, order: Json, subject: Json) -> Json:
        return {"touched": _touched(self._records.erase_person(order, subject)), "method": "clear"}

    def _package(self, order: Json, found: dict[str, list[Json]]) -> Json:
        """One archive with a manifest first; `order["recipient"]`, if there is one, is whom to encrypt it for."""
        if "recipient" in order:
            raise Cannot("this holder encrypts for nobody")
        files = {f"{name}/records.json": json.dumps(records).encode() for name, records in found.items()}
        sums = [{"file": name, "sha256": hashlib.sha256(data).hexdigest()} for name, data in files.items()]
        manifest = json.dumps({"order_id": order["order_id"], "client_id": order["client_id"], "files": sums}).encode()
        archive = io.BytesIO()
        with tarfile.open(fileobj=archive, mode="w") as opened:
            for name, data in {"manifest.json": manifest, **files}.items():
                member = tarfile.TarInfo(name)
                member.size = len(data)
                opened.addfile(member, io.BytesIO(data))
        self._packages.mkdir(exist_ok=True)
        _write(self._packages / f"{order['order_id']}.tar", archive.getvalue())
        return {
            "manifest_sha256": hashlib.sha256(manifest).hexdigest(),
            "package_sha256": hashlib.sha256(archive.getvalue()).hexdigest(),
            "bytes": len(archive.getvalue()),
            "url": f"https://crm.example/packages/{order['order_id']}.tar",  # where the client's own login opens it
            "expires_at": order["available_until"],
        }


def _touched(counts: dict[str, int]) -> list[Json]:
    return [{"category": category, "count": count} for category, count in counts.items()]


def _now() -> str:
    return datetime.now(UTC).isoformat()


async def main(kafka: str, prefix: str, holder: Holder) -> None:
    """Hear, do, answer, and only then commit: what a kill interrupts comes again."""
    topics = [prefix + name for name in ("cease", "erasure", "return", "task")]
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
    parser.add_argument("--requests", default="http://127.0.0.1:8086")
    parser.add_argument("--token-file", type=Path)
    parser.add_argument("--packages", type=Path, default=Path("packages"))
    chosen = parser.parse_args()
    persons = Persons(chosen.requests, chosen.token_file)
    holder = Holder(chosen.holder, Records(chosen.records), persons, chosen.packages)
    asyncio.run(main(chosen.kafka, chosen.prefix, holder))
