"""A certificate on paper: the same in words, with the signed JSON attached. Pure: a document and a language in."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final, cast

from pydantic_core import from_json

from chassis.paper import Paper
from retention.texts import Texts

Json = Mapping[str, object]
Row = tuple[str, ...]
_ATTACHED: Final = "certificate.json"
_WHAT: Final = (("category", 34.0), ("holder", 34.0))
_SIGNATURE_MM: Final = 60.0


def pdf_of(document: str, texts: Texts) -> bytes:
    """The PDF of a signed certificate."""
    read = from_json(document)
    said, signature = read["certificate"], read["signature"]
    title = f"{texts.label('title')} {said['certificate_id']}"
    paper = Paper(title, lambda number, pages: texts.label("page", number=number, pages=pages))
    paper.set_creation_date(datetime.fromisoformat(said["made_at"]))
    paper.set_title(title)
    paper.set_lang(texts.language)
    _head(paper, said, texts)
    for name, columns, rows in _tables(said, _Rows(texts)):
        if rows:
            paper.heading(texts.label(name))
            paper.grid([(texts.column(column), width) for column, width in columns], rows)
    paper.heading(texts.label("signature"), room=_SIGNATURE_MM)
    paper.facts([(texts.label(name), str(signature[name])) for name in ("algorithm", "key_id", "value")])
    paper.ln(2)
    paper.line_of(texts.label("verify"), size=8)
    paper.embed_file(basename=_ATTACHED, bytes=document.encode(), mime_type="application/json")
    return bytes(paper.output())


def _head(paper: Paper, said: Json, texts: Texts) -> None:
    processor, client, agreement = (cast("Json", said[name]) for name in ("processor", "client", "agreement"))
    paper.line_of(texts.label("title"), size=18, bold=True)
    paper.line_of(texts.label("complete" if said["complete"] else "partial"), size=10, bold=True, after=3)
    signed = {"id": str(agreement["id"]), "version": str(agreement["version"]), "clause": str(said["clause"])}
    paper.facts(
        [
            (
                texts.label("processor"),
                f"{processor['name']}, {processor['registered_as']}, {processor['postal_address']}",
            ),
            (texts.label("client"), f"{client['name']} ({client['client_id']})"),
            (texts.label("agreement"), texts.label("agreement_line", **signed)),
            (texts.label("ended_on"), texts.day(said["terminated_on"])),
            (texts.label("choice"), _choice(cast("Json", said["choice"]), texts)),
            (texts.label("certificate"), str(said["certificate_id"])),
            (texts.label("made_at"), texts.instant(said["made_at"])),
        ]
    )


def _choice(choice: Json, texts: Texts) -> str:
    if choice["choice"] is None:
        return texts.label("no_choice")
    made = texts.word(choice["choice"])
    if "on" not in choice:
        return texts.label("by_agreement", choice=made)
    return texts.label("chosen", choice=made, by=str(choice["by"]), on=texts.day(choice["on"]))


def _tables(said: Json, make: "_Rows") -> list[tuple[str, Sequence[tuple[str, float]], list[Row]]]:
    def lines(name: str) -> list[Json]:
        return cast("list[Json]", said.get(name, []))

    look = (("records", 14.0), ("method", 20.0), ("finished_at", 20.0), ("confirmed_by", 32.0), ("second_look", 20.0))
    held = (("until", 20.0), ("held_by", 46.0), ("because", 40.0))
    late = (("ordered_at", 20.0), ("what", 36.0), ("reminders", 16.0), ("failure", 34.0))
    sent = (("holder", 34.0), ("package", 94.0), ("downloaded_at", 20.0), ("acknowledged_at", 26.0))
    missed = (("holder", 34.0), ("categories", 50.0), ("what", 70.0), ("said_at", 20.0))
    deleted = [
        make.deleted(line, each) for line in lines("deleted") for each in cast("list[Json]", line["confirmations"])
    ]
    return [
        ("deleted", (*_WHAT, *look), deleted),
        ("held", (*_WHAT, *held), [make.held(each) for each in lines("held")]),
        ("not_confirmed", (*_WHAT, *late), [make.open(each) for each in lines("not_confirmed")]),
        ("not_reached", (*_WHAT, ("what", 106.0)), [make.unreached(each) for each in lines("not_reached")]),
        ("no_holder", (("category", 174.0),), [(str(each),) for each in lines("no_holder_declared")]),
        ("returned", sent, [make.returned(each) for each in lines("returned")]),
        ("not_returned", missed, [make.missed(each) for each in lines("not_returned")]),
    ]


class _Rows:
    """Makes the rows of the tables in one language."""

    def __init__(self, texts: Texts) -> None:
        self._texts = texts

    def deleted(self, line: Json, each: Json) -> Row:
        """What was confirmed, and whether a second look found nothing."""
        texts = self._texts
        look = cast("Json | None", line["second_look"])
        by = "; ".join(filter(None, (_text(each["confirmed_by"]), _text(each.get("evidence")))))
        looked = texts.label("nothing_left", at=texts.instant(look["at"])) if look else texts.label("no_look")
        return (
            *self._named(line),
            _text(each["count"]),
            texts.word(each["method"]),
            texts.instant(each["finished_at"]),
            by,
            looked,
        )

    def held(self, line: Json) -> Row:
        """What is kept, until when, by what and why."""
        until = self._texts.day(line["until"]) or self._texts.label("open_end")
        holds = [f"{each['hold']} ({each['legal_basis']})" for each in cast("list[Json]", line["held_by"])]
        because, coded = (cast("list[str]", line.get(name, [])) for name in ("because", "coded"))
        return (*self._named(line), until, "; ".join(holds), self._texts.reasons(because, coded))

    def open(self, line: Json) -> Row:
        """What was ordered and is not confirmed."""
        texts = self._texts
        said = (texts.word(line["what"]), _text(line["reminders"]), _text(line["failure"]))
        return (*self._named(line), texts.instant(line["ordered_at"]), *said)

    def unreached(self, line: Json) -> Row:
        """What its holder couldn't reach."""
        return (*self._named(line), _text(line["what"]))

    def returned(self, package: Json) -> Row:
        """What the client was given back."""
        instants = (self._texts.instant(package[name]) for name in ("downloaded_at", "acknowledged_at"))
        return (_text(package["holder"]), _text(package["package_sha256"]), *instants)

    def missed(self, each: Json) -> Row:
        """What was not returned, and on whose word."""
        texts = self._texts
        labels = cast("list[str]", each.get(f"labels_{texts.language}") or each["labels"])
        said = ": ".join(
            filter(None, (texts.label(f"not_returned_{each['why']}", by=str(each["by"])), _text(each["reason"])))
        )
        return (_text(each["holder_name"]), ", ".join(labels), said, texts.instant(each["at"]))

    def _named(self, line: Json) -> tuple[str, str]:
        """The category and the holder as people call them."""
        label = line.get(f"label_{self._texts.language}") or line.get("label", line["category"])
        return _text(label), _text(line.get("holder_name", line["holder"]))


def _text(value: object) -> str:
    return "" if value is None else str(value)
