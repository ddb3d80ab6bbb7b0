"""What the registry hears, in the order in which events arrive (§4, §8.2, Appendix B)."""

from collections.abc import Callable, Coroutine, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from fastapi import FastAPI

from agreement import deadlines
from agreement.book import AgreementUnknown, Book
from agreement.schema import Agreement
from chassis.errors import Rejected
from chassis.message import Message
from chassis.router import Router
from chassis.service import Runtime
from chassis.transaction import Transaction
from contracts.change import (
    ChangeAnnounced,
    ChangeCorrected,
    ChangeMitigationClosed,
    ChangeMitigationOpened,
    ChangeObjectionAccepted,
    ChangeReceiptOverdue,
    ChangeRefused,
    ChangeWithdrawn,
    NoticeKind,
)
from contracts.client import ClientAmended, ClientSigned
from contracts.contract import ContractTerminated
from contracts.deadline import DeadlineClientEnded, DeadlineDayReached, DeadlineReceiptChecked, DeadlineWindowClosed
from contracts.mitigation import MitigationAnswered, MitigationOffered
from contracts.notice import NoticeReceived
from contracts.objection import ObjectionRaised, ObjectionWithdrawn
from contracts.retention import RetentionReinstated
from contracts.subprocessor import (
    SubprocessorAdded,
    SubprocessorCorrected,
    SubprocessorFacts,
    SubprocessorRemoved,
)
from subprocessor_registry import (
    answer_store,
    api,
    change_store,
    client_store,
    effects,
    list_store,
    notices,
    standing_store,
)
from subprocessor_registry.decisions import (
    ClientChange,
    Status,
    after_withdrawal,
    weigh_answer,
    weigh_objection,
    weigh_offer,
    weigh_receipt,
    weigh_withdrawal,
)
from subprocessor_registry.planning import (
    Change,
    Listed,
    Verdict,
    Wish,
    announced_change,
    facts_of,
    refuse_removal,
    weigh_addition,
    weigh_correction,
    weigh_removal,
)
from subprocessor_registry.reasons import Reason, ReasonCode
from subprocessor_registry.signing import Signing, weigh_signature


class Registry:
    """The app: its routes, its API, and the agreements it keeps."""

    name = "subprocessor_registry"
    migrations = Path(__file__).parent / "migrations"
    router = Router()

    def __init__(self, book: Book) -> None:
        self.book = book

    async def begin(self, tx: Transaction) -> None:
        """The list of the agreement is the first that is known (Appendix B)."""
        agreement = self.book.latest
        for each in agreement.sub_processors:
            await list_store.list_first(tx, each.id, facts_of(each), agreement.version_on)

    def api(self, runtime: Runtime) -> FastAPI:
        """The registry's HTTP API."""
        return api.build(self, runtime)

    def workers(self, runtime: Runtime) -> Sequence[Callable[[], Coroutine[Any, Any, None]]]:  # noqa: ARG002 - the protocol of every app
        """The registry does nothing beside handling what it hears."""
        return ()

    # What the platform says about sub-processors.

    @router.on(SubprocessorAdded)
    async def on_subprocessor_added(self, added: SubprocessorAdded, tx: Transaction) -> None:
        """A sub-processor is to be appointed, or its facts are to change (§4.1, §4.3, §8.2)."""
        await list_store.lock_subprocessor(tx, added.subprocessor_id)
        listed = await list_store.load_listed(tx, added.subprocessor_id)
        wish = _wish(added, added.effective_on, tx)
        verdict = weigh_addition(await self._agreements(tx), wish, listed, await list_store.load_list(tx))
        await self._settle(verdict, listed, tx)

    @router.on(SubprocessorCorrected)
    async def on_subprocessor_corrected(self, corrected: SubprocessorCorrected, tx: Transaction) -> None:
        """The list is to say something else about what is done already (§4.3)."""
        await list_store.lock_subprocessor(tx, corrected.subprocessor_id)
        listed = await list_store.load_listed(tx, corrected.subprocessor_id)
        verdict = weigh_correction(await self._agreements(tx), _wish(corrected, None, tx), listed)
        await self._settle(verdict, listed, tx)

    @router.on(SubprocessorRemoved)
    async def on_subprocessor_removed(self, removed: SubprocessorRemoved, tx: Transaction) -> None:
        """A sub-processor is to leave the list (§4.3)."""
        await list_store.lock_subprocessor(tx, removed.subprocessor_id)
        listed = await list_store.load_listed(tx, removed.subprocessor_id)
        change_id = tx.cause.derive("change")
        if listed.facts is not None:
            children = await list_store.load_children(tx, removed.subprocessor_id)
            wish = Wish(change_id, removed.subprocessor_id, listed.facts, removed.effective_on, tx.now)
            await self._settle(weigh_removal(await self._agreements(tx), wish, children), listed, tx)
        elif listed.planned is not None:
            await self._withdraw(listed.planned, Reason(ReasonCode.TAKEN_BACK), tx)
        else:
            await self._settle(refuse_removal(self.book.latest, change_id, removed.subprocessor_id), listed, tx)

    async def _settle(self, verdict: Verdict, listed: Listed, tx: Transaction) -> None:
        """Record the verdict, say it, and let it have its consequences."""
        if isinstance(verdict, ChangeAnnounced) and listed.planned is not None:
            reason = Reason(ReasonCode.OVERTAKEN, {"change_id": verdict.change_id})
            await self._withdraw(listed.planned, reason, tx)
        await change_store.insert_change(tx, verdict)
        tx.emit(verdict)
        match verdict:
            case ChangeAnnounced():
                change = announced_change(verdict)
                notices.date_change(self.book.latest, change, tx)
                await self._tell_clients(change, tx)
            case ChangeCorrected():
                await list_store.correct_listing(tx, verdict.subprocessor_id, verdict.facts, verdict.change_id)
            case ChangeRefused():
                pass

    async def _tell_clients(self, change: Change, tx: Transaction) -> None:
        concerned = await standing_store.concern_clients(tx, change.change_id, self._today(tx))
        notices.order_announcement(self.book.latest, change, concerned, tx)

    async def _withdraw(self, planned: Change, reason: Reason, tx: Transaction) -> None:
        await change_store.close_change(tx, planned.change_id, "withdrawn", str(reason))
        clients = await standing_store.end_standings(tx, planned.change_id)
        tx.emit(
            ChangeWithdrawn(change_id=planned.change_id, subprocessor_id=planned.subprocessor_id, reason=str(reason))
        )
        notices.undate_change(planned.change_id, tx)
        notices.order_withdrawal(self.book.latest, planned, reason, clients, tx)

    # What the platform says about clients.

    @router.on(ClientSigned)
    async def on_client_signed(self, signed: ClientSigned, tx: Transaction) -> None:
        """A client is bound to a version: it enters, stays, or returns after its end (§4.3, §8.3, §15)."""
        agreement = self._agreement(signed.agreement_id, signed.agreement_version)
        contract = await client_store.lock_contract(tx, signed.client_id)
        await client_store.insert_signature(tx, signed)
        match weigh_signature(contract, signed.signed_on, self._today(tx)):
            case Signing.ENTERS:
                await effects.end_client(signed.client_id, tx)  # its end may have come, and not been handled yet
                await self._enter(agreement, signed.client_id, signed.signed_on, tx)
            case Signing.STAYS:
                tx.cancel(effects.ending_name(signed.client_id))
                await client_store.continue_contract(tx, signed.client_id)
            case Signing.RETURNS:
                await client_store.renew_contract(tx, signed.client_id, signed.signed_on)
                return  # its end of its own is that of the contract which is to come
        if signed.contract_ends_on is not None:
            await self._end_on(signed.client_id, signed.contract_ends_on, tx)

    async def _enter(self, agreement: Agreement, client_id: str, on: date, tx: Transaction) -> None:
        """The list as it stands is permitted from the contract's first day; what is planned concerns the client."""
        tx.cancel(effects.ending_name(client_id))
        await client_store.begin_contract(tx, client_id, on)
        await effects.permit_list(agreement, client_id, on, tx)
        for change in await change_store.load_announced(tx):
            await self._tell_clients(change, tx)

    @router.on(ClientAmended)
    async def on_client_amended(self, amended: ClientAmended, tx: Transaction) -> None:
        """Another version binds the client from its signature on; windows that run keep theirs (§15)."""
        if not await client_store.insert_amendment(tx, amended):
            raise Rejected(f"client {amended.client_id!r} is unknown: publish client.signed first", "client_id")
        if amended.contract_ends_on is not None:
            await self._end_on(amended.client_id, amended.contract_ends_on, tx)

    @router.on(ContractTerminated)
    async def on_contract_terminated(self, terminated: ContractTerminated, tx: Transaction) -> None:
        """The client's contract ends on a day; from then on nobody may be used for it (§8.3)."""
        if not await self._end_on(terminated.client_id, terminated.terminated_on, tx):
            raise Rejected(f"client {terminated.client_id!r} is unknown: publish client.signed first", "client_id")

    async def _end_on(self, client_id: str, on: date, tx: Transaction) -> bool:
        known = await client_store.end_client(tx, client_id, on)
        if known:
            at = deadlines.start_of_day(self.book.latest, on)
            tx.emit_at(DeadlineClientEnded(client_id=client_id), at, effects.ending_name(client_id))
        return known

    @router.on(RetentionReinstated)
    async def on_reinstated(self, reinstated: RetentionReinstated, tx: Transaction) -> None:
        """The contract goes on after all (§8.3): before its end nothing had changed, after it what was is permitted."""
        signed = await client_store.load_last_signed(tx, reinstated.client_id)
        if signed is None:
            raise Rejected(f"client {reinstated.client_id!r} is unknown: publish client.signed first", "client_id")
        tx.cancel(effects.ending_name(reinstated.client_id))
        await client_store.continue_contract(tx, reinstated.client_id)
        await effects.permit_again(self.book[signed], reinstated.client_id, tx)
        for change in await change_store.load_announced(tx):
            await self._tell_clients(change, tx)

    @router.on(DeadlineClientEnded)
    async def on_client_ended(self, ended: DeadlineClientEnded, tx: Transaction) -> None:
        """The day of the contract's end has come; a common gate that this client alone held shut opens."""
        contract = await client_store.lock_contract(tx, ended.client_id)
        if contract is None or not contract.has_ended(self._today(tx)):
            return  # it signed again when this was on its way
        await effects.end_client(ended.client_id, tx)
        if contract.renews_on is not None:
            await self._enter(self.book.latest, ended.client_id, contract.renews_on, tx)
        for change in await change_store.load_announced(tx):
            await effects.settle(self.book.latest, await self._change(change.change_id, tx), tx)

    # Receipt, window, objection, mitigation: per client.

    @router.on_batch(NoticeReceived)
    async def on_notices_received(self, receipts: Sequence[Message[NoticeReceived]], tx: Transaction) -> None:
        """The first proof of receipt is recorded wherever the client stands, and its days run from it (§4.4)."""
        announced = [receipt for receipt in receipts if receipt.event.kind == NoticeKind.CHANGE_ANNOUNCED]
        first = {(each.event.about, each.event.client_id): each for each in reversed(announced)}
        without = await standing_store.load_without_receipt(tx, [key[0] for key in first], [key[1] for key in first])
        weighed = [
            (weigh_receipt(self.book[signed], kind, status, first[key].event), first[key].cause)
            for key, (signed, kind, status) in without.items()
        ]
        await standing_store.record_receipts(tx, [receipt for receipt, _ in weighed])
        for receipt, cause in weighed:
            if receipt.window is not None:
                tx.emit(receipt.window, cause=cause)
            if receipt.window is not None and receipt.status is Status.WINDOW_OPEN:
                closed = DeadlineWindowClosed(change_id=receipt.change_id, client_id=receipt.client_id)
                name = effects.window_name(receipt.change_id, receipt.client_id)
                tx.emit_at(closed, receipt.window.closes_at, name, cause=cause)

    @router.on_batch(DeadlineWindowClosed)
    async def on_windows_closed(self, closed: Sequence[Message[DeadlineWindowClosed]], tx: Transaction) -> None:
        """A window ran out without an accepted objection: the client is clear (§4.4)."""
        by_change: dict[str, list[Message[DeadlineWindowClosed]]] = {}
        for each in closed:
            by_change.setdefault(each.event.change_id, []).append(each)
        for change_id, those in sorted(by_change.items()):
            tx.cause = those[0].cause
            change = await self._change(change_id, tx)
            await standing_store.close_windows(tx, change_id, [each.event.client_id for each in those])
            await effects.settle(self.book.latest, change, tx)

    @router.on(ObjectionRaised)
    async def on_objection_raised(self, objection: ObjectionRaised, tx: Transaction) -> None:
        """A client objects to a planned sub-processor (§4.4)."""
        change, standing, agreement = await self._standing(objection.change_id, objection.client_id, tx)
        verdict = weigh_objection(agreement, standing, objection)
        await answer_store.insert_objection(tx, objection, verdict)
        tx.emit(verdict)
        if isinstance(verdict, ChangeObjectionAccepted):
            await standing_store.set_status(tx, standing, Status.OBJECTED)
            await effects.bar_client(agreement, standing, tx)
        notices.order_verdict(agreement, change, verdict, tx)

    @router.on(ObjectionWithdrawn)
    async def on_objection_withdrawn(self, withdrawn: ObjectionWithdrawn, tx: Transaction) -> None:
        """A client takes its objection back: the rest of its days runs on, or it is clear (§4.4)."""
        change, standing, agreement = await self._standing(withdrawn.change_id, withdrawn.client_id, tx)
        refused = weigh_withdrawal(agreement, standing)
        if refused is not None:
            tx.emit(refused)
            return
        await answer_store.withdraw_objection(tx, withdrawn)
        status = after_withdrawal(standing, tx.now)
        await standing_store.set_status(tx, standing, status)
        if status is Status.WINDOW_OPEN and standing.closes_at is not None:
            closed = DeadlineWindowClosed(change_id=standing.change_id, client_id=standing.client_id)
            tx.emit_at(closed, standing.closes_at, effects.window_name(standing.change_id, standing.client_id))
        await effects.settle(agreement, change, tx)

    @router.on(MitigationOffered)
    async def on_mitigation_offered(self, offer: MitigationOffered, tx: Transaction) -> None:
        """The processor offers a way around the sub-processor (§4.4)."""
        change, standing, agreement = await self._standing(offer.change_id, offer.client_id, tx)
        verdict = weigh_offer(agreement, standing, offer)
        tx.emit(verdict)
        if isinstance(verdict, ChangeMitigationOpened):
            await answer_store.insert_mitigation(tx, offer)
            await standing_store.set_status(tx, standing, Status.MITIGATION_OPEN)
            notices.order_offer(agreement, change, offer, tx)

    @router.on(MitigationAnswered)
    async def on_mitigation_answered(self, answer: MitigationAnswered, tx: Transaction) -> None:
        """The client accepts what was offered, or stays with its objection (§4.4)."""
        change, standing, agreement = await self._standing(answer.change_id, answer.client_id, tx)
        verdict = weigh_answer(agreement, standing, answer)
        tx.emit(verdict)
        if isinstance(verdict, ChangeMitigationClosed):
            kind = await answer_store.answer_mitigation(tx, answer)
            consequence = await effects.after_answer(agreement, standing, kind, answer, tx)
            notices.order_answered(agreement, change, verdict, consequence, tx)
            await effects.settle(agreement, change, tx)

    # The days that come.

    @router.on(DeadlineReceiptChecked)
    async def on_receipt_checked(self, checked: DeadlineReceiptChecked, tx: Transaction) -> None:
        """The planned day is near: who has not received the notice? Nothing takes effect for them (§4.3)."""
        change = await self._change(checked.change_id, tx)
        if change.status != "announced":
            return
        for client_id in await standing_store.unreceived(tx, checked.change_id):
            tx.emit(
                ChangeReceiptOverdue(change_id=checked.change_id, client_id=client_id, effective_on=change.effective_on)
            )

    @router.on(DeadlineDayReached)
    async def on_day_reached(self, reached: DeadlineDayReached, tx: Transaction) -> None:
        """The planned day has come: the change takes effect for those who are clear (§4.3, §4.4)."""
        await effects.reach_day(self.book.latest, await self._change(reached.change_id, tx), tx)

    async def _change(self, change_id: str, tx: Transaction) -> Change:
        change = await change_store.lock_change(tx, change_id)
        if change is None:
            raise Rejected(f"no change {change_id!r} was announced", "change_id")
        return change

    async def _standing(
        self, change_id: str, client_id: str, tx: Transaction
    ) -> tuple[Change, ClientChange, Agreement]:
        change = await self._change(change_id, tx)
        found = await standing_store.lock_standing(tx, change_id, client_id)
        if found is None:
            raise Rejected(f"change {change_id!r} does not concern a client {client_id!r}", "client_id")
        standing, signed = found
        return change, standing, self.book[signed]

    async def _agreements(self, tx: Transaction) -> list[Agreement]:
        """The versions that clients are bound to; where there is no client yet, the latest."""
        return self.book.those(await client_store.load_signed(tx, self._today(tx)))

    def _agreement(self, agreement_id: str, version: str) -> Agreement:
        try:
            return self.book.of(agreement_id, version)
        except AgreementUnknown as error:
            raise Rejected(str(error), "agreement_version") from error

    def _today(self, tx: Transaction) -> date:
        return deadlines.local_date(self.book.latest, tx.now)


def _wish(event: SubprocessorAdded | SubprocessorCorrected, effective_on: date | None, tx: Transaction) -> Wish:
    facts = SubprocessorFacts.model_validate(event.model_dump(include=set(SubprocessorFacts.model_fields)))
    return Wish(tx.cause.derive("change"), event.subprocessor_id, facts, effective_on, tx.now)
