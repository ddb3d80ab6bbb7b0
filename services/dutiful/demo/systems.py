"""The sub-processors in the demo: one outside consumer that answers orders for all of them, in memory."""

from collections.abc import Mapping

from aiokafka import AIOKafkaConsumer
from pydantic_core import from_json

from chassis.clock import Clock
from dutiful.demo.world import Platform

Order = Mapping[str, object]
_DONE_BY = "systems of the demo"


class Systems:
    """Sub-processors that do what they are ordered, and found nothing to delete; the platform has a real holder."""

    def __init__(self, platform: Platform, clock: Clock, except_for: str) -> None:
        self._platform = platform
        self._clock = clock
        self._except_for = except_for

    async def work(self, bootstrap: str) -> None:
        """Answer orders until cancelled."""
        consumer = AIOKafkaConsumer("cease", "erasure", bootstrap_servers=bootstrap, auto_offset_reset="earliest")
        await consumer.start()
        try:
            async for record in consumer:
                headers = {name: raw.decode() for name, raw in record.headers}
                order = from_json(record.value)
                if order["holder_id"] != self._except_for:
                    await self._answer(headers.get("ce_type", ""), order)
        finally:
            await consumer.stop()

    async def _answer(self, said: str, order: Order) -> None:
        now = self._clock.now().isoformat()
        same = {name: order[name] for name in ("order_id", "holder_id", "client_id") if name in order}
        match said:
            case "cease.ordered":
                await self._say("cease.confirmed", "client_id", same | {"ceased_at": now, "confirmed_by": _DONE_BY})
            case "erasure.ordered":
                done = {"started_at": now, "finished_at": now, "confirmed_by": _DONE_BY, "count": 0}
                how = {"method": "purge", "evidence": "nothing was kept beyond the processing itself"}
                await self._say("erasure.confirmed", "order_id", same | done | how)
            case _:
                pass

    async def _say(self, event_type: str, key: str, data: Order) -> None:
        await self._platform.publish(event_type, str(data[key]), data)
