"""Incidents, from the first suspicion to the dossier and the end; one of them is opened again (§6)."""

from collections.abc import Iterable

from tests.faults.bus import Bus
from tests.faults.stream import Cast, Said, at, say


def breaches(act: int, cast: Cast, _: Bus) -> Iterable[Said]:
    """From the second act on; clocks run out before the ninth."""
    for n in range(cast.incidents):
        yield from _incident(act, n, f"inc-{n}", cast.client_ids[n % 2 :: 2])


def _incident(act: int, n: int, incident_id: str, named: list[str]) -> Iterable[Said]:
    text = {"en": f"More of act {act}.", "fr": f"Suite de l'acte {act}."}
    match act:
        case 2:
            aware_at = None if n % 2 else at(1.5)
            yield say(
                "breach.detected", incident_id=incident_id, detected_at=at(1), aware_at=aware_at, client_ids=named
            )
        case 3:
            # Its scope first: else those who are named may all have their receipt, on another topic, before it widens.
            yield say("breach.scoped", incident_id=incident_id, systems=["vault"], subprocessor_ids=None)
            if n % 2:
                yield say("breach.awareness_recorded", incident_id=incident_id, aware_at=at(2.5))
            yield say("breach.step_logged", incident_id=incident_id, step_id=f"{incident_id}-s1", taken_at=at(1.2))
            yield say("breach.dossier_entered", incident_id=incident_id)
            yield say("breach.severity_assessed", incident_id=incident_id)
        case 4:
            yield say("breach.authority_decided", incident_id=incident_id)
            yield say("breach.exempted", incident_id=incident_id, client_id=named[0])
        case 5:
            said = {"incident_id": incident_id, "update_id": f"{incident_id}-u1", "as_of": at(4.5), "next_at": at(7)}
            yield say("breach.updated", text=text, **said)
            yield say("breach.exemption_lifted", incident_id=incident_id, client_id=named[0])
            if n % 2:
                yield say("breach.authority_notified", incident_id=incident_id, submitted_at=at(5))
        case 6:
            yield say("breach.state_requested", incident_id=incident_id, client_id=named[0], received_at=at(5.5))
            yield say("breach.scope_corrected", incident_id=incident_id, systems=["vault"])
        case 9:
            yield say("breach.delay_explained", incident_id=incident_id, clock="gdpr_33")
            said = {"incident_id": incident_id, "update_id": f"{incident_id}-u2", "as_of": at(8), "next_at": at(10)}
            yield say("breach.updated", text=text, **said)
        case 10:
            absences = [{"what": what, "reason": "It is said elsewhere."} for what in ("cause", "last_update")]
            yield say("breach.closed", incident_id=incident_id, absences=absences)
        case 11 if n == 0:
            yield say("breach.reopened", incident_id=incident_id)
        case _:
            pass
