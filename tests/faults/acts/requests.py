"""What data subjects and authorities ask, what clients instruct, what is answered; help with it (§2.3, §3.2, §9)."""

from collections.abc import Iterable

from tests.faults.acts.clients import VAULT
from tests.faults.bus import Bus
from tests.faults.stream import Cast, Said, at, say

UNMATCHED = "dsar-unmatched"


def requests(act: int, cast: Cast, bus: Bus) -> Iterable[Said]:
    """From the second act on."""
    for n, client_id in enumerate(cast.client_ids):
        yield from _request(act, n, client_id)
        if n % 4 == 0:
            yield from _sealed(act, f"auth-{n}", client_id, lifted=n % 8 == 0)
            yield from _help(act, n, client_id)
    match act:
        case 2:
            yield say("dsar.received", request_id=UNMATCHED, received_at=at(2), client_id=None, text="Who has my data?")
        case 3:
            yield say("handling.client_named", request_id=UNMATCHED, client_id=cast.client_ids[0])
        case 8:
            yield from _tasks(bus)
        case 9:
            for each in bus.of("task.confirmed"):
                if each["holder_id"] == VAULT and each.get("package"):
                    of = {name: each[name] for name in ("order_id", "holder_id", "client_id")}
                    yield say("task.downloaded", downloaded_at=at(9), **of)
                    yield say("task.acknowledged", received_at=at(9), **of)
        case _:
            pass


def _request(act: int, n: int, client_id: str) -> Iterable[Said]:
    request_id, of = f"dsar-{n}", {"client_id": client_id, "instruction_id": f"inst-{n}"}
    words = {"channel": "email", "given_by": "DPO", "text": "Answer.", "purpose": "to answer"}
    match act:
        case 2:
            yield say("dsar.received", request_id=request_id, client_id=client_id, received_at=at(2))
        case 3:
            yield say("handling.taken", request_id=request_id)
            yield say("handling.answer_drafted", request_id=request_id, answer_id=f"answer-{n}")
            yield say("instruction.given", request_id=request_id, said=words | {"received_at": at(3)}, **of)
        case 4 if n % 4 == 1:
            yield say("instruction.amended", said=words | {"received_at": at(4), "text": "Answer shortly."}, **of)
        case 4 if n % 4 == 2:
            yield say("instruction.doubted", **of)
        case 4 if n % 4 == 3:
            yield say("instruction.withdrawn", received_at=at(4), **of)
        case 5 if n % 4 == 2:
            yield say("instruction.confirmed", received_at=at(5), **of)
        case 6 | 12 if (act == 12) == (n % 4 == 0):
            answer = {"request_id": request_id, "answer_id": f"answer-{n}", "instruction_id": f"inst-{n}"}
            yield say("handling.send_requested", **answer)
        case 8 if n % 4 == 0:
            asked = {"assistance_id": f"help-{n}", "subprocessor_id": "deeptranscript"}
            yield say("handling.sub_processor_asked", request_id=request_id, **asked)
        case 10 if n % 4 == 3:
            yield say("handling.closed", request_id=request_id)
        case _:
            pass


def _sealed(act: int, request_id: str, client_id: str, *, lifted: bool) -> Iterable[Said]:
    ban = {"text": "Secrecy of the investigation", "until": "2026-05-08"}
    match act:
        case 2:
            yield say("authority.requested", request_id=request_id, client_id=client_id, received_at=at(2), ban=ban)
        case 3:
            yield say("authority.ban_extended", request_id=request_id, ban=ban | {"until": "2026-06-10"})
        case 5 if lifted:
            yield say("authority.ban_lifted", request_id=request_id)
        case _:
            pass


def _help(act: int, n: int, client_id: str) -> Iterable[Said]:
    of = {"request_id": f"dsar-{n}", "assistance_id": f"help-{n}"}
    match act:
        case 4:
            person = [{"kind": "phone", "value": f"+3361234567{n % 10}"}]
            asked = {"instruction_id": f"inst-{n}", "client_id": client_id}
            yield say("dsar.assistance_requested", received_at=at(4), identifiers=person, **of, **asked)
        case 5:
            yield say("dsar.quote_offered", **of)
        case 6:
            yield say("dsar.quote_answered", client_id=client_id, received_at=at(6), **of)
        case 7:
            yield say("dsar.assistance_started", **of)
        case _:
            pass


def _tasks(bus: Bus) -> Iterable[Said]:
    """The vault answers: it fails first at what it is asked to hand out, and then does it."""
    for order in bus.of("task.ordered"):
        if order["holder_id"] == VAULT:
            of = {name: order[name] for name in ("order_id", "holder_id", "client_id")}
            if order["act"] == "find":
                yield say("task.failed", failed_at=at(7.5), reason="The index is being rebuilt", **of)
            yield say("task.confirmed", act=order["act"], started_at=at(7.6), finished_at=at(7.7), **of)
