"""Where an agreement leaves something out, and what this file put in its place."""

from collections.abc import Iterator
from typing import Final

from agreement.findings import Finding, Reader, Severity
from agreement.schema import Agreement

SENTENCE_ENDS: Final = (".", "!", "?", ";", "…")


def unfinished_passages(agreement: Agreement) -> Iterator[Finding]:
    """Words that end in mid-sentence, or that stand in another language than the agreement's."""
    for index, passage in enumerate(agreement.passages):
        where = f"passages[{index}]"
        if not passage.text.endswith(SENTENCE_ENDS):
            end = f"ends in mid-sentence: …{passage.text[-40:]}"
            remedy = "ask the parties for the missing words; nothing is read into them"
            yield Finding(Severity.WARNING, passage.clause, f"{where}.text", end, remedy)
        if passage.language != agreement.language:
            other = f"a sentence is in {passage.language!r} in an agreement in {agreement.language!r}: {passage.text}"
            remedy = "agree on a translation; it is kept as written"
            yield Finding(Severity.NOTE, passage.clause, f"{where}.language", other, remedy)


def unnamed_classes(agreement: Agreement) -> Iterator[Finding]:
    """User classes that are announced and not named."""
    users = agreement.user_classes
    assumed = [each.label for each in users.classes if not each.named_in_agreement]
    if len(users.classes) != users.announced or assumed:
        named = len(users.classes) - len(assumed)
        what = (
            f"{users.announced} classes of users are announced and {named} named; assumed: {', '.join(assumed) or '-'}"
        )
        yield Finding(
            Severity.WARNING, users.clause, "user_classes.classes", what, "name every class and what each may do"
        )


def open_periods(agreement: Agreement) -> Iterator[Finding]:
    """Periods that their clause leaves open."""
    for name, period in agreement.periods.each().items():
        if period.open:
            what = f"the clause sets no period for {name}; {period.spell()} {'is' if period.n == 1 else 'are'} proposed"
            yield Finding(Severity.WARNING, period.clause, f"periods.{name}.n", what, "agree on a period")


def undefined_hours(agreement: Agreement) -> Iterator[Finding]:
    """§7: the hours in which an audit may be held, where no clause defines them."""
    hours = agreement.audit.business_hours
    if hours.open:
        what = f"no clause defines normal business hours; {hours.opens:%H:%M} to {hours.closes:%H:%M} are proposed"
        yield Finding(Severity.WARNING, hours.clause, "audit.business_hours.opens", what, "agree on hours")


def missing_addresses(agreement: Agreement) -> Iterator[Finding]:
    """§15 sends notices to the addresses of the heading."""
    if agreement.processor.email is None:
        what = f"notices go by {agreement.notices.clause} to the email address in the heading, which gives none"
        remedy = "add processor.email"
        yield Finding(Severity.WARNING, agreement.processor.clause, "processor.email", what, remedy)


def nobody_to_call(agreement: Agreement) -> Iterator[Finding]:
    """§6: whom a client reaches about an incident, at any hour."""
    contact = agreement.breach.contact
    if contact.telephone is None and contact.email is None:
        what = f"notices of a breach send clients to {contact.name}, without a telephone number or an email address"
        remedy = "add breach.contact.telephone or breach.contact.email"
        yield Finding(Severity.WARNING, agreement.breach.clause, "breach.contact", what, remedy)


def old_laws(agreement: Agreement) -> Iterator[Finding]:
    """Laws that others have taken the place of."""
    for index, law in enumerate(agreement.legal_bases):
        if law.superseded_by is not None:
            what = f"it rests on {law.title}, superseded by {law.superseded_by}"
            remedy = "let counsel confirm which text, and which periods, apply"
            yield Finding(Severity.WARNING, law.clause, f"legal_bases[{index}].superseded_by", what, remedy)


def provisional_agreements(agreement: Agreement) -> Iterator[Finding]:
    """§4.1: written agreements whose reference and day are this file's guess."""
    found = [
        each.name
        for each in agreement.sub_processors
        if each.written_agreement is not None and not each.written_agreement.confirmed
    ]
    if found:
        what = (
            f"no written agreement is named for {len(found)} sub-processors; theirs are provisional: {', '.join(found)}"
        )
        remedy = "enter the reference and the day of each, and confirm it"
        yield Finding(Severity.WARNING, "4.1", "sub_processors[*].written_agreement", what, remedy)


def to_confirm(agreement: Agreement) -> Iterator[Finding]:
    """Law and dates that counsel must confirm before they are relied on."""
    marked = [
        *((law.clause, f"legal_bases[{i}]", law.title) for i, law in enumerate(agreement.legal_bases) if law.confirm),
        *((hold.clause, f"holds[{i}]", f"hold {hold.code}") for i, hold in enumerate(agreement.holds) if hold.confirm),
        *(
            (
                clock.clause,
                f"breach.authority_clocks[{i}]",
                f"{clock.within.total_seconds() / 3600:g} hours to {clock.to}",
            )
            for i, clock in enumerate(agreement.breach.authority_clocks)
            if clock.confirm
        ),
        *(
            (agreement.transfers.clause, f"transfers.adequacy[{i}]", f"{each.country}: {each.decision}")
            for i, each in enumerate(agreement.transfers.adequacy)
            if each.confirm
        ),
    ]
    for clause, path, what in marked:
        yield Finding(Severity.NOTE, clause, f"{path}.confirm", what, "let counsel confirm it, then drop `confirm`")


READERS: Final[tuple[Reader, ...]] = (
    unfinished_passages,
    unnamed_classes,
    open_periods,
    undefined_hours,
    missing_addresses,
    nobody_to_call,
    old_laws,
    provisional_agreements,
    to_confirm,
)
