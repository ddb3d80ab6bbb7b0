"""§4.1: who works for whom: a chain of sub-processors hangs on what is listed, and on nothing that leaves. Pure."""

from collections.abc import Mapping

from contracts.change import ChangeKind
from subprocessor_registry.changes import Listed
from subprocessor_registry.reasons import Reason, ReasonCode


def weigh_parent(subprocessor_id: str, parent_id: str | None, chains: Mapping[str, Listed]) -> Reason | None:
    """§4.1: why a sub-processor can't work for this one; None: it can, or works for nobody but the processor.

    `chains` is all that is listed or planned.
    """
    if parent_id is None:
        return None
    names = {"parent_id": parent_id}
    if parent_id == subprocessor_id:
        return Reason(ReasonCode.OWN_PARENT, names)
    parent = chains.get(parent_id)
    if parent is None or parent.facts is None:
        return Reason(ReasonCode.PARENT_UNLISTED, names)
    if parent.planned is not None and parent.planned.kind is ChangeKind.REMOVAL:
        return Reason(ReasonCode.PARENT_LEAVES, names | {"change_id": parent.planned.change_id})
    if subprocessor_id in _above(parent_id, chains):
        return Reason(ReasonCode.PARENT_BELOW, names)
    return None


def children_of(subprocessor_id: str, chains: Mapping[str, Listed]) -> list[str]:
    """The sub-processors that work for this one, or are planned to, in order."""
    return sorted(each for each, listed in chains.items() if subprocessor_id in _parents(listed))


def _above(subprocessor_id: str, chains: Mapping[str, Listed]) -> set[str]:
    """All whom a sub-processor works for through others, by the list or by what is planned."""
    above: set[str] = set()
    rest = [subprocessor_id]
    while rest:
        listed = chains.get(rest.pop())
        fresh = _parents(listed) - above if listed is not None else set()
        above |= fresh
        rest += fresh
    return above


def _parents(listed: Listed) -> set[str]:
    planned = listed.planned
    stays = planned.facts if planned is not None and planned.kind is not ChangeKind.REMOVAL else None
    return {facts.parent_id for facts in (listed.facts, stays) if facts is not None and facts.parent_id is not None}
