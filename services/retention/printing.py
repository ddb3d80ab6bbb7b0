"""A certificate on paper: the same in words, with the signed JSON attached. A pure function of the document."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final, cast

from pydantic_core import from_json

from chassis.paper import Paper

Json = Mapping[str, object]
Column = tuple[str, float]
_ATTACHED: Final = "certificate.json"
_WHAT: Final[tuple[Column, ...]] = (("category", 34), ("holder", 34))
_COMPLETE: Final = "Complete: everything that is listed is deleted."
_PARTIAL: Final = "Not complete: below is what is held, what is not confirmed and what could not be reached."
_VERIFY: Final = (
    "The certificate itself is the file certificate.json, attached to this PDF; these pages repeat it in words. Save "
    "it (readers list it under the paper clip), take the processor's public key from the processor (its API gives it "
    "at /certificate-key), and run: dutiful certificate verify certificate.json --key certificate-key.pub. That needs "
    "no service and no network. Letters that are neither Latin, Greek nor Cyrillic stand here as a question mark."
)
_SIGNATURE_MM: Final = 60.0


def pdf_of(document: str) -> bytes:
    """The PDF of a signed certificate."""
    read = from_json(document)
    said, signature = read["certificate"], read["signature"]
    paper = Paper(f"Certificate of deletion {said['certificate_id']}")
    paper.set_creation_date(datetime.fromisoformat(said["made_at"]))
    paper.set_title(f"Certificate of deletion {said['certificate_id']}")
    _head(paper, said)
    for title, columns, rows in _tables(said):
        if rows:
            paper.heading(title)
            paper.grid(columns, rows)
    paper.heading("Signature, and how to verify it", room=_SIGNATURE_MM)
    paper.facts([(name.replace("_", " "), str(signature[name])) for name in ("algorithm", "key_id", "value")])
    paper.ln(2)
    paper.line_of(_VERIFY, size=8)
    paper.embed_file(basename=_ATTACHED, bytes=document.encode(), mime_type="application/json")
    return bytes(paper.output())


def _head(paper: Paper, said: Json) -> None:
    processor, client, agreement = (cast("Json", said[name]) for name in ("processor", "client", "agreement"))
    paper.line_of("Certificate of deletion", size=18, bold=True)
    paper.line_of(_COMPLETE if said["complete"] else _PARTIAL, size=10, bold=True, after=3)
    paper.facts(
        [
            ("Processor", f"{processor['name']}, {processor['registered_as']}, {processor['postal_address']}"),
            ("Client", f"{client['name']} ({client['client_id']})"),
            ("Agreement", f"{agreement['id']}, version {agreement['version']}, clause {said['clause']}"),
            ("Contract ended on", str(said["terminated_on"])),
            ("Choice", _choice(cast("Json", said["choice"]))),
            ("Certificate", str(said["certificate_id"])),
            ("Made at", _instant(said["made_at"])),
        ]
    )


def _choice(choice: Json) -> str:
    if choice["choice"] is None:
        return "none yet"
    on = f" on {choice['on']}" if "on" in choice else ""
    return f"{choice['choice']}, by {choice['by']}{on}"


def _tables(said: Json) -> list[tuple[str, Sequence[Column], list[tuple[str, ...]]]]:
    def rows(name: str) -> list[Json]:
        return cast("list[Json]", said[name])

    return [
        (
            "Deleted",
            (*_WHAT, ("records", 14), ("method", 20), ("finished at", 20), ("confirmed by", 32), ("second look", 20)),
            [_deleted(line, each) for line in rows("deleted") for each in cast("list[Json]", line["confirmations"])],
        ),
        (
            "Held, and why",
            (*_WHAT, ("until", 20), ("held by", 46), ("because", 40)),
            [(*_named(each), _text(each["until"]) or "open", _holds(each), _because(each)) for each in rows("held")],
        ),
        (
            "Not confirmed",
            (*_WHAT, ("ordered at", 20), ("what", 36), ("reminders", 16), ("what the holder said", 34)),
            [_open(each) for each in rows("not_confirmed")],
        ),
        (
            "Could not be reached",
            (*_WHAT, ("what", 106)),
            [(*_named(each), _text(each["what"])) for each in rows("not_reached")],
        ),
        (
            "No own system was declared for",
            (("category", 174),),
            [(str(each),) for each in cast("list[str]", said["no_holder_declared"])],
        ),
        (
            "Returned before it was deleted",
            (("holder", 34), ("SHA-256 of the package", 94), ("downloaded at", 20), ("acknowledged at", 26)),
            [_returned(each) for each in rows("returned")],
        ),
    ]


def _deleted(line: Json, each: Json) -> tuple[str, ...]:
    look = cast("Json | None", line["second_look"])
    by = "; ".join(filter(None, (_text(each["confirmed_by"]), _text(each.get("evidence")))))
    return (
        *_named(line),
        _text(each["count"]),
        _text(each["method"]).replace("_", " "),
        _instant(each["finished_at"]),
        by,
        f"nothing left, {_instant(look['at'])}" if look else "none",
    )


def _open(line: Json) -> tuple[str, ...]:
    return (
        *_named(line),
        _instant(line["ordered_at"]),
        *(_text(line[name]) for name in ("what", "reminders", "failure")),
    )


def _returned(package: Json) -> tuple[str, ...]:
    instants = (_instant(package[name]) for name in ("downloaded_at", "acknowledged_at"))
    return (_text(package["holder"]), _text(package["package_sha256"]), *instants)


def _named(line: Json) -> tuple[str, str]:
    """The category and the holder as people call them."""
    return _text(line.get("label", line["category"])), _text(line.get("holder_name", line["holder"]))


def _holds(line: Json) -> str:
    return "; ".join(f"{each['hold']} ({each['legal_basis']})" for each in cast("list[Json]", line["held_by"]))


def _because(line: Json) -> str:
    return "; ".join(cast("list[str]", line["because"]))


def _text(value: object) -> str:
    return "" if value is None else str(value)


def _instant(value: object) -> str:
    """To the minute, which the JSON tells exactly."""
    if value is None:
        return ""
    at = datetime.fromisoformat(str(value))
    return f"{at:%Y-%m-%d %H:%M} {at:%Z}".replace("UTC+00:00", "UTC").strip()
