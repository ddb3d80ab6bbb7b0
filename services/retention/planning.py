"""§8.3, Appendix A: what becomes of each category at each holder at the end of a contract. Values in, a plan out."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from agreement import deadlines
from agreement.calendar import DAY, shift
from agreement.counting import spell
from agreement.duties import Retention, Rule
from agreement.retention import span_end
from agreement.schema import Agreement
from contracts.choice import Choice
from contracts.holder import HolderKind
from contracts.retention import Action, PlanEntry
from retention.reasons import Reason, why


@dataclass(frozen=True, slots=True)
class Keeper:
    """Who holds data: a system, or a sub-processor; no categories means that they are not known, so any of them."""

    holder_id: str
    kind: HolderKind
    categories: frozenset[str]
    declared: bool

    def may_hold(self, rule: Retention) -> bool:
        """Whether data of a category must be looked for here."""
        if not self.categories:
            return rule.rule is not Rule.NEVER_STORED
        return rule.category in self.categories


@dataclass(frozen=True, slots=True)
class Hold:
    """What was placed on a client's data; no categories means all of them, no `until` that its end is not known."""

    hold_id: str
    categories: frozenset[str]
    legal_basis: str
    until: date | None

    def keeps(self, category: str, on: date) -> bool:
        """Whether these data may not be deleted on this day."""
        return self.concerns(category) and (self.until is None or on < self.until)

    def concerns(self, category: str) -> bool:
        """Whether these data are named."""
        return not self.categories or category in self.categories


@dataclass(frozen=True, slots=True)
class NotReturned:
    """What a holder doesn't return, on whose word and since when; `reason` where it wasn't the client's."""

    holder_id: str
    on: date
    said_by: str
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Ending:
    """A contract's end, and how far its consequences are.

    `asked_until` is the client's last day to choose, once it was asked; `fetch_until` its last day to fetch what is
    returned, once all of it is ready; `settled_on` the day on which deletion may begin, once that is known.
    """

    terminated_on: date
    choice: Choice | None = None
    chosen_on: date | None = None
    asked_until: date | None = None
    fetch_until: date | None = None
    settled_on: date | None = None
    not_returned: tuple[NotReturned, ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """What happens, line by line, and the categories that no own system is said to hold."""

    entries: tuple[PlanEntry, ...]
    without_holder: tuple[str, ...]


def plan(agreement: Agreement, ending: Ending, keepers: Sequence[Keeper], holds: Sequence[Hold]) -> Plan:
    """§8.3: per category and holder, what happens and when, and why; in the agreement's and the holders' order."""
    start, reasons = _start(agreement, ending)
    entries = [
        _entry(agreement, ending, rule, keeper, holds, start, reasons)
        for rule in agreement.retention
        for keeper in keepers
        if keeper.may_hold(rule)
    ]
    if ending.choice is Choice.RETURN:
        giving = returners(agreement, keepers)
        missed = {each.holder_id: _missed(each) for each in ending.not_returned}
        entries = [_given_back(entry, start, giving, missed) for entry in entries]
    internal = [keeper for keeper in keepers if keeper.kind is HolderKind.INTERNAL]
    missing = tuple(
        rule.category
        for rule in agreement.retention
        if rule.rule is not Rule.NEVER_STORED and not any(keeper.may_hold(rule) for keeper in internal)
    )
    return Plan(tuple(entries), missing)


def returners(agreement: Agreement, keepers: Sequence[Keeper]) -> dict[str, tuple[str, ...]]:
    """§8.3: who returns which categories: own systems; a sub-processor only what no own system holds."""
    found: dict[str, tuple[str, ...]] = {}
    for rule in agreement.retention:
        if not rule.returned:
            continue
        holding = [keeper for keeper in keepers if keeper.declared and keeper.may_hold(rule)]
        own = [keeper for keeper in holding if keeper.kind is HolderKind.INTERNAL]
        for keeper in own or holding:
            found[keeper.holder_id] = (*found.get(keeper.holder_id, ()), rule.category)
    return found


def legal_end(agreement: Agreement, rule: Retention, from_on: date) -> list[tuple[str, date]]:
    """RET-2: until when each law of a category forbids to delete data of this day."""
    laws = {hold.code: hold for hold in agreement.holds}
    return [(code, span_end(from_on, laws[code].n, laws[code].unit)) for code in rule.holds]


def _start(agreement: Agreement, ending: Ending) -> tuple[date, tuple[Reason, ...]]:
    """From which day on deletion may begin, and why."""
    if ending.settled_on is not None:
        return ending.settled_on, (
            why("begins", f"deletion may begin on {spell(ending.settled_on)}", day=ending.settled_on),
        )
    if ending.choice is Choice.DELETION:
        day = max(ending.terminated_on, ending.chosen_on or ending.terminated_on)
        return day, (why("chose_deletion", f"the client chose deletion, which may begin on {spell(day)}", day=day),)
    if ending.choice is Choice.RETURN:
        last_day, packages = _fetching(agreement, ending)
        fetched = f"they can be fetched until {spell(last_day)}; deletion follows the acknowledgement, or that day"
        awaited = "what never comes is waited for until the client gives it up or its holder is declared unreachable"
        late = () if ending.fetch_until is not None else (why("awaited", awaited),)
        return shift(last_day, DAY), (packages, why("fetched", fetched, day=last_day), *late)
    last_day = ending.asked_until or deadlines.choice_window(agreement, ending.terminated_on).day
    day = shift(last_day, DAY)
    default = agreement.termination.default
    text = f"the client may choose until {spell(last_day)}; without a choice, {default} begins on {spell(day)}"
    return day, (why("asked", text, last=last_day, default=default, day=day),)


def _fetching(agreement: Agreement, ending: Ending) -> tuple[date, Reason]:
    """The last day to fetch the packages, and what it is counted from: they are ready, or when they are due."""
    if ending.fetch_until is not None and ending.not_returned:
        text = "the client chose return: what could be returned is ready"
        return ending.fetch_until, why("what_could_be_is_ready", text)
    if ending.fetch_until is not None:
        return ending.fetch_until, why("packages_ready", "the client chose return: its packages are ready")
    chosen_on = max(ending.terminated_on, ending.chosen_on or ending.terminated_on)
    ready_on = deadlines.days_after(agreement, agreement.periods.return_answer, chosen_on)
    text = f"the client chose return: packages are due by {spell(ready_on)}"
    return deadlines.fetch_window(agreement, ready_on).day, why("packages_due", text, day=ready_on)


def _entry(
    agreement: Agreement,
    ending: Ending,
    rule: Retention,
    keeper: Keeper,
    holds: Iterable[Hold],
    start: date,
    reasons: tuple[Reason, ...],
) -> PlanEntry:
    day, own = _own_day(rule, ending, start, reasons)
    held_by, because = [], [*own]
    for code, end in legal_end(agreement, rule, ending.terminated_on):
        if end > start:
            held_by.append(code)
            because.append(why("forbidden", f"{code} forbids to delete it before {spell(end)}", hold=code, day=end))
            day = max(day, end)
    delete_on: date | None = day
    for hold in (hold for hold in holds if hold.keeps(rule.category, day)):
        held_by.append(hold.hold_id)
        because.append(_kept(hold))
        delete_on = None if hold.until is None or delete_on is None else max(delete_on, hold.until)
    return PlanEntry(
        category=rule.category,
        holder_id=keeper.holder_id,
        action=_action(rule, ending, held=bool(held_by) or delete_on != start),
        delete_on=delete_on,
        clause=rule.clause,
        because=tuple(each.text for each in because),
        held_by=tuple(held_by),
        coded=tuple(each.coded for each in because),
    )


def _kept(hold: Hold) -> Reason:
    until = "it is lifted" if hold.until is None else spell(hold.until)
    text = f"the hold {hold.hold_id} ({hold.legal_basis}) keeps it until {until}"
    if hold.until is None:
        return why("held", text, hold=hold.hold_id, basis=hold.legal_basis)
    return why("held_until", text, hold=hold.hold_id, basis=hold.legal_basis, day=hold.until)


def _given_back(
    entry: PlanEntry, start: date, giving: Mapping[str, tuple[str, ...]], missed: Mapping[str, Reason]
) -> PlanEntry:
    """A line of a holder that gives nothing of it back, or never will: it waits for what the others return."""
    gives = entry.category in giving.get(entry.holder_id, ())
    if entry.action is not Action.RETURN_THEN_DELETE or (gives and entry.holder_id not in missed):
        return entry
    held = bool(entry.held_by) or entry.delete_on != start
    action = Action.HOLD if held else Action.DELETE
    first = missed[entry.holder_id] if gives else why("not_returned", "it is not returned from here")
    because, coded = (first.text, *entry.because), (first.coded, *(entry.coded or ()))
    return entry.model_copy(update={"action": action, "because": because, "coded": coded})


def _missed(missed: NotReturned) -> Reason:
    """Why what a holder has is not returned, though it was to be."""
    on = spell(missed.on)
    if missed.reason is None:
        text = f"the client gave up on {on} what is to be returned from here"
        return why("return_waived", text, day=missed.on)
    text = f"it is not returned: {missed.said_by} declared its holder unreachable on {on}: {missed.reason}"
    return why("return_unreachable", text, by=missed.said_by, day=missed.on, reason=missed.reason)


def _own_day(
    rule: Retention, ending: Ending, start: date, reasons: tuple[Reason, ...]
) -> tuple[date, tuple[Reason, ...]]:
    """When data of a category go by its own rule."""
    if rule.n is None or rule.unit is None:
        return start, reasons
    end = span_end(ending.terminated_on, rule.n, rule.unit)
    unit = rule.unit.removesuffix("s") if rule.n == 1 else rule.unit
    span = f"{rule.n} {unit}"
    match rule.rule:
        case Rule.TERM_PLUS:
            code, text = "kept_after", f"it is kept for {span} after the end of the contract, {spell(end)}"
        case Rule.SINCE_LAST_EXCHANGE:
            code = "since_exchange"
            text = f"it goes day by day, {span} after the last exchange; what had none since the end, on {spell(end)}"
        case _:
            code, text = "day_by_day", f"it goes day by day, {span} after it was made; the last of it on {spell(end)}"
    own = why(code, text, n=rule.n, unit=unit, day=end)
    if rule.rule is Rule.TERM_PLUS:
        return max(start, end), (own,) if end > start else (own, *reasons)
    return end, (own,)


def _action(rule: Retention, ending: Ending, *, held: bool) -> Action:
    if not rule.deleted_at_termination:
        return Action.ROLL
    if ending.choice is Choice.RETURN and rule.returned:
        return Action.RETURN_THEN_DELETE
    return Action.HOLD if held else Action.DELETE
