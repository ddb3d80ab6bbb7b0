"""The end of a contract, and what the client chooses for its data (§8.3)."""

from dataclasses import replace
from datetime import date

from agreement import deadlines
from chassis.transaction import Transaction
from contracts.choice import ChoiceMade
from contracts.contract import ContractReinstated, ContractTerminated
from contracts.retention import RetentionChoiceAccepted, RetentionReinstated
from contracts.schedule import ScheduleChoiceClosed, ScheduleTerminationReached
from retention import course, dates, progress, task_store, termination_store
from retention.client_store import Client
from retention.decisions import meant, refuse_unclear, weigh_choice, weigh_reinstatement, weigh_termination
from retention.finding import Finder
from retention.terminations import Stage, Termination


async def on_contract_terminated(finder: Finder, terminated: ContractTerminated, tx: Transaction) -> None:
    """§8.3: the contract ends, or has ended; before its day it may still end on another."""
    client = await finder.client(terminated.client_id, tx)
    await plan_end(finder, client, terminated.terminated_on, terminated.reason, tx, by_expiry=False)


async def plan_end(
    finder: Finder, client: Client, on: date, reason: str | None, tx: Transaction, *, by_expiry: bool
) -> None:
    """§8.3: the contract ends on a day, which may have come; by expiry it doesn't undo a notice that was given."""
    agreement = finder.book[client.signed]
    current = await termination_store.load_current(tx, client.client_id)
    before = current[0] if current else None
    if by_expiry and before is not None and before.stage is Stage.PLANNED and not before.by_expiry:
        return  # who gave notice leaves on that day, whatever the contract's own end is
    refused = weigh_termination(agreement, client.client_id, before, on)
    if refused is not None:
        tx.emit(refused)
        return
    moved = before is not None and before.stage is Stage.PLANNED
    termination = Termination(
        termination_id=before.termination_id if before and moved else tx.cause.derive("termination"),
        client_id=client.client_id,
        terminated_on=on,
        stage=Stage.PLANNED,
        by_expiry=by_expiry,
        choice=before.choice if before and moved else None,
        chosen_on=before.chosen_on if before and moved else None,
        recipient=before.recipient if before and moved else None,
    )
    await termination_store.insert_termination(tx, termination, client.signed, reason)
    reached_at = deadlines.start_of_day(agreement, on)
    if reached_at <= tx.now:
        tx.cancel(dates.reached_name(termination))
        await course.begin(agreement, termination, tx)
        return
    await progress.replan(agreement, termination, tx)
    reached = ScheduleTerminationReached(client_id=client.client_id)
    tx.emit_at(reached, reached_at, dates.reached_name(termination))


async def on_termination_reached(finder: Finder, reached: ScheduleTerminationReached, tx: Transaction) -> None:
    """The contract's day has come (TER-1, TER-2)."""
    for termination, agreement in await finder.open(reached.client_id, tx):
        if termination.stage is not Stage.PLANNED:
            continue
        reached_at = deadlines.start_of_day(agreement, termination.terminated_on)
        if reached_at <= tx.now:
            await course.begin(agreement, termination, tx)
        else:  # the clock of whoever said it is ahead of ours
            tx.emit_at(reached, reached_at, dates.reached_name(termination))


async def on_contract_reinstated(finder: Finder, reinstated: ContractReinstated, tx: Transaction) -> None:
    """The contract goes on, unless parts are gone: then it is said which."""
    await finder.client(reinstated.client_id, tx)
    current = await termination_store.load_current(tx, reinstated.client_id)
    termination = current[0] if current else None
    tasks = await task_store.load_tasks(tx, termination.termination_id) if termination else []
    verdict = weigh_reinstatement(termination, reinstated.client_id, reinstated.reason, progress.taken(tasks))
    tx.emit(verdict)
    if termination is not None and isinstance(verdict, RetentionReinstated):
        await course.reinstate(termination, reinstated.reason or "the contract goes on", tx)


async def on_choice_made(finder: Finder, made: ChoiceMade, tx: Transaction) -> None:
    """TER-2: return or deletion, for the end that is meant; carried out at once, or when the contract's day comes."""
    client = await finder.client(made.client_id, tx)
    known = {end.termination_id: (end, signed) for end, signed in await termination_store.load_all(tx, made.client_id)}
    ends = meant([end for end, _ in known.values()], made)
    if len(ends) != 1:
        tx.emit(refuse_unclear(finder.book[client.signed], made, ends))
        return
    termination, agreement = ends[0], finder.book[known[ends[0].termination_id][1]]
    tasks = await task_store.load_tasks(tx, termination.termination_id)
    verdict = weigh_choice(agreement, termination, made, progress.taken(tasks))
    tx.emit(verdict)
    if not isinstance(verdict, RetentionChoiceAccepted):
        return
    chosen_on = deadlines.local_date(agreement, made.received_at)
    await termination_store.set_choice(tx, termination.termination_id, made, chosen_on)
    chosen = replace(termination, choice=made.choice, chosen_on=chosen_on, recipient=made.recipient, settled_on=None)
    if termination.is_running:
        await course.carry_out(agreement, chosen, tx)
    else:
        await progress.replan(agreement, chosen, tx)


async def on_choice_closed(finder: Finder, closed: ScheduleChoiceClosed, tx: Transaction) -> None:
    """TER-2: the client made no choice: the default runs by itself."""
    for termination, agreement in await finder.open(closed.client_id, tx):
        if termination.stage is not Stage.ASKING or termination.closes_at is None:
            continue
        if termination.closes_at <= tx.now:
            await course.run_default(agreement, termination, tx)
        else:
            tx.emit_at(closed, termination.closes_at, dates.choice_name(termination))
