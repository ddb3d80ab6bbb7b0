"""What a question, an audit, help or a dispute says, as lines that a person reads on a terminal."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

Json = Mapping[str, Any]


def lines_of(kind: str, record: Json) -> Iterator[str]:
    """What was asked, offered, answered and found, in the order in which it comes."""
    match kind:
        case "question":
            yield from _question(record)
        case "audit":
            yield from _audit(record)
        case "assistance":
            yield from _assistance(record)
        case "dispute":
            yield from _dispute(record)


def _question(record: Json) -> Iterator[str]:
    answers = record.get("answers", {})
    for number, item in enumerate(record["asked"]["items"], 1):
        yield f"{number}. {item}"
        answer = answers.get(str(number))
        yield f"   {answer['text']} ({answer['said_by']})" if answer else "   not answered yet"
    yield from _documents(record.get("documents", ()))
    if record.get("insufficient"):
        yield f"not enough: {record['insufficient']}"


def _audit(record: Json) -> Iterator[str]:
    yield f"requested for {record['request']['proposed_on']}: {record['request']['text']}"
    if record.get("held_on"):
        yield f"held on {record['held_on']}"
    for each in record.get("findings", ()):
        found, mended = each["found"], each.get("mended")
        due = f", to be mended by {found['due_on']}" if found.get("due_on") else ""
        state = f"mended: {mended['remedy']}" if mended else f"open{due}"
        yield f"finding {found['finding_id']}: {found['text']} ({state})"


def _assistance(record: Json) -> Iterator[str]:
    yield f"{record['request']['kind']}: {record['request']['text']}"
    quote = record.get("quote")
    if quote:
        answered = {None: "not answered yet", True: "accepted", False: "declined"}[record.get("accepted")]
        costs = quote["costs"]
        yield f"quote {quote['quote_id']}: {costs['amount']} {costs['currency']}, {quote['text']} ({answered})"
    for each in record.get("given", ()):
        yield f"given: {each['text']} ({each['said_by']})"
        yield from _documents(each.get("documents", ()))


def _dispute(record: Json) -> Iterator[str]:
    notified, met, settled = record["notified"], record.get("met"), record.get("settled")
    yield (
        f"notified by the {notified['side']}, registered letter {notified['registered_mail']}, "
        f"received on {notified['received_on']}: {notified['text']}"
    )
    if met:
        yield f"met on {met['met_on']}: {met['text']}"
    if settled:
        yield f"settlement signed on {settled['signed_on']}"
        yield from _documents([settled["agreement"]])


def _documents(documents: Sequence[Json]) -> Iterator[str]:
    for each in documents:
        yield f"document {each['name']}, {each['bytes']:,} bytes, SHA-256 {each['sha256']}"
