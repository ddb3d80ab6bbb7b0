"""Sub-processors come, are corrected and go; clients object, and are offered something else (§4)."""

from collections.abc import Iterable

from tests.faults.bus import Bus
from tests.faults.stream import Cast, Said, at, say


def subprocessors(act: int, cast: Cast, bus: Bus) -> Iterable[Said]:
    """From the second act on."""
    match act:
        case 2:
            for n in range(cast.subprocessors):
                yield say("subprocessor.added", subprocessor_id=f"new-{n}", effective_on="2026-06-15")
                yield say("subprocessor.added", subprocessor_id=f"careless-{n}", written_agreement=None)
        case 3:
            for announced in bus.of("change.announced"):
                for client_id in cast.client_ids[::3]:
                    of = {"change_id": announced["change_id"], "client_id": client_id}
                    objection_id = f"obj-{announced['subprocessor_id']}-{client_id}"
                    yield say("objection.raised", objection_id=objection_id, received_at=at(3), **of)
        case 4:
            for nth, each in enumerate(_by(bus, "change.objection_accepted", "objection_id")):
                of = {"change_id": each["change_id"], "client_id": each["client_id"]}
                if nth % 4:
                    yield say("mitigation.offered", mitigation_id=f"mit-{each['objection_id']}", **of)
                else:
                    yield say("objection.withdrawn", received_at=at(4), **of)
        case 5:
            for nth, each in enumerate(_by(bus, "change.mitigation_opened", "mitigation_id")):
                of = {name: each[name] for name in ("mitigation_id", "change_id", "client_id")}
                yield say("mitigation.answered", accepted=bool(nth % 2), received_at=at(5), **of)
        case 6 if cast.subprocessors > 1:
            yield say("subprocessor.removed", subprocessor_id="new-1", effective_on="2026-07-20")
        case 12:
            yield say("subprocessor.corrected", subprocessor_id="new-0", name="New Zero SAS")
        case _:
            pass


def _by(bus: Bus, event_type: str, name: str) -> list[dict[str, object]]:
    """What was said, in an order that is the same in every run."""
    return sorted(bus.of(event_type), key=lambda each: str(each[name]))
