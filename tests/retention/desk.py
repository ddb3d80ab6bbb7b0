"""Retention that a test speaks to: events as if from the bus, days that pass, people, holders that answer."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from pydantic_core import to_json
from tests.desk import STARTS_AT, Hearer

from agreement import deadlines
from agreement.book import Book
from contracts.cease import CeaseConfirmed, CeaseOrdered
from contracts.choice import Choice, ChoiceMade, Recipient
from contracts.client import ClientSigned, Contact
from contracts.contract import ContractTerminated
from contracts.erasure import ErasureChecked, ErasureCheckOrdered, ErasureConfirmed, ErasureOrdered
from contracts.holder import HolderDeclared, HolderKind
from contracts.ordering import Method
from contracts.permission import PermissionSet, Standing
from contracts.returning import ReturnConfirmed, Returned, ReturnOrdered
from retention.app import Retention
from retention.signing import verify

TODAY = STARTS_AT.date()
SHA = "0" * 64
AT_ONCE = {
    "call_recordings",
    "client_contacts_manual",
    "client_contacts_crm",
    "transcriptions",
    "sso_user_numbers",
}
"""The categories that no law keeps after the end of a contract."""


@dataclass(kw_only=True)
class Desk(Hearer):
    """Retention that hears what a test says, and answers whoever has a token."""

    book: Book
    app: Retention

    async def pass_to(self, on: date) -> None:
        """Day by day until the beginning of this one."""
        await self.pass_until(deadlines.start_of_day(self.book.latest, on))

    async def leap_to(self, on: date) -> None:
        """All at once to the beginning of this day, as if the service had been down until then."""
        await self.leap_until(deadlines.start_of_day(self.book.latest, on))

    async def pass_days(self, days: int) -> None:
        """So many days."""
        await self.pass_to(deadlines.local_date(self.book.latest, self.clock.now()) + timedelta(days=days))

    # The world.

    async def sign(self, *client_ids: str, **more: object) -> None:
        """These clients sign the agreement."""
        for client_id in client_ids:
            await self.hear(
                ClientSigned.model_validate(
                    {
                        "client_id": client_id,
                        "name": client_id.title(),
                        "agreement_id": self.book.latest.id,
                        "agreement_version": self.book.latest.version,
                        "signed_on": date(2026, 2, 2),
                        "contact": Contact(name="Privacy desk", email=f"privacy@{client_id}.example"),
                        **more,
                    }
                )
            )

    async def declare(self, holder_id: str = "platform-db", *categories: str, subprocessor: str | None = None) -> None:
        """A holder of these categories, or of all that are stored."""
        stored = tuple(each.category for each in self.book.latest.retention if each.rule != "never_stored")
        await self.hear(
            HolderDeclared(
                holder_id=holder_id,
                name=holder_id.title(),
                kind=HolderKind.SUBPROCESSOR if subprocessor else HolderKind.INTERNAL,
                subprocessor_id=subprocessor,
                categories=categories or stored,
            )
        )

    async def permit(self, client_id: str, *subprocessor_ids: str, on: date = date(2026, 2, 2)) -> None:
        """These sub-processors may process the client's data."""
        for subprocessor_id in subprocessor_ids:
            await self.hear(
                PermissionSet(
                    client_id=client_id,
                    subprocessor_id=subprocessor_id,
                    standing=Standing.PERMITTED,
                    permitted_from=on,
                    reason="on the list",
                    clause="4.3",
                )
            )

    async def terminate(self, client_id: str, on: date = TODAY) -> None:
        """The client's contract ends."""
        await self.hear(ContractTerminated(client_id=client_id, terminated_on=on))

    async def choose(
        self, client_id: str, choice: Choice, recipient: Recipient | None = None, at: datetime | None = None
    ) -> None:
        """The client chooses; its word came `at` a moment that may be past."""
        received_at = at or self.clock.now()
        await self.hear(
            ChoiceMade(client_id=client_id, choice=choice, made_by="DPO", received_at=received_at, recipient=recipient)
        )

    async def cease(self, *orders: CeaseOrdered) -> None:
        """Holders confirm that they ceased."""
        for order in orders:
            await self.hear(
                CeaseConfirmed(
                    client_id=order.client_id,
                    holder_id=order.holder_id,
                    order_id=order.order_id,
                    ceased_at=self.clock.now(),
                    confirmed_by="executor",
                )
            )

    async def erase(self, *orders: ErasureOrdered, number: int = 3, **more: Any) -> None:  # noqa: ANN401 - fields of any kind
        """Holders confirm that they deleted."""
        for order in orders:
            await self.hear(
                ErasureConfirmed(
                    order_id=order.order_id,
                    holder_id=order.holder_id,
                    started_at=self.clock.now(),
                    finished_at=self.clock.now(),
                    count=number,
                    method=Method.PURGE,
                    confirmed_by="executor",
                    **more,
                )
            )

    async def look(self, *orders: ErasureCheckOrdered, remaining: int = 0) -> None:
        """Holders count what is left."""
        for order in orders:
            await self.hear(
                ErasureChecked(
                    order_id=order.order_id,
                    holder_id=order.holder_id,
                    checked_at=self.clock.now(),
                    remaining=remaining,
                    checked_by="executor",
                )
            )

    async def give_back(self, *orders: ReturnOrdered) -> None:
        """Holders make their packages."""
        for order in orders:
            await self.hear(
                ReturnConfirmed(
                    client_id=order.client_id,
                    order_id=order.order_id,
                    holder_id=order.holder_id,
                    contents=tuple(Returned(category=each, records=3, files=1, bytes=9) for each in order.categories),
                    manifest_sha256=SHA,
                    package_sha256=SHA,
                    url=f"http://127.0.0.1/{order.order_id}",
                    expires_at=order.available_until,
                    started_at=self.clock.now(),
                    finished_at=self.clock.now(),
                    confirmed_by="executor",
                )
            )

    async def look_at_all(self) -> None:
        """Every second look finds nothing."""
        await self.look(*self.of(ErasureCheckOrdered, reminder=0))

    async def document(self, client_id: str, nth: int = -1) -> Any:  # noqa: ANN401 - JSON of any shape
        """A certificate that retention made, verified with its public key."""
        rows = await self.runtime.pool.fetch(
            "SELECT document FROM certificate WHERE client_id = $1 ORDER BY made_at", client_id
        )
        return verify(rows[nth]["document"].encode(), self.app.signer.public_pem.encode())

    async def counts(self, client_id: str, category: str) -> list[int]:
        """How many records each confirmation of a category names."""
        rows = await self.runtime.pool.fetch(
            """
            SELECT (each ->> 'count')::integer AS number
              FROM task JOIN termination USING (termination_id),
                   jsonb_array_elements(evidence) WITH ORDINALITY AS every (each, nth)
             WHERE client_id = $1 AND category = $2
             ORDER BY holder_id, nth
            """,
            client_id,
            category,
        )
        return [row["number"] for row in rows]

    @staticmethod
    def as_json(value: object) -> str:
        """A value as JSON."""
        return to_json(value).decode()

    async def carry_out(self, client_id: str) -> None:
        """Every open deletion of the client is confirmed, and its second look finds nothing."""
        done: set[str] = set()
        while True:
            erasures = [
                each for each in self.of(ErasureOrdered) if each.order_id not in done and is_of(each, client_id)
            ]
            looks = [each for each in self.of(ErasureCheckOrdered) if each.order_id not in done]
            done |= {each.order_id for each in (*erasures, *looks)}
            await self.erase(*erasures)
            await self.look(*looks)
            if not erasures and not looks:
                return
            await self.pass_days(3)


def is_of(order: ErasureOrdered, client_id: str) -> bool:
    """Whether an order belongs to this client's termination."""
    return order.purpose != "rolling" and [scope.client_id for scope in order.scopes] == [client_id]


def categories(orders: Sequence[ErasureOrdered]) -> set[str]:
    """What is deleted."""
    return {order.category for order in orders}
