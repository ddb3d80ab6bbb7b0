"""What clients are told of a breach (§6, §15): words and dates, no statement. A frightened person must understand it.

A fact `name.fr` is said in French instead of `name`. What nobody knows yet is the code `unknown`, for which each
language has words.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from agreement.schema import Agreement
from breach.authority.dossier import Entries, contact_of
from contracts.breach import Entry, Standing, Words

Facts = dict[str, str | tuple[str, ...]]
UNKNOWN: Final = "unknown"
LAST: Final[Facts] = {"last": "yes", "more_to_come": ""}
"""Nothing more is to come."""


@dataclass(frozen=True, slots=True)
class Picture:
    """An incident as it stands, as far as clients are told."""

    incident_id: str
    description: Words
    detected_at: datetime
    aware_at: datetime
    subprocessors: tuple[str, ...]
    data_categories: tuple[str, ...]
    entries: Entries
    advice: Words | None
    next_at: datetime | None
    steps: Sequence[tuple[datetime, Words]]
    updates: Sequence[Words]


@dataclass(frozen=True, slots=True)
class Late:
    """A notice that comes after its clock was over, and the reason where somebody gave one."""

    due_at: datetime
    reason: Words | None


def facts_of(agreement: Agreement, picture: Picture, late: Late | None) -> Facts:
    """What happened, what it means, what was done, what one can do, when one hears next, whom to call."""
    breach, zone = agreement.breach, agreement.zone
    facts: Facts = {
        "incident_id": picture.incident_id,
        "data_categories": (UNKNOWN,),
        "authority": breach.authority,
        "more_to_come": "yes",
        "no_admission": breach.no_admission.en,
        "no_admission.fr": breach.no_admission.fr,
        "advice": breach.advice.en,
        "advice.fr": breach.advice.fr,
        "contact_point": contact_of(agreement),
        "write_to": f"{agreement.processor.name}, {agreement.processor.postal_address}",
        "data_subjects": _number(picture.entries.get("data_subjects")),
        "records": _number(picture.entries.get("records")),
        **moment("detected", picture.detected_at, zone),
        **moment("aware", picture.aware_at, zone),
    }
    if picture.subprocessors:
        facts["at_subprocessors"] = picture.subprocessors
    if picture.next_at is not None:
        facts |= moment("next", picture.next_at, zone) | {"more_to_come": ""}
    labels = {each.code: Words(en=each.label, fr=each.label_fr) for each in agreement.data_categories}
    _put_all(facts, "data_categories", [labels[each] for each in picture.data_categories if each in labels])
    _put(facts, "contact_point", _words(picture.entries.get("contact")))
    _put(facts, "nature", _words(picture.entries.get("nature")) or picture.description)
    _put(facts, "consequences", _words(picture.entries.get("consequences")) or Words(en=UNKNOWN))
    _put(facts, "advice", picture.advice)
    _put_steps(facts, picture, zone)
    _put_all(facts, "so_far", picture.updates)
    if late is not None:
        facts |= moment("due", late.due_at, zone)
        _put(facts, "delay", late.reason or Words(en=UNKNOWN))
    return facts


def facts_of_update(
    number: int, text: Words, corrects: tuple[int, Words] | None, overtaken_by: int | None, *, last: bool
) -> Facts:
    """BRE-2: the number of an update, what changed, what it corrects, and whether a later one holds instead."""
    facts: Facts = {"update_number": str(number)}
    _put(facts, "changed", text)
    if corrects is not None:
        facts["corrects"] = str(corrects[0])
        _put(facts, "corrected", corrects[1])
    if last:
        facts |= LAST
    if overtaken_by is not None:
        facts["overtaken_by"] = str(overtaken_by)
    return facts


def _put(facts: Facts, name: str, words: Words | None) -> None:
    if words is None:
        return
    facts.pop(f"{name}.fr", None)
    facts[name] = words.en
    if words.fr is not None:
        facts[f"{name}.fr"] = words.fr


def _put_all(facts: Facts, name: str, every: Sequence[Words]) -> None:
    if every:
        facts[name] = tuple(words.en for words in every)
        facts[f"{name}.fr"] = tuple(words.fr or words.en for words in every)


def _put_steps(facts: Facts, picture: Picture, zone: ZoneInfo) -> None:
    measures = _words(picture.entries.get("measures"))
    told = [
        Words(
            en=f"{at.astimezone(zone):%Y-%m-%d %H:%M}: {words.en}",
            fr=f"{at.astimezone(zone):%Y-%m-%d %H:%M} : {words.fr or words.en}",
        )
        for at, words in picture.steps
    ]
    _put_all(facts, "measures", [*told, *([measures] if measures else [])])


def _words(entry: Entry | None) -> Words | None:
    return None if entry is None or entry.standing is Standing.UNKNOWN else entry.text


def _number(entry: Entry | None) -> str:
    """`about` is a sign that every language reads."""
    if entry is None or entry.number is None:
        return UNKNOWN
    return f"≈ {entry.number}" if entry.standing is Standing.APPROXIMATE else str(entry.number)


def moment(name: str, at: datetime, zone: ZoneInfo) -> Facts:
    """A day, which each language writes in its own way, and the time of that day."""
    local = at.astimezone(zone)
    return {f"{name}_on": f"{local:%Y-%m-%d}", f"{name}_time": f"{local:%H:%M} ({zone.key})"}
