"""Holders of a test: plain Kafka clients that carry out orders on a table in memory, as any system can."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

from aiokafka import AIOKafkaConsumer
from pydantic_core import from_json
from tests.flows.street import Json, Street


@dataclass
class Holder:
    """Records by client and category; `deaf`: it hears and does not answer."""

    street: Street
    holder_id: str
    records: Counter[tuple[str, str]] = field(default_factory=Counter)
    deaf: bool = False
    back: Counter[tuple[str, str]] = field(default_factory=Counter)
    """What comes back once, as if a job had written it after the deletion."""

    async def declare(self, *categories: str, kind: str = "internal") -> None:
        """Say what it holds."""
        data = {"holder_id": self.holder_id, "name": self.holder_id, "kind": kind, "categories": list(categories)}
        await self.street.publish("holder.declared", self.holder_id, data)

    @asynccontextmanager
    async def working(self) -> AsyncIterator[None]:
        """Carry out orders until the end of the block."""
        task = asyncio.create_task(self._work())
        yield
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task

    async def _work(self) -> None:
        bootstrap = self.street.house.bootstrap
        topics = ("cease", "erasure", "return")
        async with AIOKafkaConsumer(*topics, bootstrap_servers=bootstrap, auto_offset_reset="earliest") as consumer:
            async for record in consumer:
                said = {name: raw.decode() for name, raw in record.headers}["ce_type"]
                order = from_json(record.value)
                if order.get("holder_id") == self.holder_id and not self.deaf:
                    await self._answer(said, order)

    async def _answer(self, said: str, order: Json) -> None:
        now = self.street.clock.now().isoformat()
        same = {name: order[name] for name in ("order_id", "holder_id", "client_id") if name in order}
        who = {"confirmed_by": self.holder_id}
        match said:
            case "cease.ordered":
                await self._say("cease.confirmed", same | who | {"ceased_at": now})
            case "erasure.ordered":
                count = self._erase(order)
                done = {"started_at": now, "finished_at": now, "count": count, "method": "purge"}
                await self._say("erasure.confirmed", same | who | done)
            case "erasure.check_ordered":
                looked = {"checked_at": now, "remaining": self._count(order), "checked_by": self.holder_id}
                await self._say("erasure.checked", same | looked)
            case "return.ordered":
                await self._say("return.confirmed", same | who | self._package(order, now))
            case _:
                pass

    def _keys(self, order: Json) -> list[tuple[str, str]]:
        scopes = order["scopes"]
        assert isinstance(scopes, list)
        return [(str(scope["client_id"]), str(order["category"])) for scope in scopes]

    def _erase(self, order: Json) -> int:
        if order["purpose"] == "rolling":
            return 0
        count = sum(self.records.pop(key, 0) for key in self._keys(order))
        for key in self._keys(order):
            self.records[key] += self.back.pop(key, 0)
        return count

    def _count(self, order: Json) -> int:
        return sum(self.records[key] for key in self._keys(order))

    def _package(self, order: Json, now: str) -> dict[str, object]:
        categories = order["categories"]
        assert isinstance(categories, list)
        contents = [
            {"category": each, "records": self.records[str(order["client_id"]), each], "files": 1, "bytes": 9}
            for each in categories
        ]
        return {
            "contents": contents,
            "manifest_sha256": "a" * 64,
            "package_sha256": "b" * 64,
            "url": f"http://127.0.0.1/{order['order_id']}",
            "expires_at": order["available_until"],
            "started_at": now,
            "finished_at": now,
        }

    async def _say(self, event_type: str, data: Json) -> None:
        topic = event_type.partition(".")[0]
        key = data["order_id"] if topic == "erasure" else data["client_id"]
        await self.street.publish(event_type, str(key), data)
