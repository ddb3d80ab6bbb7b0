"""The assurance service that a test speaks to: events as if from the bus, days that pass, clients and operators."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from hashlib import sha256
from typing import Any, TypeVar

import httpx
from tests.desk import Hearer, Json

from assurance.app import Assurance
from chassis.access import mint
from chassis.rights import Role
from contracts.assurance import AssuranceNoticeOrdered
from contracts.client import ClientSigned, Contact
from contracts.event import Event
from contracts.incident import IncidentNoticeOrdered, NoticeKind
from notifier.texts import render

HOUR = timedelta(hours=1)
INCIDENT = "inc-1"
AUDIT = "/clients/acme/audits/a1"
E = TypeVar("E", bound=Event)


def document(name: str = "plan.pdf") -> Json:
    """A document that the client keeps itself."""
    return {"sha256": sha256(name.encode()).hexdigest(), "name": name, "bytes": 120}


@dataclass(kw_only=True)
class Desk(Hearer):
    """The service that hears what a test says, and answers whoever has a token."""

    app: Assurance

    def notices(self) -> list[tuple[str, Mapping[str, object]]]:
        """What clients were ordered to be told; each has its words in both languages."""
        orders = self.of(AssuranceNoticeOrdered)
        for order in orders:
            addressed = {"client": "Acme", "contact": "Ada", "processor": "Us", "clause": order.clause, **order.facts}
            texts = [render(order.kind, language, addressed).text for language in ("en", "fr")]
            assert all("$" not in text and order.clause in text for text in texts)
            assert texts[0] != texts[1]
            assert not any(word in texts[1] for word in ("counted", "skipped", "the last", "it opens"))
        return [(order.kind.value, order.facts) for order in orders]

    async def at(self, day: date, hour: int = 10) -> None:
        """The clock goes to an hour of a day where the agreement is, with everything due on the way at its time."""
        at = datetime.combine(day, time(hour), self.app.book.latest.zone).astimezone(UTC)
        await self.pass_until(at)

    async def sign(self, *client_ids: str, **more: Any) -> None:  # noqa: ANN401 - fields of any kind
        """These clients sign the agreement."""
        for client_id in client_ids:
            fields: dict[str, Any] = {"signed_on": date(2026, 2, 2)} | more
            await self.hear(
                ClientSigned(
                    client_id=client_id,
                    name=client_id.title(),
                    agreement_id=self.app.book.latest.id,
                    agreement_version=self.app.book.latest.version,
                    contact=Contact(name="Privacy desk", email=f"privacy@{client_id}.example"),
                    **fields,
                )
            )

    async def tell_breach(self, *client_ids: str, incident: str = INCIDENT) -> None:
        """These clients are told of a breach."""
        await self.hear(
            IncidentNoticeOrdered(
                order_id=f"order-{incident}",
                about=incident,
                kind=NoticeKind.BREACH_NOTICE,
                client_ids=client_ids,
                deadline_at=self.clock.now() + HOUR,
                escalate_at=self.clock.now() + HOUR,
                clause="6",
                facts={},
            )
        )

    # People.

    def headers(self, who: str) -> dict[str, str]:
        """A token: `operator`, `dpo`, `auditor`, or `<client>/<role>`, or `<client>` for its super administrator."""
        client_id, _, role = ("", "", who) if who in set(Role) else who.partition("/")
        token = mint(
            self.key,
            subject=f"{who}@example",
            role=Role(role or Role.SUPER_ADMINISTRATOR),
            client_id=client_id or None,
            ttl=HOUR,
            now=datetime.now(UTC),
        )
        return {"Authorization": f"Bearer {token}"}

    async def get(self, who: str, path: str, **query: str | int) -> httpx.Response:
        """GET as somebody."""
        return await self.http.get(path, params=query or None, headers=self.headers(who))

    async def post(
        self, who: str, path: str, body: Mapping[str, object] | None = None, *, key: str | None = None
    ) -> httpx.Response:
        """POST as somebody, under a fresh key or this one."""
        headers = self.headers(who) | {"Idempotency-Key": key or f"key-{next(self.numbers)}"}
        return await self.http.post(path, json=body or {}, headers=headers)

    async def say(self, who: str, path: str, body: Mapping[str, object] | None = None) -> Any:  # noqa: ANN401 - JSON of any shape
        """POST as somebody, which must count."""
        answer = await self.post(who, path, body)
        assert answer.status_code == 201, answer.text
        await self.settle()
        return answer.json()

    async def refused(self, who: str, path: str, body: Mapping[str, object] | None = None, *, status: int = 409) -> str:
        """POST as somebody, which must not count: why."""
        answer = await self.post(who, path, body)
        assert answer.status_code == status, answer.text
        await self.settle()
        detail: str = answer.json()["detail"]
        return detail

    async def gates(self) -> dict[str, Any]:
        """The gates of the audit as its client reads them."""
        answer = await self.get("acme", AUDIT)
        assert answer.status_code == 200, answer.text
        return {each["gate"]: each for each in answer.json()["gates"]}

    # An audit, step by step.

    async def request(self, proposed_on: str = "2027-02-15", **more: object) -> Any:  # noqa: ANN401 - as above
        """Acme requests an audit after a breach."""
        body: Json = {"reason": "breach", "incident_id": INCIDENT, "text": "We must see.", "proposed_on": proposed_on}
        return await self.say("acme", AUDIT, body | more)

    async def prepare(self, starts: str = "2027-02-15T09:00:00+01:00", ends: str = "2027-02-15T17:00:00+01:00") -> None:
        """Every gate is opened but that of the escort."""
        await self.say("operator", f"{AUDIT}/certificate", {"text": "Ours has lapsed."})
        await self.say("acme", f"{AUDIT}/plan", {"plan": document(), "text": "Two days on access control."})
        await self.answer("operator", "plan")
        await self.say("acme", f"{AUDIT}/expert", {"name": "M. Dubois", "firm": "Contrôle SARL", "text": "CISA"})
        await self.answer("operator", "expert")
        signed: Json = {"expert": "M. Dubois", "undertaking": document("nda.pdf"), "signed_on": "2026-11-20"}
        await self.say("acme", f"{AUDIT}/confidentiality", signed)
        await self.answer("dpo", "confidentiality")
        await self.say("operator", f"{AUDIT}/terms", self.terms(starts, ends))
        await self.answer("acme", "scope_and_costs")

    async def answer(self, who: str, gate: str, *, accepted: bool = True) -> Any:  # noqa: ANN401 - as above
        """Somebody accepts or refuses what the other side put forward."""
        return await self.say(
            who, f"{AUDIT}/answers", {"gate": gate, "accepted": accepted, "reason": "It is in order."}
        )

    @staticmethod
    def terms(starts: str = "2027-02-15T09:00:00+01:00", ends: str = "2027-02-15T17:00:00+01:00") -> Json:
        """Scope, one session, costs."""
        costs = {"amount": "2400.00", "currency": "EUR"}
        return {"scope": "Access control", "sessions": [{"starts_at": starts, "ends_at": ends}], "costs": costs}
