"""The systems that hold data in the demo: one outside consumer that answers orders for all of them, in memory."""

from collections import Counter
from collections.abc import Mapping

from aiokafka import AIOKafkaConsumer
from pydantic_core import from_json

from chassis.clock import Clock
from dutiful.demo.world import Platform

Order = Mapping[str, object]
PLATFORM = "platform"
_DONE_BY = "systems of the demo"


class Systems:
    """What each client has where; an order to delete empties it, a second look counts what is left."""

    def __init__(self, platform: Platform, clock: Clock) -> None:
        self._platform = platform
        self._clock = clock
        self.records: Counter[tuple[str, str, str]] = Counter()
        """How many records a holder has of a client in a category."""

    async def work(self, bootstrap: str) -> None:
        """Answer orders until cancelled."""
        topics = ("cease", "erasure", "return")
        consumer = AIOKafkaConsumer(*topics, bootstrap_servers=bootstrap, auto_offset_reset="earliest")
        await consumer.start()
        try:
            async for record in consumer:
                headers = {name: raw.decode() for name, raw in record.headers}
                await self._answer(headers.get("ce_type", ""), from_json(record.value))
        finally:
            await consumer.stop()

    def left(self, client_id: str) -> set[str]:
        """The categories of which a client has records somewhere still."""
        return {category for (_, client, category), count in self.records.items() if client == client_id and count}

    async def _answer(self, said: str, order: Order) -> None:
        now = self._clock.now().isoformat()
        same = {name: order[name] for name in ("order_id", "holder_id", "client_id") if name in order}
        done = same | {"started_at": now, "finished_at": now, "confirmed_by": _DONE_BY}
        match said:
            case "cease.ordered":
                await self._say("cease.confirmed", same | {"ceased_at": now, "confirmed_by": _DONE_BY})
            case "erasure.ordered":
                how = {"method": "purge", "evidence": "deleted in batches, then vacuumed"}
                await self._say("erasure.confirmed", done | how | {"count": self._erase(order)})
            case "erasure.check_ordered":
                remaining = sum(self.records[key] for key in _keys(order))
                looked = {"checked_at": now, "checked_by": _DONE_BY, "remaining": remaining}
                await self._say("erasure.checked", same | looked)
            case "return.ordered":
                await self._say("return.confirmed", done | self._package(order))
            case _:
                pass

    def _erase(self, order: Order) -> int:
        """All of it; of what goes day by day there is nothing old enough in this story."""
        if order["purpose"] == "rolling":
            return 0
        return sum(self.records.pop(key, 0) for key in _keys(order))

    def _package(self, order: Order) -> dict[str, object]:
        client_id, holder_id, named = str(order["client_id"]), str(order["holder_id"]), order["categories"]
        contents = [
            {"category": each, "records": self.records[holder_id, client_id, str(each)], "files": 1, "bytes": 4096}
            for each in (named if isinstance(named, list) else [])
        ]
        return {
            "contents": contents,
            "manifest_sha256": "3a" * 32,
            "package_sha256": "5f" * 32,
            "url": f"https://platform.example/packages/{order['order_id']}",
            "expires_at": order["available_until"],
        }

    async def _say(self, event_type: str, data: Order) -> None:
        key = "order_id" if event_type.startswith("erasure") else "client_id"
        await self._platform.publish(event_type, str(data[key]), data)


def _keys(order: Order) -> list[tuple[str, str, str]]:
    scopes = order["scopes"]
    holder_id, category = str(order["holder_id"]), str(order["category"])
    return [(holder_id, scope["client_id"], category) for scope in scopes] if isinstance(scopes, list) else []
