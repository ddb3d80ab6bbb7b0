"""Events from outside, as fast as the bus takes them."""

from uuid import uuid4

from aiokafka import AIOKafkaProducer

from contracts.event import Event


async def send(producer: AIOKafkaProducer, prefix: str, event: Event) -> None:
    """Hand one event to the producer, which sends it with others."""
    headers = [
        ("ce_specversion", b"1.0"),
        ("ce_id", uuid4().hex.encode()),
        ("ce_source", b"benchmark"),
        ("ce_type", event.TYPE.encode()),
    ]
    value = event.model_dump_json(exclude_none=True).encode()
    await producer.send(prefix + event.topic(), value, key=event.key.encode(), headers=headers)
