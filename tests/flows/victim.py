"""Two clients with something of everything that a service keeps: what nobody else's token may reach."""

from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from hashlib import sha256
from typing import Final
from uuid import uuid4

import asyncpg
from tests.chassis.eventually import eventually
from tests.flows.street import Json, Street

WORD: Final = "quillfeather"
"""In everything that they are called and have written."""

HERE, GONE, STRANGER = f"{WORD}-here", f"{WORD}-gone", "stranger"
PHONE: Final = "+33 6 98 76 54 32"
PAPER: Final = f"%PDF-1.7 {WORD}".encode()
ADMIN: Final = f"{HERE}/super_administrator"


@dataclass(frozen=True)
class Ids:
    """What of theirs a path names, by service and parameter; and what is everybody's."""

    owned: dict[tuple[str, str], str]
    shared: dict[tuple[str, str], str]

    def of(self, service: str, path: str, name: str) -> str | None:
        """The value of a parameter, if there is one."""
        here, every = (f"{service}{path.partition('/{')[0]}", name), (service, name)
        return self.owned.get(here) or self.owned.get(every) or self.shared.get(every)

    @property
    def marks(self) -> set[str]:
        """What nobody else may read."""
        return {
            WORD,
            "98 76 54 32",
            "98765432",
            "+33698765432",
            *(each for each in self.owned.values() if len(each) > 8),
        }


async def settle(street: Street) -> Ids:
    """Both have signed, one has left since; the stranger has signed and has nothing."""
    street.house.smtp.refuse(f"dpo@{GONE}.example")  # it must be written to by post
    for client_id in (HERE, GONE, STRANGER):
        await street.sign(client_id)
    await street.until(lambda: street.of("holder.declared", holder_id="platform"))
    retention = await _leave(street)
    change, mitigation = await _object(street)
    owned = (
        {("subprocessor_registry", "mitigation_id"): mitigation, ("console", "client_id"): HERE}
        | retention
        | await _be_told(street, change)
        | await _be_breached(street)
        | await _ask_back(street)
        | await _be_asked_about(street)
    )
    shared = {
        ("subprocessor_registry", "change_id"): change,
        ("subprocessor_registry", "subprocessor_id"): "voix",
        ("requests", "subprocessor_id"): "deeptranscript",
        ("assurance", "agreement_id"): street.house.book.latest.id,
        ("assurance", "version_id"): "any",
        ("assurance", "kind"): "questions",
        ("holder", "kind"): "task",
    }
    return Ids(owned, shared)


async def _leave(street: Street) -> dict[tuple[str, str], str]:
    """A contract ends: data returned and deleted, sub-processors chased, a hold, and what could be certified."""
    platform = await asyncpg.connect(street.house.sample_dsn)
    await platform.execute(
        "INSERT INTO platform.recording (client_id, created_at, phone, detail) VALUES ($1, '2026-04-01Z', $2, $3)",
        GONE, PHONE, WORD,
    )  # fmt: skip
    await platform.close()
    today = street.clock.now().date().isoformat()
    await street.publish("contract.terminated", GONE, {"client_id": GONE, "terminated_on": today})
    await street.until(lambda: street.of("cease.confirmed", client_id=GONE))
    hold = {"hold_id": f"{WORD}-hold", "kind": "dispute", "categories": ["faxes"], "legal_basis": WORD, "reason": WORD}
    await street.post("dpo", "retention", f"/clients/{GONE}/holds", hold)
    gone = f"{GONE}/super_administrator"
    await street.post(gone, "retention", f"/clients/{GONE}/choice", {"choice": "deletion"})
    await eventually(lambda: _is_deleted(street))
    slow = {"holder_id": "deeptranscript", "kind": "erasure", "category": "transcriptions"}
    for days, reminders in ((2, 0), (10, 1), (4, 2), (2, 2)):
        street.clock.jump_to(street.clock.now() + timedelta(days=days))
        if reminders:
            await street.until(partial(street.of, "retention.order_overdue", reminders=reminders, **slow))
    await street.until(lambda: street.of("retention.certified", client_id=GONE))
    return {
        ("retention", "client_id"): GONE,
        ("retention", "hold_id"): f"{WORD}-hold",
        ("retention", "order_id"): str(street.of("retention.order_overdue", **slow)[0]["order_id"]),
        ("retention", "certificate_id"): str(street.of("retention.certified", client_id=GONE)[0]["certificate_id"]),
    }


async def _is_deleted(street: Street) -> bool:
    plan = await street.fetch("operator", "retention", f"/clients/{GONE}/termination")
    said = {each["category"]: each["state"] for each in plan["lines"] if each["holder_id"] == "platform"}
    return bool(said["call_recordings"] == "confirmed")


async def _object(street: Street) -> tuple[str, str]:
    """An objection with its ground, and what was offered for it."""
    change = await street.announce("voix")
    await street.received(change, HERE)
    said = {"ground": "legal_obligation", "statement": f"As {WORD} must."}
    await street.post(ADMIN, "subprocessor_registry", f"/changes/{change}/objections", said)
    offer = {"client_id": HERE, "kind": "alternative", "description": f"Another one, for {WORD}."}
    made = await street.post("operator", "subprocessor_registry", f"/changes/{change}/mitigations", offer)
    return change, str(made["mitigation_id"])


async def _be_told(street: Street, change: str) -> dict[tuple[str, str], str]:
    """An endpoint, a notice and its delivery."""
    endpoint = await street.register(HERE)
    notices = await street.get("operator", "notifier", "/notices", client_id=HERE, about=change)
    letters = await street.get("operator", "notifier", "/letters")
    return {
        ("notifier", "client_id"): HERE,
        ("notifier", "endpoint_id"): endpoint,
        ("notifier", "notice_id"): str(notices["items"][0]["notice_id"]),  # type: ignore[index]
        ("notifier", "delivery_id"): str(letters["items"][0]["delivery_id"]),  # type: ignore[index]
    }


async def _be_breached(street: Street) -> dict[tuple[str, str], str]:
    """A breach that concerns nobody else."""
    now, incident = street.clock.now(), f"{WORD}-incident"
    said: Json = {
        "incident_id": incident,
        "origin": "detector",
        "detected_at": (now - timedelta(hours=1)).isoformat(),
        "aware_at": now.isoformat(),
        "description": f"An export of what {WORD} has",
        "client_ids": [HERE],
    }
    await street.publish("breach.detected", incident, said)
    await street.until(partial(street.of, "incident.aware", incident_id=incident))
    await street.until(partial(street.of, "notice.received", about=incident, client_id=HERE))
    return {("breach", "client_id"): HERE, ("breach", "incident_id"): incident}


async def _ask_back(street: Street) -> dict[tuple[str, str], str]:
    """A question, an audit, help with a quote, a dispute and a document."""
    await _hand_in(street, ADMIN, "assurance", f"/clients/{HERE}/documents", name=f"{WORD}.pdf")
    own = f"/clients/{HERE}"
    await street.post(ADMIN, "assurance", f"{own}/questions/{WORD}-q", {"items": [f"What of {WORD}?"]})
    help_wanted = {"kind": "dpia", "text": f"For {WORD}."}
    await street.post(ADMIN, "assurance", f"{own}/assistance/{WORD}-h", help_wanted)
    today = street.clock.now().date().isoformat()
    letter = {"side": "client", "text": f"{WORD} disagrees.", "registered_mail": "1A 1", "received_on": today}
    await street.post("operator", "assurance", f"{own}/disputes/{WORD}-d", letter)
    return {
        ("assurance", "client_id"): HERE,
        ("assurance", "question_id"): f"{WORD}-q",
        ("assurance", "matter_id"): f"{WORD}-q",
        ("assurance", "assistance_id"): f"{WORD}-h",
        ("assurance", "audit_id"): f"{WORD}-a",
        ("assurance", "dispute_id"): f"{WORD}-d",
        ("assurance", "finding_id"): f"{WORD}-f",
        ("assurance", "quote_id"): f"{WORD}-x",
        ("assurance", "sha256"): sha256(PAPER).hexdigest(),
    }


async def _be_asked_about(street: Street) -> dict[tuple[str, str], str]:
    """A person's request with its answer and help, an instruction, and what is sealed."""
    request, now = f"{WORD}-dsar", street.clock.now().isoformat()
    said: Json = {
        "request_id": request,
        "right": "erasure",
        "received_at": now,
        "text": f"I am {WORD}: delete it.",
        "client_id": HERE,
        "identifiers": [{"kind": "phone", "value": PHONE}],
    }
    await street.publish("dsar.received", request, said)
    await street.until(lambda: street.of("request.matched", request_id=request))
    path, own = f"/requests/{request}", f"/clients/{HERE}"
    instruction = {
        "text": f"Do as {WORD} asks.",
        "purpose": "dsar",
        "data_categories": ["client_contacts_manual"],
        "request_id": request,
    }
    given = await street.post(ADMIN, "requests", f"{own}/instructions", instruction)
    wanted = {"instruction_id": given["instruction_id"], "acts": ["export"]}
    asked = await street.post(ADMIN, "requests", f"{own}/requests/{request}/assistance", wanted)
    assistance = str(asked["assistance"][0]["assistance_id"])  # type: ignore[index]
    await street.post("operator", "requests", f"{path}/handler", {})
    await _hand_in(street, "operator", "requests", f"{path}/attachments")
    await street.post("operator", "requests", f"{path}/answers", {"text": f"Dear {WORD}"})
    view = await street.get("operator", "requests", path)
    answer = str(view["answers"][0]["answer_id"])  # type: ignore[index]
    await street.post("operator", "requests", f"{path}/assistance/{assistance}/start", {})
    await street.until(lambda: street.of("task.confirmed", client_id=HERE))
    (task,) = street.of("task.ordered", client_id=HERE)
    sealed = {
        "request_id": f"{WORD}-sealed",
        "authority": "A court",
        "kind": "law_enforcement",
        "legal_basis": "A law",
        "received_at": now,
        "client_id": HERE,
        "text": f"All of {WORD}.",
        "ban": {"text": "Secrecy"},
    }
    await street.post("operator", "requests", "/authority-requests", sealed)
    return {
        ("requests", "client_id"): HERE,
        ("console", "client_id"): HERE,
        ("requests", "request_id"): request,
        ("requests", "instruction_id"): str(given["instruction_id"]),
        ("requests", "assistance_id"): assistance,
        ("requests", "answer_id"): answer,
        ("requests", "sha256"): sha256(PAPER).hexdigest(),
        ("requests/sealed", "request_id"): f"{WORD}-sealed",
        ("requests", "order_id"): str(task["order_id"]),
        ("holder", "order_id"): str(task["order_id"]),
    }


async def _hand_in(street: Street, who: str, service: str, path: str, **query: str) -> None:
    headers = street.authorized(who) | {"Content-Type": "application/octet-stream"}
    async with street.http.post(street.house.url(service) + path, params=query, data=PAPER, headers=headers) as answer:
        assert answer.ok, await answer.text()


def key() -> dict[str, str]:
    """A fresh Idempotency-Key."""
    return {"Idempotency-Key": str(uuid4())}
