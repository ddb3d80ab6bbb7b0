"""How long an answer of a service's API takes, asked by one reader after the other."""

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp

from chassis.access import mint
from chassis.rights import Role


async def answered_ms(http: aiohttp.ClientSession, url: str, key: Path, client_id: str | None) -> float:
    """From the request to the last byte; asked by the client's own people, or by the processor's staff."""
    _, took_ms = await answered(http, url, key, client_id)
    return took_ms


async def answered(http: aiohttp.ClientSession, url: str, key: Path, client_id: str | None) -> tuple[bytes, float]:
    """The body of an answer, and how long it took in ms."""
    role = Role.SUPER_ADMINISTRATOR if client_id else Role.OPERATOR
    now = datetime.now(UTC)
    token = mint(key, subject="bench", role=role, client_id=client_id, ttl=timedelta(hours=1), now=now)
    began = time.perf_counter()
    async with http.get(url, headers={"Authorization": f"Bearer {token}"}) as answer:
        assert answer.ok, await answer.text()
        body = await answer.read()
    return body, (time.perf_counter() - began) * 1000
