"""The dossier on paper, in words that a person hands to an authority; the JSON is attached (BRE-4). Pure."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from pydantic_core import to_json

from breach.authority.document import Document
from chassis.paper import Paper
from contracts.breach import Standing

Column = tuple[str, float]
Table = tuple[str, Sequence[Column], list[tuple[str, ...]]]
_ATTACHED: Final = "dossier.json"
_WORDS: Final = {
    "detector": "noticed by monitoring",
    "operator": "noticed by staff",
    "subprocessor": "notified by a sub-processor",
    "suspected": "suspected, not established",
    "established": "established, being handled",
    "closed": "closed",
    "dismissed": "dismissed: it was no breach",
    "initial": "an initial notification, to be completed",
    "complementary": "a complementary notification, to be completed further",
    "complete": "a complete notification",
    "containment": "to contain it",
    "investigation": "to investigate it",
    "cause": "the cause",
    "remedy": "to remedy it",
    "notified": "notified",
    "not_notified": "not to be notified, by decision",
}


def paper_of(document: Document) -> bytes:
    """The PDF of a dossier, with its JSON attached."""
    title = f"Personal data breach {document['incident_id']}"
    zone = ZoneInfo(document["zone"])
    paper = Paper(f"{title}, dossier of {_on(document['made_at'], zone)}")
    paper.set_creation_date(datetime.fromisoformat(document["made_at"]))
    paper.set_title(title)
    paper.line_of("Notification of a personal data breach", size=18, bold=True)
    paper.line_of(
        f"{document['incident_id']}, for the supervisory authority: {document['authority']}", size=11, after=3
    )
    paper.line_of(_lacking(document), size=10, bold=True, after=3)
    paper.facts(_facts(document, zone))
    for name, columns, rows in _tables(document, zone):
        if rows:
            paper.heading(name)
            paper.grid(columns, rows)
    for nth, each in enumerate(document["notifications"], 1):
        _notification(paper, document, nth, each, zone)
    paper.embed_file(basename=_ATTACHED, bytes=to_json(document), mime_type="application/json")
    return bytes(paper.output())


def _lacking(document: Document) -> str:
    """What a complete notification still needs, as the law asks for it."""
    asked = [each["asked_for"] for each in document["elements"] if each["missing"]]
    if not asked:
        return "It holds everything that a complete notification needs."
    return f"Still missing for a complete notification: {'; '.join(asked)}."


def _facts(document: Document, zone: ZoneInfo) -> list[tuple[str, str]]:
    processor, severity = document["processor"], document["severity"]
    told, exempt = document["clients_told"], document["clients_exempt"]
    affected = document["clients_affected"] - exempt
    return [
        ("Processor", f"{processor['name']}\n{processor['registered_as']}\n{processor['postal_address']}"),
        ("As it stands", f"{_word(document['status'])}; sent now it would be {_word(document['would_be'])}"),
        ("What happened", document["description"]),
        ("Where", ", ".join(document["where"]) or "at the processor"),
        ("Which data", "; ".join(document["data"]) or "not known yet"),
        ("Detected", f"{_at(document['detected_at'], zone)}, {_word(document['origin'])}"),
        ("Known since", _at(document["aware_at"], zone) if document["aware_at"] else "not known to be a breach yet"),
        (
            "Clients told",
            f"{told} of {affected} controllers"
            + (f", all since {_at(document['told_at'], zone)}" if document["told_at"] else "")
            + (f"; {exempt} that caused it told nothing" if exempt else ""),
        ),
        *([("Severity", f"{severity['score']:g}, {_word(severity['severity'])} (ENISA 2013)")] if severity else []),
        ("Times are of", zone.key),
        ("Made", _at(document["made_at"], zone)),
    ]


def _tables(document: Document, zone: ZoneInfo) -> list[Table]:
    to = {each["clock"]: each["to"] for each in document["clocks"]}
    return [
        (
            "What the law asks for",
            (("asked for", 56), ("standing", 24), ("what is known", 94)),
            [_element(each) for each in document["elements"]],
        ),
        (
            "What was done",
            (("when", 36), ("what for", 24), ("by whom", 28), ("what", 86)),
            [
                (_at(each["taken_at"], zone), _word(each["kind"]), each["taken_by"], each["text"]["en"])
                for each in document["steps"]
            ],
        ),
        (
            "What the clients were told in phases",
            (("number", 14), ("told", 36), ("as it stood", 36), ("what", 88)),
            [_update(each, zone) for each in document["updates"]],
        ),
        (
            "Until when authorities must be told",
            (("whom, by which law", 80), ("until", 40), ("how it stands", 54)),
            [_clock(each, zone) for each in document["clocks"]],
        ),
        (
            "Decisions whether to notify",
            (("whom", 60), ("decision", 20), ("by whom", 30), ("reason", 64)),
            [
                (
                    to.get(clock, clock),
                    "notify" if each["notify"] else "don't notify",
                    each["decided_by"],
                    each["reason"],
                )
                for clock, each in document["decisions"].items()
            ],
        ),
        (
            "How severe it is, by the method of ENISA (2013)",
            (("choice and reason", 174),),
            [(_word(each),) for each in (document["severity"] or {"because": []})["because"]],
        ),
    ]


def _notification(paper: Paper, document: Document, nth: int, sent: Document, zone: ZoneInfo) -> None:
    """One notification, with all that it held then."""
    to = {each["clock"]: each["to"] for each in document["clocks"]}
    asked = {each["code"]: each["asked_for"] for each in document["elements"]}
    paper.heading(f"Notification {nth}, sent {_at(sent['submitted_at'], zone)}", room=50)
    missing: str = "; ".join(asked.get(each, each) for each in sent["missing"])
    paper.facts(
        [
            ("To", str(to.get(sent["clock"], sent["clock"]))),
            ("What it was", _word(sent["kind"])),
            ("By", sent["submitted_by"]),
            *([("Its reference", sent["reference"])] if sent["reference"] else []),
            ("It lacked", missing or "nothing"),
        ]
    )
    rows = [(asked.get(code, code), *_known(entry)) for code, entry in sent["entries"].items()]
    if rows:
        paper.ln(2)
        paper.grid((("what it held", 56), ("standing", 24), ("what was known then", 94)), rows)


def _element(each: Document) -> tuple[str, ...]:
    asked = f"{_begun(each['asked_for'])} ({each['clause']})"
    if each["entered"] is None:
        return (asked, "MISSING" if each["missing"] else "not needed", "")
    return (asked, *_known(each["entered"]))


def _known(entry: Document) -> tuple[str, str]:
    """How well it is known, and what."""
    standing, number = entry["standing"], entry["number"]
    about = "about " if standing == Standing.APPROXIMATE else ""
    said = [
        *([] if number is None else [f"{about}{number:,}"]),
        *[_word(each) for each in entry["choices"]],
        *([entry["text"]["en"]] if entry["text"] else []),
    ]
    return standing, "; ".join(said) or "not known yet"


def _update(each: Document, zone: ZoneInfo) -> tuple[str, ...]:
    corrects = f"Corrects number {each['corrects']}. " if each["corrects"] else ""
    overtaken = f"Of an earlier state than number {each['overtaken_by']}. " if each["overtaken_by"] else ""
    told, stood = _at(each["said_at"], zone), _at(each["as_of"], zone)
    return str(each["number"]), told, stood, corrects + overtaken + each["text"]["en"]


def _clock(each: Document, zone: ZoneInfo) -> tuple[str, ...]:
    confirm = "; whether it binds is to be confirmed" if each["to_confirm"] else ""
    state = _word(each["stopped_why"]) if each["stopped_why"] else "open"
    late = ", LATE" if each["missed"] else ""
    return f"{_begun(each['to'])} ({each['clause']}{confirm})", _at(each["due_at"], zone), state + late


def _word(code: str) -> str:
    """A code of ours in words; one of the agreement's reads well enough without its underscores."""
    return _WORDS.get(code, code.replace("_", " "))


def _begun(text: str) -> str:
    return text[:1].upper() + text[1:]


def _at(instant: str, zone: ZoneInfo) -> str:
    at = datetime.fromisoformat(instant).astimezone(zone)
    return f"{at.day} {at:%B %Y, %H:%M}"


def _on(instant: str, zone: ZoneInfo) -> str:
    return _at(instant, zone).partition(",")[0]
