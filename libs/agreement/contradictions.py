"""Where an agreement contradicts itself, or says one thing in two ways."""

from collections.abc import Iterator
from typing import Final

from agreement.findings import Finding, Reader, Severity
from agreement.heading import Claim
from agreement.periods import Unit
from agreement.schema import Agreement
from agreement.transfers import needs_mechanism

NOTHING: Final = frozenset({"n/a", "none", "-"})
"""What a list writes where it names no mechanism."""


def outside_in_spite_of_claim(agreement: Agreement) -> Iterator[Finding]:
    """A statement that no data leave the EEA, against the places on the list."""
    members = {
        country for each in agreement.transfers.eea if each.holds_on(agreement.version_on) for country in each.countries
    }
    outside = [each for each in agreement.sub_processors if each.location not in members]
    places = ", ".join(f"{each.name} ({each.location_as_written.title()})" for each in outside)
    for index, passage in enumerate(agreement.passages):
        if passage.claims is Claim.NO_TRANSFER_OUTSIDE_EEA and outside:
            yield Finding(
                Severity.WARNING,
                f"{passage.clause}, {outside[0].clause}",
                f"passages[{index}].claims",
                f"it says that no data leave the European Economic Area, and {outside[0].clause} lists {places}",
                "correct the statement or the list; until then each transfer is judged by the list",
            )


def uncovered_transfers(agreement: Agreement) -> Iterator[Finding]:
    """§8.2: a sub-processor outside the EEA without adequacy, and no accepted mechanism."""
    for index, each in enumerate(agreement.sub_processors):
        need = needs_mechanism(agreement, each.location, agreement.version_on)
        if need.covered_by(each.transfer.mechanism):
            continue
        written = each.transfer.as_written
        silent = written.casefold() in NOTHING
        said = "the list names no mechanism" if silent else f"the list says {written!r}, which is no transfer mechanism"
        yield Finding(
            Severity.ERROR if silent else Severity.WARNING,
            each.clause,
            f"sub_processors[{index}].transfer.mechanism",
            f"{each.name}: {need.because}; {said}",
            "show that nothing is transferred and correct the location, or conclude a mechanism and name its document",
        )


def words_for_working_days(agreement: Agreement) -> Iterator[Finding]:
    """Words for working days that differ, or that no definition explains."""
    defined = {definition.term.casefold() for definition in agreement.definitions}
    counted = {
        name: period
        for name, period in agreement.periods.each().items()
        if period.unit is Unit.WORKING_DAYS and period.term and period.term.casefold() not in defined
    }
    if not counted:
        return
    said = " and ".join(f"{period.clause} says {period.term!r}" for period in counted.values())
    differ = len({period.term for period in counted.values()}) > 1
    yield Finding(
        Severity.WARNING,
        ", ".join(period.clause for period in counted.values()),
        ", ".join(f"periods.{name}.term" for name in counted),
        f"{said}; {'neither is' if differ else 'it is not'} defined, and Monday to Friday or to Saturday differ",
        "define one term; until then both are counted by "
        + ", ".join(sorted({f"calendars.{period.calendar}" for period in counted.values()})),
    )


def stricter_clocks(agreement: Agreement) -> Iterator[Finding]:
    """A clock towards an authority that runs out before the clients' own."""
    own = agreement.periods.breach_notice
    for index, clock in enumerate(agreement.breach.authority_clocks):
        hours = clock.within.total_seconds() / 3600
        if hours < own.n:
            yield Finding(
                Severity.WARNING,
                f"{own.clause}, {clock.clause}",
                f"breach.authority_clocks[{index}].within",
                f"{hours:g} hours to {clock.to} are shorter than the clients' {own.n} hours",
                "let counsel confirm whether it binds the processor" if clock.confirm else "plan for the shorter one",
            )


READERS: Final[tuple[Reader, ...]] = (
    outside_in_spite_of_claim,
    uncovered_transfers,
    words_for_working_days,
    stricter_clocks,
)
