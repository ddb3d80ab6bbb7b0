"""§4.3, §4.4: whether a sub-processor may be used for a client: by the list, and by where the client stands. Pure.

It may when it is on the list and every change that brought it there, or changed it there, is in effect for the client.
What is only planned takes nothing away; an objection stands until the client takes it back, agrees to a configuration,
or its change is over.
"""

from dataclasses import dataclass
from datetime import date
from typing import Final

from agreement.schema import Agreement
from contracts.change import ChangeKind
from contracts.permission import PermissionSet, Standing
from subprocessor_registry.decisions import Status

OBJECTING: Final = frozenset({Status.OBJECTED, Status.MITIGATION_OPEN, Status.MITIGATED})
"""Where an accepted objection keeps the sub-processor from the client's data."""


@dataclass(frozen=True, slots=True)
class Footing:
    """An addition or modification that is planned or on the list, and where the client stands with it."""

    change_id: str
    kind: ChangeKind
    on_list: bool
    status: Status
    in_effect_on: date | None


@dataclass(frozen=True, slots=True)
class Case:
    """A client and a sub-processor: whether both are there, and the changes that concern both, in their order."""

    client_id: str
    subprocessor_id: str
    active_from: date
    active: bool
    listed: bool
    footings: tuple[Footing, ...]


def permission_of(agreement: Agreement, case: Case) -> PermissionSet | None:
    """§4.3, §4.4: the last word on a client and a sub-processor; None: there is none, and it is barred by that."""
    if not case.active:
        return None
    counted = [footing for footing in case.footings if footing.on_list or not case.listed]
    objected = [footing for footing in counted if footing.status in OBJECTING]
    if objected:
        return _bar(agreement, case, objected[-1], "the client's objection was accepted")
    if not case.listed:
        return None
    waiting = [footing for footing in counted if footing.status is not Status.IN_EFFECT]
    if any(footing.kind is ChangeKind.ADDITION for footing in waiting):
        return None
    if waiting:
        reason = "its facts changed, and the time in which this client may object is not over"
        return _bar(agreement, case, waiting[-1], reason)
    return _permit(agreement, case)


def permit_listed(agreement: Agreement, client_id: str, subprocessor_id: str, on: date) -> PermissionSet:
    """§4.3: with its signature a client accepts the list as it stands, from the first day of its contract on."""
    return PermissionSet(
        client_id=client_id,
        subprocessor_id=subprocessor_id,
        standing=Standing.PERMITTED,
        permitted_from=on,
        reason="on the list when the client signed",
        clause=agreement.sub_processing.clause,
    )


def _permit(agreement: Agreement, case: Case) -> PermissionSet:
    """What took effect for the client last permits it; what did so under an earlier contract is the list it signed."""
    took = [
        (footing.in_effect_on, footing.change_id)
        for footing in case.footings
        if footing.in_effect_on is not None and footing.in_effect_on >= case.active_from
    ]
    if not took:
        return permit_listed(agreement, case.client_id, case.subprocessor_id, case.active_from)
    permitted_from, change_id = max(took, key=lambda each: each[0])
    return PermissionSet(
        client_id=case.client_id,
        subprocessor_id=case.subprocessor_id,
        standing=Standing.PERMITTED,
        permitted_from=permitted_from,
        reason="notice was received, the time to object is over, and no objection stands",
        clause=agreement.objection.clause,
        change_id=change_id,
    )


def _bar(agreement: Agreement, case: Case, footing: Footing, reason: str) -> PermissionSet:
    return PermissionSet(
        client_id=case.client_id,
        subprocessor_id=case.subprocessor_id,
        standing=Standing.BARRED,
        reason=reason,
        clause=agreement.objection.clause,
        change_id=footing.change_id,
    )
