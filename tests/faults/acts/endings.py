"""Contracts end: choices, holds, returns, deletions, second looks, and what holders report (§8.3, Appendix A)."""

from collections.abc import Iterable

from tests.faults.acts.clients import VAULT
from tests.faults.bus import Bus
from tests.faults.stream import Cast, Said, at, begins_at, say


def endings(act: int, cast: Cast, bus: Bus) -> Iterable[Said]:
    """From the seventh act on; every third client leaves, and one comes back."""
    leaving = cast.client_ids[1::3]
    match act:
        case 7:
            yield say("hold.placed", hold_id="hold-1", client_id=leaving[0], categories=["call_recordings"])
        case 8:
            for client_id in leaving:
                today = begins_at(8).date().isoformat()
                yield say("contract.terminated", client_id=client_id, terminated_on=today)
        case 9:
            for order in _of_vault(bus, "cease.ordered"):
                yield say("cease.confirmed", ceased_at=at(8.5), confirmed_by=VAULT, **_same(order))
            for nth, client_id in enumerate(leaving):
                choice = "deletion" if nth % 2 else "return"
                yield say("choice.made", client_id=client_id, choice=choice, received_at=at(9))
        case 10:
            yield from _return(bus, stays=leaving[-1])
            yield say("contract.reinstated", client_id=leaving[-1], reinstated_on=begins_at(10).date().isoformat())
        case 11:
            for client_id in leaving[::2]:
                yield say("return.acknowledged", client_id=client_id, received_at=at(10.5))
            for order in _of_vault(bus, "return.ordered"):
                of = {name: order[name] for name in ("order_id", "client_id")}
                yield say("return.waived", received_at=at(10.6), **of)
                yield say("return.abandoned", declared_at=at(10.7), **of)
            yield say("hold.lifted", hold_id="hold-1", client_id=leaving[0])
            yield say("holder.reported", holder_id=VAULT, client_id=leaving[0], seen_at=at(10.2))
        case 12 | 13:
            yield from _deleted(act, bus)
        case 14:
            yield say("holder.restored", holder_id=VAULT, backup_taken_at=at(2), restored_at=at(13.5))
        case _:
            pass


def _return(bus: Bus, *, stays: str) -> Iterable[Said]:
    """The vault answers its orders, but not that of the client that comes back: which is heard first is open."""
    for order in [each for each in _of_vault(bus, "return.ordered") if each["client_id"] != stays]:
        of = _same(order)
        yield say("return.failed", failed_at=at(9.5), **of)
        done = {"started_at": at(9.6), "finished_at": at(9.7), "expires_at": order["available_until"]}
        yield say("return.confirmed", confirmed_by=VAULT, **done, **of)
        yield say("return.downloaded", downloaded_at=at(9.8), **of)


def _deleted(act: int, bus: Bus) -> Iterable[Said]:
    """The vault answers what it was ordered by now: once it can't, then it does; and it looks again."""
    answered = {str(each["order_id"]) for each in bus.of("erasure.confirmed")}
    looked = {str(each["order_id"]) for each in bus.of("erasure.checked")}
    for order in _of_vault(bus, "erasure.ordered"):
        if order["order_id"] not in answered:
            of = {name: order[name] for name in ("order_id", "holder_id")}
            yield say("erasure.failed", failed_at=at(act - 0.5), **of)
            done = {"started_at": at(act - 0.4), "finished_at": at(act - 0.3), "count": 3}
            yield say("erasure.confirmed", confirmed_by=VAULT, **done, **of)
    for order in _of_vault(bus, "erasure.check_ordered"):
        if order["order_id"] not in looked:
            of = {name: order[name] for name in ("order_id", "holder_id")}
            yield say("erasure.checked", checked_at=at(act - 0.2), **of)


def _of_vault(bus: Bus, event_type: str) -> list[dict[str, object]]:
    return [each for each in bus.of(event_type) if each["holder_id"] == VAULT]


def _same(order: dict[str, object]) -> dict[str, object]:
    return {name: order[name] for name in ("order_id", "holder_id", "client_id")}
