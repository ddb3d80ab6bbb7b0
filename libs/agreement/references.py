"""What in an agreement file points to something else in it must find it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from agreement.schema import Agreement


@dataclass(frozen=True, slots=True)
class Broken:
    """A reference to nothing, or a name given twice."""

    path: str
    what: str
    remedy: str


def broken_references(agreement: Agreement) -> Iterator[Broken]:
    """Every reference that finds nothing, and every name that is given twice."""
    yield from _periods(agreement)
    yield from _list(agreement)
    yield from _retention(agreement)
    for path, names in _names(agreement).items():
        yield from (_twice(f"{path}[{index}]", name) for index, name in enumerate(names) if name in names[:index])
    mitigation = agreement.mitigation
    yield from _known("mitigation.barred_if_accepted", mitigation.barred_if_accepted, mitigation.kinds)
    yield from _known("termination.default", [agreement.termination.default], agreement.termination.choices)
    classes = [each.code for each in agreement.user_classes.classes]
    yield from _known("sub_processing.list_visible_to", agreement.sub_processing.list_visible_to, classes)


def _periods(agreement: Agreement) -> Iterator[Broken]:
    for name, period in agreement.periods.each().items():
        used = [] if period.calendar is None else [period.calendar]
        yield from _known(f"periods.{name}.calendar", used, agreement.calendars)
        yield from _known(f"periods.{name}.convention", [period.convention], agreement.conventions)


def _list(agreement: Agreement) -> Iterator[Broken]:
    ids = [each.id for each in agreement.sub_processors]
    categories = [each.code for each in agreement.data_categories]
    mechanisms = [each.code for each in agreement.transfers.mechanisms]
    for index, each in enumerate(agreement.sub_processors):
        path = f"sub_processors[{index}]"
        yield from _known(f"{path}.parent_id", [] if each.parent_id is None else [each.parent_id], ids)
        yield from _known(f"{path}.data_categories", each.data_categories, categories)
        yield from _known(f"{path}.transfer.mechanism", [each.transfer.mechanism], mechanisms)


def _retention(agreement: Agreement) -> Iterator[Broken]:
    categories = [each.code for each in agreement.data_categories]
    holds = [each.code for each in agreement.holds]
    for index, rule in enumerate(agreement.retention):
        yield from _known(f"retention[{index}].category", [rule.category], categories)
        yield from _known(f"retention[{index}].holds", rule.holds, holds)
    bases = [each.code for each in agreement.legal_bases]
    for index, hold in enumerate(agreement.holds):
        yield from _known(f"holds[{index}].legal_basis", [hold.legal_basis], bases)


def _names(agreement: Agreement) -> dict[str, list[str]]:
    return {
        "sub_processors": [each.id for each in agreement.sub_processors],
        "measures": [each.id for each in agreement.measures],
        "data_categories": [each.code for each in agreement.data_categories],
        "retention": [each.category for each in agreement.retention],
        "holds": [each.code for each in agreement.holds],
        "legal_bases": [each.code for each in agreement.legal_bases],
        "objection.grounds": [each.code for each in agreement.objection.grounds],
        "transfers.mechanisms": [each.code for each in agreement.transfers.mechanisms],
        "notices.receipts": [each.channel for each in agreement.notices.receipts],
        "breach.dossier": [each.code for each in agreement.breach.dossier],
        "breach.authority_clocks": [each.code for each in agreement.breach.authority_clocks],
        "audit.gates": [each.code for each in agreement.audit.gates],
        "cooperation.items": [each.code for each in agreement.cooperation.items],
        "user_classes.classes": [each.code for each in agreement.user_classes.classes],
    }


def _known(path: str, used: Iterable[str], known: Iterable[str]) -> Iterator[Broken]:
    names = sorted(known)
    for name in sorted(set(used) - set(names)):
        yield Broken(path, f"{name!r} is named here and nowhere defined", f"use one of {', '.join(names)}, or add it")


def _twice(path: str, name: str) -> Broken:
    return Broken(path, f"{name!r} is there already", "give each its own name")
