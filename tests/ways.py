"""A service's operations, each with the rights that it takes: what the access tests of all services share."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import httpx
from tests.desk import Json, Speaker

from chassis.rights import RIGHTS, Right, Role


@dataclass(frozen=True)
class Way:
    """One operation, with the rights that it needs."""

    method: str
    path: str
    rights: frozenset[Right]
    body: Json | None = None

    @property
    def operation(self) -> str:
        """As the OpenAPI document names it."""
        return f"{self.method} {self.path.partition('?')[0]}"

    async def go(self, desk: Speaker, who: str, ids: Mapping[str, str]) -> httpx.Response:
        """Try it as somebody."""
        body = (self.body or {}) if self.method == "POST" else self.body
        return await desk.send(who, self.method, self.path.format(**ids), body)


async def check_described(desk: Speaker, ways: Iterable[Way]) -> None:
    """Every operation has a way: one without would go untested."""
    described = (await desk.http.get("/openapi.json")).json()["paths"]
    operations = {f"{method.upper()} {path}" for path, methods in described.items() for method in methods}
    assert operations == {way.operation for way in ways}


async def check_rights(desk: Speaker, way: Way, ids: Mapping[str, str], *refusals: int) -> None:
    """Whoever of acme or the staff lacks a right is answered 403; whoever has all isn't; without a token it is 401.

    `refusals` are the answers that are about the state of things, not about rights.
    """
    refused = set()
    for role in Role:
        answer = await way.go(desk, role if role.is_staff else f"acme/{role}", ids)
        if answer.status_code == 403:
            refused.add(role)
        else:
            assert answer.status_code in (200, 201, 202, 204, *refusals), answer.text
    assert refused == {role for role in Role if not way.rights <= RIGHTS[role]}
    nobody = await desk.http.request(way.method, way.path.format(**ids))
    assert nobody.status_code == 401
