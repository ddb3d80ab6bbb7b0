"""What a message names must be there."""

from breach.course import incident_store
from breach.course.incident_store import Incident
from chassis.errors import Rejected
from chassis.transaction import Transaction


async def locked(tx: Transaction, incident_id: str) -> Incident:
    """The incident, and no other decision about it until the commit; an unknown one is the message's fault."""
    incident = await incident_store.lock_incident(tx, incident_id)
    if incident is None:
        raise Rejected(f"incident {incident_id!r} is unknown: publish breach.detected first", "incident_id")
    return incident
