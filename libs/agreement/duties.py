"""What the other clauses promise: instructions, security, breaches, audits, the end, retention, rights, help."""

from datetime import time, timedelta
from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, model_validator

from agreement.part import Clausal, Label, Part, Slug, Text
from agreement.periods import Unit


class Item(Part):
    """One entry of a list in a clause."""

    code: Slug
    text: Text


class Listed(Clausal):
    """A clause that is a list."""

    items: Annotated[tuple[Item, ...], Field(min_length=1)]


class Instructions(Listed):
    """§2.3: what the client instructs; by `opinion_clause` it is told of an instruction that infringes the law."""

    opinion_clause: Text


class Measure(Clausal):
    """One security measure of Appendix C."""

    id: Slug
    section: Text
    text: Text


class Clock(Clausal):
    """A clock that runs from awareness of a breach towards an authority; `status`: whom its law binds.

    `to_fr` is who is told in French, where notices and mails to people on call have that language.
    """

    code: Slug
    status: Slug
    to: Text
    to_fr: Text | None = None
    within: timedelta
    confirm: bool = False


class Element(Clausal):
    """What a notification to an authority must hold: words, a number where `counted`, some of the `choices`."""

    code: Slug
    text: Text
    counted: bool = False
    choices: tuple[Slug, ...] = ()
    only_if_late: bool = False


class Responder(Part):
    """Whom a client calls about an incident."""

    name: Text
    telephone: Text | None = None
    email: Text | None = None
    confirm: bool = False
    note: Text | None = None


Span = Annotated[timedelta, Field(gt=timedelta(0))]


class Breach(Clausal):
    """§6: the clocks beside the clients' own, when they warn, what the authority is told, and what no notice admits.

    A warning that is noticed more than `late_after` after its time is marked late; what nobody has decided is asked for
    again every `remind_every`. `advice` is said to clients until somebody writes better one for the incident.
    """

    authority: Text
    authority_clocks: tuple[Clock, ...]
    warn_with_left: Annotated[tuple[Span, ...], Field(min_length=1)]
    late_after: Span
    remind_every: Span
    dossier: Annotated[tuple[Element, ...], Field(min_length=1)]
    contact: Responder
    advice: Label
    no_admission: Label
    exempt_if_caused_by_client: bool


class AuditGate(StrEnum):
    """What an audit may have to pass; an agreement chooses among these and orders them."""

    COMPETITOR = "competitor"
    NEED = "need"
    CERTIFICATE = "certificate"
    FREQUENCY = "frequency"
    WRITTEN_REQUEST = "written_request"
    PLAN = "plan"
    EXPERT = "expert"
    CONFIDENTIALITY = "confidentiality"
    SCOPE_AND_COSTS = "scope_and_costs"
    BUSINESS_HOURS = "business_hours"
    ESCORT = "escort"
    REPORT = "report"


class GateItem(Part):
    """One gate, and what stands open when it does."""

    code: AuditGate
    text: Text


class BusinessHours(Clausal):
    """Between which times of a working day; `open`: the clause defines none and these are the file's proposal."""

    opens: time
    closes: time
    open: bool = False

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.opens >= self.closes:
            raise ValueError(f"they open at {self.opens} and close at {self.closes}: closes must be later")
        return self


class Audit(Clausal):
    """§7: the gates that a request passes, in their order."""

    refused_to_competitors: bool
    opened_by: tuple[Slug, ...]
    forms: tuple[Slug, ...]
    gates: Annotated[tuple[GateItem, ...], Field(min_length=1)]
    business_hours: BusinessHours


class Reminders(Clausal):
    """Last days of ours: people are reminded so long before each, and so often once it is over."""

    before: Span
    every: Span


class Termination(Clausal):
    """§8.3: the client's choice, what happens when it makes none, who else is bound, and when silence is escalated."""

    choices: tuple[Slug, ...]
    default: Slug
    reaches_sub_processors: bool
    responsibility_ends_at_return: bool
    escalate_at_reminder: Annotated[int, Field(ge=1)]
    reminders_at_most: Annotated[int, Field(ge=1)]


class Rule(StrEnum):
    """When data of a category must go."""

    TERM = "term"
    TERM_PLUS = "term_plus"
    ROLLING = "rolling"
    CLIENT_DEFINED = "client_defined"
    SINCE_LAST_EXCHANGE = "since_last_exchange"
    MANUAL_DELETION = "manual_deletion"
    DESYNCHRONISATION = "desynchronisation"
    NEVER_STORED = "never_stored"


_WITH_SPAN = {Rule.TERM_PLUS, Rule.ROLLING, Rule.SINCE_LAST_EXCHANGE}


class Retention(Clausal):
    """How long one category of Appendix A is kept."""

    category: Slug
    as_written: Text
    rule: Rule
    n: Annotated[int, Field(ge=1)] | None = None
    unit: Unit | None = None
    deleted_at_termination: bool = Field(description="whether it goes with the client's choice, or by its rule alone")
    returned: bool = Field(description="whether a return holds it: it is what the client provided")
    holds: tuple[Slug, ...] = ()

    @model_validator(mode="after")
    def _spanned(self) -> Self:
        if (self.rule in _WITH_SPAN) != (self.n is not None and self.unit is not None):
            raise ValueError(f"rule {self.rule} {'needs' if self.rule in _WITH_SPAN else 'takes no'} n and unit")
        return self


class Hold(Clausal):
    """A law that forbids deletion for a while, against termination and against a client's shorter setting."""

    code: Slug
    legal_basis: Slug
    n: Annotated[int, Field(ge=1)]
    unit: Unit
    runs_from: Text
    confirm: bool = False


class Requests(Clausal):
    """§9: the rights, and that nobody is answered without the client's instruction."""

    rights: Annotated[tuple[Item, ...], Field(min_length=1)]
    answered_only_on_instruction: bool
    gag_suppresses_notice: bool
    quote_before_costly_work: bool
    escalate_before: Span = Field(description="so long before the client must know, people are called")
