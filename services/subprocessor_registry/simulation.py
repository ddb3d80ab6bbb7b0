"""What would follow if a sub-processor were announced: the same decisions on the same state; nothing kept or said."""

from collections.abc import Sequence
from datetime import date, datetime

from pydantic import BaseModel, Field

from agreement import deadlines
from agreement.book import Book
from agreement.schema import Agreement
from agreement.transfers import needs_mechanism
from chassis.transaction import Transaction
from contracts.change import ChangeAnnounced, ChangeCorrected, ChangeKind, ChangeRefused
from contracts.subprocessor import SubprocessorAdded, SubprocessorFacts
from subprocessor_registry import list_store
from subprocessor_registry.changes import Listed, TakenBack, Wish
from subprocessor_registry.planning import effective_day, weigh_addition
from subprocessor_registry.simulation_queries import FIRST_CLIENTS, Concerned, OpenWindow, active_clients, open_windows

_CHANGE = "simulated"


class Announcement(BaseModel):
    """The change that would be announced."""

    kind: ChangeKind
    effective_on: date = Field(description="the day on which it would take effect")
    moved: bool = Field(description="whether the day asked for is too early")
    because: list[str] = Field(description="how the day was reached")
    notice_until_on: date = Field(description="the last day on which the notices could still be given for that day")
    notice_because: list[str] = Field(description="how that day was reached")
    overtakes: str | None = Field(description="the planned change of the same sub-processor that it would withdraw")
    notified: int = Field(description="how many clients it would notify")
    clients: list[str] = Field(description=f"the first {FIRST_CLIENTS} of them")


class TransferAnswer(BaseModel):
    """Whether the location needs a transfer mechanism (§8.2)."""

    needed: bool
    because: str
    accepts: list[str] = Field(description="the mechanisms that would do")
    covered: bool = Field(description="whether the mechanism that was named is enough")


class Simulation(BaseModel):
    """What would follow; nothing of it was stored or said."""

    verdict: str = Field(description="announced, corrected, refused, or withdrawn: what is planned is taken back")
    reason: str | None = Field(None, description="why it would be refused")
    clause: str | None = Field(None, description="by which clause it would be refused")
    corrected: list[str] = Field([], description="the facts that would be corrected without notice")
    announcement: Announcement | None = None
    transfer: TransferAnswer
    open_windows: list[OpenWindow] = Field(description="the windows of other changes that are open then")


async def simulate(book: Book, added: SubprocessorAdded, asked_at: datetime, tx: Transaction) -> Simulation:
    """What `added` would lead to if it were heard at `asked_at`; `tx` is only read from. Raises `CalendarUnknown`."""
    asked_on = deadlines.local_date(book.latest, asked_at)
    listed, signed = await list_store.load_situation(tx, added.subprocessor_id, asked_on)
    agreements = book.those(signed)
    wish = Wish(
        change_id=_CHANGE,
        subprocessor_id=added.subprocessor_id,
        effective_on=added.effective_on,
        asked_at=asked_at,
        facts=_facts(added),
    )
    verdict = weigh_addition(agreements, wish, listed, await list_store.load_chains(tx))
    refused = verdict if isinstance(verdict, ChangeRefused) else None
    announced = verdict if isinstance(verdict, ChangeAnnounced) else None
    concerned = await active_clients(tx, asked_on) if announced else Concerned(0, ())
    return Simulation(
        verdict="withdrawn" if isinstance(verdict, TakenBack) else verdict.TYPE.partition(".")[2],
        reason=refused.reason if refused else None,
        clause=refused.clause if refused else None,
        corrected=list(verdict.fields) if isinstance(verdict, ChangeCorrected) else [],
        announcement=_announcement(agreements, announced, listed, concerned) if announced else None,
        transfer=_transfer(agreements[0], wish.facts, effective_day(agreements, wish)),
        open_windows=await open_windows(tx, added.subprocessor_id, asked_on),
    )


def _announcement(
    agreements: Sequence[Agreement], announced: ChangeAnnounced, listed: Listed, concerned: Concerned
) -> Announcement:
    """§4.3: notice may be given until the earliest of the last days that the clients' versions allow."""
    latest = [deadlines.latest_notice_day(agreement, announced.effective_on) for agreement in agreements]
    until = min(latest, key=lambda deadline: deadline.day)
    return Announcement(
        kind=announced.kind,
        effective_on=announced.effective_on,
        moved=announced.moved,
        because=list(announced.reckoning.because),
        notice_until_on=until.day,
        notice_because=list(until.because),
        overtakes=listed.planned.change_id if listed.planned else None,
        notified=concerned.clients,
        clients=list(concerned.first),
    )


def _transfer(agreement: Agreement, facts: SubprocessorFacts, effective_on: date) -> TransferAnswer:
    need = needs_mechanism(agreement, facts.location, effective_on)
    mechanism = facts.transfer.mechanism if facts.transfer else None
    return TransferAnswer(
        needed=need.needed, because=need.because, accepts=list(need.accepts), covered=need.covered_by(mechanism)
    )


def _facts(added: SubprocessorAdded) -> SubprocessorFacts:
    return SubprocessorFacts.model_validate(added.model_dump(include=set(SubprocessorFacts.model_fields)))
