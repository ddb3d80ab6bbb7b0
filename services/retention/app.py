"""What retention hears, in the order in which events arrive (§8.3, Appendix A)."""

from collections.abc import Callable, Coroutine, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from fastapi import FastAPI

from agreement import deadlines
from agreement.book import AgreementUnknown, Book, Signed
from agreement.schema import Agreement
from chassis.errors import Rejected
from chassis.message import Message
from chassis.router import Router
from chassis.service import Runtime
from chassis.transaction import Transaction
from contracts.cease import CeaseConfirmed
from contracts.change import ChangeAnnounced, ChangeCorrected
from contracts.choice import ChoiceMade
from contracts.client import ClientAmended, ClientDesynchronised, ClientSettingsChanged, ClientSigned
from contracts.contract import ContractReinstated, ContractTerminated
from contracts.erasure import ErasureChecked, ErasureConfirmed, ErasureFailed
from contracts.hold import HoldLifted, HoldPlaced
from contracts.holder import HolderDeclared, HolderReported, HolderRestored, HolderRetired
from contracts.permission import PermissionSet, Standing
from contracts.retention import RetentionChoiceAccepted, RetentionHoldApplied, RetentionHoldRefused, RetentionReinstated
from contracts.returning import ReturnAcknowledged, ReturnConfirmed, ReturnDownloaded, ReturnFailed
from contracts.schedule import (
    ScheduleCertificateDue,
    ScheduleCheckDue,
    ScheduleChoiceClosed,
    ScheduleDeletionDue,
    ScheduleHoldEnded,
    ScheduleReminderDue,
    ScheduleReturnClosed,
    ScheduleSweepDue,
    ScheduleTerminationReached,
)
from retention import (
    answers,
    api,
    certifying,
    client_store,
    course,
    desynchronising,
    flags,
    hold_store,
    holder_store,
    order_store,
    orders,
    package_store,
    restoring,
    sweeping,
    task_store,
    termination_store,
)
from retention.client_store import Client
from retention.decisions import (
    Order,
    Stage,
    Termination,
    weigh_choice,
    weigh_hold,
    weigh_processing,
    weigh_reinstatement,
    weigh_report,
    weigh_termination,
)
from retention.settings import RetentionSettings
from retention.signing import Signer


class Retention:
    """The app: its routes, its API, and the agreements it keeps."""

    name = "retention"
    migrations = Path(__file__).parent / "migrations"
    router = Router()

    def __init__(self, book: Book, settings: RetentionSettings) -> None:
        self.book = book
        self.signer = Signer(settings.certificate_key)

    async def begin(self, tx: Transaction) -> None:
        """The list of the agreement is the first that is known (Appendix B); what goes day by day begins."""
        for each in self.book.latest.sub_processors:
            await holder_store.note_subprocessor(tx, each.id, each.name, each.data_categories)
        await sweeping.first(self.book, tx)

    def api(self, runtime: Runtime) -> FastAPI:
        """Retention's HTTP API."""
        return api.build(self, runtime)

    def workers(self, runtime: Runtime) -> Sequence[Callable[[], Coroutine[Any, Any, None]]]:  # noqa: ARG002 - the protocol of every app
        """Retention does nothing beside handling what it hears."""
        return ()

    # Who the clients are, and what they set.

    @router.on(ClientSigned)
    async def on_client_signed(self, signed: ClientSigned, tx: Transaction) -> None:
        """A client is bound to a version; a known end is planned (§13), one that runs spares what is new."""
        version = Signed(signed.agreement_id, signed.agreement_version)
        self._agreement(version)
        await client_store.save_client(tx, signed)
        client = await self._client(signed.client_id, tx)
        current = await termination_store.load_current(tx, client.client_id)
        if current is not None and not current[0].is_over:
            await termination_store.set_signed_again(tx, current[0].termination_id)
        elif signed.contract_ends_on is not None:
            await self._plan_end(client, signed.contract_ends_on, "the contract's own end", tx, by_expiry=True)

    @router.on(ClientAmended)
    async def on_client_amended(self, amended: ClientAmended, tx: Transaction) -> None:
        """Another version binds the client (§15); the contract's own end may move with it."""
        if not await client_store.bind(tx, amended.client_id, amended.agreement_version):
            raise _unknown(amended.client_id)
        client = await self._client(amended.client_id, tx)
        self._agreement(client.signed)
        if amended.contract_ends_on is not None:
            await self._plan_end(client, amended.contract_ends_on, "the contract's own end", tx, by_expiry=True)

    @router.on(ClientSettingsChanged)
    async def on_settings_changed(self, changed: ClientSettingsChanged, tx: Transaction) -> None:
        """The client's own durations count from tomorrow's orders on; a law's are never undercut (RET-2)."""
        if not await client_store.set_durations(tx, changed):
            raise _unknown(changed.client_id)

    @router.on(ClientDesynchronised)
    async def on_desynchronised(self, ended: ClientDesynchronised, tx: Transaction) -> None:
        """What was synchronised goes at once (Appendix A)."""
        client = await self._client(ended.client_id, tx)
        await desynchronising.erase_synchronised(self._agreement(client.signed), ended, tx)

    # Who holds their data.

    @router.on(HolderDeclared)
    async def on_holder_declared(self, declared: HolderDeclared, tx: Transaction) -> None:
        """A system answers orders from now on; ends that run concern it too."""
        await holder_store.declare(tx, declared)
        for client_id in await termination_store.load_running(tx):
            await self._client(client_id, tx)
            termination, agreement = await self._current(client_id, tx)
            await course.admit_holder(agreement, termination, declared.holder_id, tx)

    @router.on(HolderRetired)
    async def on_holder_retired(self, retired: HolderRetired, tx: Transaction) -> None:
        """A system holds nothing any more."""
        if not await holder_store.retire(tx, retired.holder_id):
            raise Rejected(f"holder {retired.holder_id!r} was never declared", "holder_id")

    @router.on(HolderRestored)
    async def on_holder_restored(self, restored: HolderRestored, tx: Transaction) -> None:
        """A backup brought back what was erased since it was taken: it is ordered away again."""
        await restoring.order_again(self.book, restored, tx)

    @router.on(HolderReported)
    async def on_holder_reported(self, reported: HolderReported, tx: Transaction) -> None:
        """Data of a category that is never stored, or processing after the end: it is flagged (TER-1, RET-1)."""
        client = await self._client(reported.client_id, tx)
        current = await termination_store.load_current(tx, reported.client_id)
        flagged = weigh_report(self._agreement(client.signed), current[0] if current else None, reported)
        if flagged is not None:
            await flags.raise_flag(tx, flagged)

    @router.on(ChangeAnnounced)
    async def on_change_announced(self, announced: ChangeAnnounced, tx: Transaction) -> None:
        """A sub-processor, and the categories that it will process."""
        facts = announced.facts
        await holder_store.note_subprocessor(tx, announced.subprocessor_id, facts.name, facts.data_categories)

    @router.on(ChangeCorrected)
    async def on_change_corrected(self, corrected: ChangeCorrected, tx: Transaction) -> None:
        """The list says something else of a sub-processor."""
        facts = corrected.facts
        await holder_store.note_subprocessor(tx, corrected.subprocessor_id, facts.name, facts.data_categories)

    @router.on_batch(PermissionSet)
    async def on_permissions_set(self, said: Sequence[Message[PermissionSet]], tx: Transaction) -> None:
        """Who was ever permitted may hold data; a permission after the end is flagged (TER-1, SUB-7)."""
        permitted = [each for each in said if each.event.standing is Standing.PERMITTED]
        client_ids = [each.event.client_id for each in permitted]
        await holder_store.note_permitted(tx, client_ids, [each.event.subprocessor_id for each in permitted])
        ended = await termination_store.load_ended(tx, client_ids)
        for each in permitted:
            termination = ended.get(each.event.client_id)
            flagged = weigh_processing(self.book.latest, termination, each.event, tx.now) if termination else None
            if flagged is not None:
                tx.cause = each.cause
                await flags.raise_flag(tx, flagged)

    # The end of a contract.

    @router.on(ContractTerminated)
    async def on_contract_terminated(self, terminated: ContractTerminated, tx: Transaction) -> None:
        """§8.3: the contract ends, or has ended; before its day it may still end on another."""
        client = await self._client(terminated.client_id, tx)
        await self._plan_end(client, terminated.terminated_on, terminated.reason, tx, by_expiry=False)

    async def _plan_end(
        self, client: Client, on: date, reason: str | None, tx: Transaction, *, by_expiry: bool
    ) -> None:
        agreement = self._agreement(client.signed)
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
            tx.cancel(course.reached_name(termination))
            await course.begin(agreement, termination, tx)
            return
        await course.replan(agreement, termination, tx)
        reached = ScheduleTerminationReached(client_id=client.client_id)
        tx.emit_at(reached, reached_at, course.reached_name(termination))

    @router.on(ScheduleTerminationReached)
    async def on_termination_reached(self, reached: ScheduleTerminationReached, tx: Transaction) -> None:
        """The contract's day has come (TER-1, TER-2)."""
        await self._client(reached.client_id, tx)
        termination, agreement = await self._current(reached.client_id, tx)
        if (
            termination.stage is Stage.PLANNED
            and deadlines.start_of_day(agreement, termination.terminated_on) <= tx.now
        ):
            await course.begin(agreement, termination, tx)

    @router.on(ContractReinstated)
    async def on_contract_reinstated(self, reinstated: ContractReinstated, tx: Transaction) -> None:
        """The contract goes on, unless parts are gone: then it is said which."""
        await self._client(reinstated.client_id, tx)
        current = await termination_store.load_current(tx, reinstated.client_id)
        termination = current[0] if current else None
        tasks = await task_store.load_tasks(tx, termination.termination_id) if termination else []
        verdict = weigh_reinstatement(termination, reinstated.client_id, reinstated.reason, course.gone(tasks))
        tx.emit(verdict)
        if termination is not None and isinstance(verdict, RetentionReinstated):
            await course.reinstate(termination, reinstated.reason or "the contract goes on", tx)

    # The client's choice, and what is returned.

    @router.on(ChoiceMade)
    async def on_choice_made(self, made: ChoiceMade, tx: Transaction) -> None:
        """TER-2: return or deletion; it is carried out at once, or when the contract's day comes."""
        client = await self._client(made.client_id, tx)
        agreement = self._agreement(client.signed)
        current = await termination_store.load_current(tx, made.client_id)
        verdict = weigh_choice(agreement, current[0] if current else None, made)
        tx.emit(verdict)
        if current is None or not isinstance(verdict, RetentionChoiceAccepted):
            return
        termination, agreement = current[0], self._agreement(current[1])
        chosen_on = deadlines.local_date(agreement, made.received_at)
        await termination_store.set_choice(tx, termination.termination_id, made, chosen_on)
        chosen = replace(termination, choice=made.choice, chosen_on=chosen_on, recipient=made.recipient)
        if termination.stage is Stage.ASKING:
            await course.carry_out(agreement, chosen, tx)
        else:
            await course.replan(agreement, chosen, tx)

    @router.on(ScheduleChoiceClosed)
    async def on_choice_closed(self, closed: ScheduleChoiceClosed, tx: Transaction) -> None:
        """TER-2: the client made no choice: the default runs by itself."""
        await self._client(closed.client_id, tx)
        termination, agreement = await self._current(closed.client_id, tx)
        if termination.stage is Stage.ASKING and termination.closes_at is not None and termination.closes_at <= tx.now:
            await course.run_default(agreement, termination, tx)

    @router.on(ReturnConfirmed)
    async def on_return_confirmed(self, made: ReturnConfirmed, tx: Transaction) -> None:
        """TER-5: a package is ready; when all are, the client is told."""
        await self._client(made.client_id, tx)
        termination_id = await answers.return_made(made, tx)
        if termination_id is None:
            return
        termination, agreement = await self._current(made.client_id, tx)
        to_make, _, _ = await package_store.count_packages(tx, termination_id)
        if termination.stage is Stage.RETURNING and not to_make:
            await course.packages_ready(agreement, termination, tx)

    @router.on(ReturnFailed)
    async def on_return_failed(self, failed: ReturnFailed, tx: Transaction) -> None:
        """A holder can't make its package: people must act."""
        await answers.return_failed(failed, tx)

    @router.on(ReturnDownloaded)
    async def on_return_downloaded(self, fetched: ReturnDownloaded, tx: Transaction) -> None:
        """TER-5: the client has fetched a package."""
        await answers.return_fetched(fetched, tx)

    @router.on(ReturnAcknowledged)
    async def on_return_acknowledged(self, said: ReturnAcknowledged, tx: Transaction) -> None:
        """TER-5: the client has its data; once all of it is acknowledged, deletion follows."""
        await self._client(said.client_id, tx)
        termination, agreement = await self._current(said.client_id, tx)
        if not await package_store.note_acknowledgement(tx, termination.termination_id, said):
            raise Rejected("no package of this client waits for an acknowledgement", "order_id")
        if termination.stage is Stage.RETURNING:
            await course.settle_return(agreement, termination, tx, over=False)

    @router.on(ScheduleReturnClosed)
    async def on_return_closed(self, closed: ScheduleReturnClosed, tx: Transaction) -> None:
        """TER-5: the agreed time to fetch what is returned is over."""
        await self._client(closed.client_id, tx)
        termination, agreement = await self._current(closed.client_id, tx)
        if termination.stage is Stage.RETURNING:
            await course.settle_return(agreement, termination, tx, over=True)

    # What holders answer.

    @router.on(CeaseConfirmed)
    async def on_cease_confirmed(self, confirmed: CeaseConfirmed, tx: Transaction) -> None:
        """TER-1: a holder has ceased."""
        await answers.ceased(confirmed, tx)

    @router.on(ErasureConfirmed)
    async def on_erasure_confirmed(self, confirmed: ErasureConfirmed, tx: Transaction) -> None:
        """TER-3: a holder has deleted; an own system looks again later, a sub-processor's word is the last."""
        found = await self._of_order(confirmed.order_id, tx)
        termination_id = await answers.erased(found[2] if found else self.book.latest, confirmed, tx)
        if termination_id is not None:
            await self._advance(termination_id, tx)

    @router.on(ErasureFailed)
    async def on_erasure_failed(self, failed: ErasureFailed, tx: Transaction) -> None:
        """A holder can't delete as things are: people must act, and the order stands."""
        await self._of_order(failed.order_id, tx)
        termination_id = await answers.erasure_failed(failed, tx)
        if termination_id is not None:
            await self._advance(termination_id, tx)

    @router.on(ScheduleCheckDue)
    async def on_check_due(self, due: ScheduleCheckDue, tx: Transaction) -> None:
        """TER-6: it is time for the second look."""
        found = await self._of_order(due.order_id, tx)
        if found is not None:
            order, termination, agreement = found
            await orders.look_again(agreement, termination, order, tx)

    @router.on(ErasureChecked)
    async def on_erasure_checked(self, checked: ErasureChecked, tx: Transaction) -> None:
        """TER-6: a second look found nothing, or reopens the order."""
        found = await self._of_order(orders.checked_order(checked.order_id), tx)
        if await answers.is_checked(checked, tx) and found is not None:
            order, termination, agreement = found
            await course.after_look(agreement, termination, order, checked, tx)

    @router.on(ScheduleReminderDue)
    async def on_reminder_due(self, due: ScheduleReminderDue, tx: Transaction) -> None:
        """SUB-7: an order was not answered: it is said again, and people are told when that doesn't help."""
        order = await order_store.lock_order(tx, due.order_id)
        if order is None or not order.is_open:
            return
        agreement = await self._agreement_of(order.client_ids[0], tx)
        await orders.remind(agreement, order, due.nth, tx)
        if order.termination_id is not None:
            await self._advance(order.termination_id, tx)

    # The days that come, and what holds them up.

    @router.on(ScheduleDeletionDue)
    async def on_deletion_due(self, due: ScheduleDeletionDue, tx: Transaction) -> None:
        """TER-4: a day has come on which data must go, as that of a hold's end."""
        await self._client(due.client_id, tx)
        termination, agreement = await self._current(due.client_id, tx)
        await course.advance(agreement, termination, tx)

    @router.on(HoldPlaced)
    async def on_hold_placed(self, placed: HoldPlaced, tx: Transaction) -> None:
        """TER-4: nothing of these data is deleted from now on; what runs is stopped, what is gone is named."""
        client = await self._client(placed.client_id, tx)
        agreement = self._agreement(client.signed)
        refused = weigh_hold(agreement, placed, deadlines.local_date(agreement, tx.now))
        if refused is None and not await hold_store.place(tx, placed):
            reason = "the id is another client's, or the hold is over"
            refused = RetentionHoldRefused(client_id=placed.client_id, hold_id=placed.hold_id, reason=reason)
        if refused is not None:
            tx.emit(refused)
            return
        ended = ScheduleHoldEnded(client_id=placed.client_id, hold_id=placed.hold_id)
        tx.cancel(_hold_name(placed.hold_id))
        if placed.until is not None:
            tx.emit_at(ended, deadlines.start_of_day(agreement, placed.until), _hold_name(placed.hold_id))
        too_late = await course.apply_hold(placed, tx)
        tx.emit(
            RetentionHoldApplied(
                client_id=placed.client_id, hold_id=placed.hold_id, categories=placed.categories, too_late=too_late
            )
        )
        await self._replan(placed.client_id, tx)

    @router.on(HoldLifted)
    async def on_hold_lifted(self, lifted: HoldLifted, tx: Transaction) -> None:
        """TER-4: what only this hold kept goes by itself."""
        await self._client(lifted.client_id, tx)
        if not await hold_store.lift(tx, lifted):
            reason = "no hold of this client with this id stands"
            tx.emit(RetentionHoldRefused(client_id=lifted.client_id, hold_id=lifted.hold_id, reason=reason))
            return
        tx.cancel(_hold_name(lifted.hold_id))
        await self._replan(lifted.client_id, tx)

    @router.on(ScheduleHoldEnded)
    async def on_hold_ended(self, ended: ScheduleHoldEnded, tx: Transaction) -> None:
        """TER-4: the last day of a hold has passed."""
        await self._client(ended.client_id, tx)
        await self._replan(ended.client_id, tx)

    @router.on(ScheduleSweepDue)
    async def on_sweep_due(self, due: ScheduleSweepDue, tx: Transaction) -> None:
        """RET-1: today's rolling orders, for the next page of clients."""
        await sweeping.sweep(self.book, due, tx)

    @router.on(ScheduleCertificateDue)
    async def on_certificate_due(self, due: ScheduleCertificateDue, tx: Transaction) -> None:
        """TER-6: what was carried out is certified once nothing runs any more."""
        await self._client(due.client_id, tx)
        termination, agreement = await self._current(due.client_id, tx)
        if termination.stage is Stage.DELETING:
            await certifying.certify(agreement, termination, self.signer, tx)

    async def _replan(self, client_id: str, tx: Transaction) -> None:
        """A hold came or went: the plan of an end that is known changes, and what is free now goes."""
        current = await termination_store.load_current(tx, client_id)
        if current is not None and not current[0].is_over:
            agreement = self._agreement(current[1])
            await course.replan(agreement, current[0], tx)
            await course.advance(agreement, current[0], tx)

    async def _advance(self, termination_id: str, tx: Transaction) -> None:
        found = await termination_store.load_one(tx, termination_id)
        if found is not None:
            await course.advance(self._agreement(found[1]), found[0], tx)

    async def _of_order(self, order_id: str, tx: Transaction) -> tuple[Order, Termination, Agreement] | None:
        """An order of a termination, with its client locked before it: the same way round as everywhere."""
        order = await order_store.load_order(tx, order_id)
        if order is None or order.termination_id is None:
            return None
        await self._client(order.client_ids[0], tx)
        found = await termination_store.load_one(tx, order.termination_id)
        return None if found is None else (order, found[0], self._agreement(found[1]))

    async def _client(self, client_id: str, tx: Transaction) -> Client:
        """The client, locked: one decision about it at a time."""
        client = await client_store.lock_client(tx, client_id)
        if client is None:
            raise _unknown(client_id)
        return client

    async def _current(self, client_id: str, tx: Transaction) -> tuple[Termination, Agreement]:
        current = await termination_store.load_current(tx, client_id)
        if current is None:
            raise Rejected(f"no end of the contract of {client_id!r} is known", "client_id")
        return current[0], self._agreement(current[1])

    async def _agreement_of(self, client_id: str, tx: Transaction) -> Agreement:
        client = await client_store.lock_client(tx, client_id)
        return self.book.latest if client is None else self._agreement(client.signed)

    def _agreement(self, signed: Signed) -> Agreement:
        try:
            return self.book[signed]
        except AgreementUnknown as error:
            raise Rejected(str(error), "agreement_version") from error


def _hold_name(hold_id: str) -> str:
    return f"hold/{hold_id}"


def _unknown(client_id: str) -> Rejected:
    return Rejected(f"client {client_id!r} is unknown: publish client.signed first", "client_id")
