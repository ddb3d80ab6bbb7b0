"""The dossier for an authority (BRE-4, GDPR art. 33(3)): what it must hold, what is missing, what a notification is."""

from collections.abc import Container, Mapping, Sequence
from typing import Final, NamedTuple

from agreement.duties import Element
from agreement.schema import Agreement
from contracts.breach import Entry, Standing, StepKind, Words
from contracts.incident import Submission

Entries = Mapping[str, Entry]
"""What is entered, by the element's code."""


class Done(NamedTuple):
    """A step that was logged."""

    kind: StepKind
    text: Words


_MOST: Final = 10_000
"""What words hold at most."""
_MEASURES: Final = {StepKind.CONTAINMENT, StepKind.REMEDY}


def filled(agreement: Agreement, entries: Entries, steps: Sequence[Done]) -> dict[str, Entry]:
    """What is entered, and where nothing is, what is known all the same.

    The contact is the agreement's; the cause and the measures are the steps that were logged of it (BRE-3). So closing,
    the register and the dossier never differ on what there is.
    """
    known = {
        "contact": Words(en=contact_of(agreement)),
        "cause": _told(steps, {StepKind.CAUSE}),
        "measures": _told(steps, _MEASURES),
    }
    found = {code: Entry(code=code, text=words) for code, words in known.items() if words is not None}
    return {**found, **{code: entry for code, entry in entries.items() if code not in found or is_known(entries, code)}}


def _told(steps: Sequence[Done], kinds: Container[StepKind]) -> Words | None:
    texts = [each.text for each in steps if each.kind in kinds]
    if not texts:
        return None
    french = [each.fr or each.en for each in texts] if any(each.fr for each in texts) else []
    return Words(en=_joined([each.en for each in texts]), fr=_joined(french) if french else None)


def _joined(texts: Sequence[str]) -> str:
    whole = " ".join(texts)
    return whole if len(whole) <= _MOST else whole[: _MOST - 1] + "…"


def contact_of(agreement: Agreement) -> str:
    """Whom to call: by telephone or email, or where the agreement has neither, by post."""
    contact = agreement.breach.contact
    ways = [way for way in (contact.telephone, contact.email) if way is not None]
    return ", ".join([contact.name, *(ways or [agreement.processor.postal_address])])


def merge(entries: Entries, fresh: Sequence[Entry]) -> dict[str, Entry]:
    """What is entered once these are too: what is entered again replaces what was there."""
    return {**entries, **{entry.code: entry for entry in fresh}}


def why_not(agreement: Agreement, fresh: Sequence[Entry]) -> tuple[str, str] | None:
    """The field of the first entry that can't be one, and why; None: all can."""
    elements = {each.code: each for each in agreement.breach.dossier}
    for nth, entry in enumerate(fresh):
        element = elements.get(entry.code)
        if element is None:
            return f"entries[{nth}].code", f"{entry.code!r} is no element; there are {', '.join(elements)}"
        if strange := _strange(element, entry):
            return f"entries[{nth}].{strange[0]}", strange[1]
    return None


def _strange(element: Element, entry: Entry) -> tuple[str, str] | None:
    if entry.standing is Standing.UNKNOWN:
        filled = entry.number is not None or entry.choices
        return ("standing", "what is unknown has neither a number nor choices") if filled else None
    if entry.number is not None and not element.counted:
        return "number", f"{element.code} is not counted"
    unknown = sorted(set(entry.choices) - set(element.choices))
    if unknown:
        known = f"one of {', '.join(element.choices)}" if element.choices else "none"
        return "choices", f"{', '.join(unknown)} is no choice of {element.code}; it has {known}"
    if entry.number is None and entry.text is None and not entry.choices:
        return "text", f"{element.code} says nothing: give words, a number, or standing unknown"
    return None


def missing(agreement: Agreement, entries: Entries, *, late: bool) -> tuple[str, ...]:
    """The codes of what a complete notification still needs, in the order of the agreement.

    Approximate is enough ("where possible"); unknown is not, and a number must be there where one is counted.
    """
    needed = [each for each in agreement.breach.dossier if late or not each.only_if_late]
    return tuple(each.code for each in needed if not _holds(each, entries.get(each.code)))


def _holds(element: Element, entry: Entry | None) -> bool:
    if entry is None or entry.standing is Standing.UNKNOWN:
        return False
    return (entry.number is not None or not element.counted) and (bool(entry.choices) or not element.choices)


def submission(missing: Sequence[str], before: int) -> Submission:
    """What a notification is, with so much missing and after so many others."""
    if not missing:
        return Submission.COMPLETE
    return Submission.COMPLEMENTARY if before else Submission.INITIAL


def is_known(entries: Entries, code: str) -> bool:
    """Whether an element is entered, known or approximately."""
    entry = entries.get(code)
    return entry is not None and entry.standing is not Standing.UNKNOWN
