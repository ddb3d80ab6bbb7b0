"""A certificate on paper: the same in words, with the signed JSON attached. A pure function of the document."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final, cast

from pydantic_core import from_json

from chassis.paper import Paper

Json = Mapping[str, object]
_ATTACHED: Final = "certificate.json"
_NOTE: Final = (
    "This page repeats the attached certificate.json, which is the certificate: it is signed with Ed25519, and "
    "'dutiful certificate verify' checks it with the public key alone. What this font lacks shows as ?."
)


def pdf_of(document: str) -> bytes:
    """The PDF of a signed certificate."""
    read = from_json(document)
    said, signature = read["certificate"], read["signature"]
    paper = Paper(f"Certificate of deletion {said['certificate_id']}", datetime.fromisoformat(said["made_at"]))
    _head(paper, said)
    for title, columns, rows in _tables(said):
        paper.table(title, columns, rows)
    paper.line(f"Signature ({signature['algorithm']}, key {signature['key_id']}): {signature['value']}", size=8)
    paper.line(_NOTE, size=8)
    paper.attach(_ATTACHED, document.encode())
    return paper.made()


def _head(paper: Paper, said: Json) -> None:
    processor, client, agreement = (cast("Json", said[name]) for name in ("processor", "client", "agreement"))
    choice = cast("Json", said["choice"])
    paper.line("Certificate of deletion", size=18, bold=True)
    paper.line(f"{processor['name']}, {processor['registered_as']}, {processor['postal_address']}")
    paper.line(f"for {client['name']} ({client['client_id']})")
    paper.line(
        f"The contract ended on {said['terminated_on']}. Clause {said['clause']} of the agreement {agreement['id']}, "
        f"version {agreement['version']}; choice: {choice['choice']}, by {choice.get('by', 'nobody yet')}.",
    )
    extent = (
        "everything listed is deleted" if said["complete"] else "NOT everything: see what is held and not confirmed"
    )
    paper.line(f"Made at {said['made_at']}, number {said['certificate_id']}: {extent}.", bold=True)


def _tables(said: Json) -> list[tuple[str, tuple[str, ...], list[tuple[str, ...]]]]:
    def rows(name: str) -> list[Json]:
        return cast("list[Json]", said[name])

    return [
        (
            "Deleted",
            ("category", "holder", "records", "method", "finished at", "confirmed by", "second look"),
            [_deleted(line, each) for line in rows("deleted") for each in cast("list[Json]", line["confirmations"])],
        ),
        (
            "Held",
            ("category", "holder", "until", "held by"),
            [(*_of(each, "category", "holder", "until"), _holds(each)) for each in rows("held")],
        ),
        (
            "Not confirmed",
            ("category", "holder", "what", "reminders", "failure"),
            [_of(each, "category", "holder", "what", "reminders", "failure") for each in rows("not_confirmed")],
        ),
        (
            "Not reached",
            ("category", "holder", "what"),
            [_of(each, "category", "holder", "what") for each in rows("not_reached")],
        ),
        (
            "No own system declared for",
            ("category",),
            [(str(each),) for each in cast("list[str]", said["no_holder_declared"])],
        ),
        (
            "Returned",
            ("holder", "SHA-256 of the package", "downloaded at", "acknowledged at"),
            [_of(each, "holder", "package_sha256", "downloaded_at", "acknowledged_at") for each in rows("returned")],
        ),
    ]


def _deleted(line: Json, each: Json) -> tuple[str, ...]:
    look = line["second_look"]
    seen = "nothing left" if look else "none"
    return (
        *_of(line, "category", "holder_name"),
        *_of(each, "count", "method", "finished_at", "confirmed_by"),
        seen,
    )


def _holds(line: Json) -> str:
    found = [f"{each['hold']} ({each['legal_basis']})" for each in cast("list[Json]", line["held_by"])]
    return "; ".join(found) or "; ".join(cast("list[str]", line["because"]))


def _of(row: Json, *names: str) -> tuple[str, ...]:
    return tuple("" if row[name] is None else str(row[name]) for name in names)
