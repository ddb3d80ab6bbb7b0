"""What the registry hears, in the order in which events arrive (§4, §8.2, Appendix B)."""

from collections.abc import Callable, Coroutine, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from fastapi import FastAPI

from agreement import deadlines
from agreement.book import Signed
from agreement.calendar import CalendarUnknown
from chassis.errors import Rejected
from chassis.message import Message
from chassis.router import Router
from chassis.service import Runtime
from chassis.transaction import Transaction
from contracts.change import (
    ChangeKind,
    ChangeMitigationClosed,
    ChangeMitigationOpened,
    ChangeObjectionAccepted,
    ChangeReceiptOverdue,
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
    announcing,
    answer_store,
    api,
    change_store,
    client_store,
    effects,
    joining,
    list_store,
    notices,
    permissions,
    standing_store,
    windows,
)
from subprocessor_registry.changes import Asked, Wish, facts_of
from subprocessor_registry.decisions import (
    Receipt,
    Status,
    after_withdrawal,
    consequence_of,
    weigh_answer,
    weigh_objection,
    weigh_offer,
    weigh_receipt,
    weigh_withdrawal,
)
from subprocessor_registry.finding import Finder, client_unknown, require_come, require_day
from subprocessor_registry.planning import weigh_addition, weigh_correction, weigh_removal
from subprocessor_registry.signing import Signing, weigh_signature


def _locks(event: SubprocessorAdded | SubprocessorCorrected | SubprocessorRemoved) -> list[str]:
    """One decision about a sub-processor at a time; and one about who works for whom, where that may change."""
    chained = isinstance(event, SubprocessorRemoved) or event.parent_id is not None
    return [list_store.lock_of(event.subprocessor_id), *([list_store.CHAINS] if chained else [])]


class Registry(Finder):
    """The app: its routes and its API."""

    name = "subprocessor_registry"
    migrations = Path(__file__).parent / "migrations"
    router = Router()

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

    @router.on(SubprocessorAdded, locks=_locks)
    async def on_subprocessor_added(self, added: SubprocessorAdded, tx: Transaction) -> None:
        """A sub-processor is to be appointed, or its facts are to change (§4.1, §4.3, §8.2)."""
        listed, signed = await list_store.load_situation(tx, added.subprocessor_id, self.today(tx))
        chains = await list_store.load_chains(tx) if added.parent_id is not None else {}
        wish = _wish(added, added.effective_on, tx)
        verdict = weigh_addition(self.book.those(signed), wish, listed, chains)
        await announcing.settle(self.book.latest, verdict, listed.planned, tx)

    @router.on(SubprocessorCorrected, locks=_locks)
    async def on_subprocessor_corrected(self, corrected: SubprocessorCorrected, tx: Transaction) -> None:
        """The list is to say something else about what is done already; what is planned stays so (§4.3)."""
        listed, signed = await list_store.load_situation(tx, corrected.subprocessor_id, self.today(tx))
        chains = await list_store.load_chains(tx) if corrected.parent_id is not None else {}
        wish = _wish(corrected, None, tx)
        verdict = weigh_correction(self.book.those(signed), wish, listed, chains)
        await announcing.settle(self.book.latest, verdict, None, tx)

    @router.on(SubprocessorRemoved, locks=_locks)
    async def on_subprocessor_removed(self, removed: SubprocessorRemoved, tx: Transaction) -> None:
        """A sub-processor is to leave the list, or what is planned of it is taken back (§4.3)."""
        listed, signed = await list_store.load_situation(tx, removed.subprocessor_id, self.today(tx))
        asked = Asked(
            change_id=tx.cause.derive("change"),
            subprocessor_id=removed.subprocessor_id,
            effective_on=removed.effective_on,
            asked_at=tx.now,
        )
        verdict = weigh_removal(self.book.those(signed), asked, listed, await list_store.load_chains(tx))
        await announcing.settle(self.book.latest, verdict, listed.planned, tx)

    # What the platform says about clients.

    @router.on(ClientSigned)
    async def on_client_signed(self, signed: ClientSigned, tx: Transaction) -> None:
        """A client is bound to a version: it enters, stays, or returns after its end (§4.3, §8.3, §15)."""
        agreement = self.book.of(signed.agreement_id, signed.agreement_version)
        require_day(agreement, signed.signed_on, "signed_on")
        contract = await client_store.lock_contract(tx, signed.client_id)
        await client_store.insert_signature(tx, signed)
        match weigh_signature(contract, signed.signed_on, self.today(tx)):
            case Signing.ENTERS:
                await joining.leave(signed.client_id, tx)  # its end may have come, and not been handled yet
                await joining.enter(agreement, signed.client_id, signed.signed_on, tx)
            case Signing.STAYS:
                tx.cancel(joining.ending_name(signed.client_id))
                await client_store.continue_contract(tx, signed.client_id)
            case Signing.RETURNS:
                await client_store.renew_contract(tx, signed.client_id, signed.signed_on)
                return  # its end of its own is that of the contract which is to come
        if signed.contract_ends_on is not None:
            await self._end_on(signed.client_id, signed.contract_ends_on, "contract_ends_on", tx)

    @router.on(ClientAmended)
    async def on_client_amended(self, amended: ClientAmended, tx: Transaction) -> None:
        """Another version binds the client from its signature on; windows that run keep theirs (§15)."""
        last = await client_store.load_last_signed(tx, amended.client_id)
        if last is None:
            raise client_unknown(amended.client_id)
        agreement = self.book.of(last.agreement_id, amended.agreement_version)
        require_day(agreement, amended.signed_on, "signed_on")
        version = Signed(agreement.id, agreement.version)
        await client_store.bind(tx, amended.client_id, version, amended.signed_on)
        if amended.contract_ends_on is not None:
            await self._end_on(amended.client_id, amended.contract_ends_on, "contract_ends_on", tx)

    @router.on(ContractTerminated)
    async def on_contract_terminated(self, terminated: ContractTerminated, tx: Transaction) -> None:
        """The client's contract ends on a day; from then on nobody may be used for it (§8.3)."""
        await self._end_on(terminated.client_id, terminated.terminated_on, "terminated_on", tx)

    async def _end_on(self, client_id: str, on: date, field: str, tx: Transaction) -> None:
        require_day(self.book.latest, on, field)
        contract = await client_store.lock_contract(tx, client_id)
        if contract is None:
            raise client_unknown(client_id)
        if contract.is_revived_by(on, self.today(tx)):
            reason = f"the contract ended on {contract.active_until} already: publish client.signed for another first"
            raise Rejected(reason, field)
        await client_store.end_contract(tx, client_id, on)
        at = deadlines.start_of_day(self.book.latest, on)
        tx.emit_at(DeadlineClientEnded(client_id=client_id), at, joining.ending_name(client_id))

    @router.on(RetentionReinstated)
    async def on_reinstated(self, reinstated: RetentionReinstated, tx: Transaction) -> None:
        """The contract goes on after all (§8.3): the client stands where it stood, and what was is permitted."""
        signed = await client_store.load_last_signed(tx, reinstated.client_id)
        if signed is None:
            raise client_unknown(reinstated.client_id)
        agreement = self.book[signed]
        await joining.resume(agreement, reinstated.client_id, tx)
        for change_id in await change_store.load_unsettled(tx, reinstated.client_id):
            await effects.settle(self.book.latest, await self.change(change_id, tx), tx)
        await joining.permit_again(agreement, reinstated.client_id, tx)

    @router.on(DeadlineClientEnded)
    async def on_client_ended(self, ended: DeadlineClientEnded, tx: Transaction) -> None:
        """The day of the contract's end has come; a common gate that this client alone held shut opens."""
        contract = await client_store.lock_contract(tx, ended.client_id)
        if contract is None or not contract.has_ended(self.today(tx)):
            return  # it signed again when this was on its way
        await joining.leave(ended.client_id, tx)
        if contract.renews_on is not None:
            await joining.enter(self.book.latest, ended.client_id, contract.renews_on, tx)
        for change in await change_store.load_announced(tx):
            await effects.settle(self.book.latest, await self.change(change.change_id, tx), tx)

    # Receipt, window, objection, mitigation: per client.

    @router.on_batch(NoticeReceived)
    async def on_notices_received(self, receipts: Sequence[Message[NoticeReceived]], tx: Transaction) -> None:
        """The first proof of receipt is recorded wherever the client stands, and its days run from it (§4.4)."""
        announced = [receipt for receipt in receipts if receipt.event.kind == NoticeKind.CHANGE_ANNOUNCED]
        first = {(each.event.about, each.event.client_id): each for each in reversed(announced)}
        without = await standing_store.load_without_receipt(tx, [key[0] for key in first], [key[1] for key in first])
        weighed = [
            (self._weigh_receipt(signed, kind, status, first[key].event), first[key].cause)
            for key, (signed, kind, status) in without.items()
        ]
        await standing_store.record_receipts(tx, [receipt for receipt, _ in weighed])
        for receipt, cause in weighed:
            windows.open_window(receipt, tx, cause)

    @router.on_batch(DeadlineWindowClosed)
    async def on_windows_closed(self, closed: Sequence[Message[DeadlineWindowClosed]], tx: Transaction) -> None:
        """A window ran out without an accepted objection: the client is clear (§4.4)."""
        by_change: dict[str, list[Message[DeadlineWindowClosed]]] = {}
        for each in closed:
            by_change.setdefault(each.event.change_id, []).append(each)
        for change_id, those in sorted(by_change.items()):
            tx.cause = those[0].cause
            change = await self.change(change_id, tx)
            await standing_store.close_windows(tx, change_id, [each.event.client_id for each in those])
            await effects.settle(self.book.latest, change, tx)

    @router.on(ObjectionRaised)
    async def on_objection_raised(self, objection: ObjectionRaised, tx: Transaction) -> None:
        """A client objects to a planned sub-processor (§4.4)."""
        change, standing, agreement = await self.standing(objection.change_id, objection.client_id, tx)
        require_come(agreement, objection.received_at, tx.now, "received_at")
        verdict = weigh_objection(agreement, standing, objection)
        await answer_store.insert_objection(tx, objection, verdict)
        tx.emit(verdict)
        if isinstance(verdict, ChangeObjectionAccepted):
            await standing_store.set_status(tx, standing, Status.OBJECTED)
            tx.cancel(windows.window_name(standing.change_id, standing.client_id))
            await permissions.refresh(agreement, standing.subprocessor_id, [standing.client_id], tx)
        notices.order_verdict(agreement, change, verdict, tx)

    @router.on(ObjectionWithdrawn)
    async def on_objection_withdrawn(self, withdrawn: ObjectionWithdrawn, tx: Transaction) -> None:
        """A client takes its objection back: the rest of its days runs on, or it is clear (§4.4)."""
        change, standing, agreement = await self.standing(withdrawn.change_id, withdrawn.client_id, tx)
        refused = weigh_withdrawal(agreement, standing)
        if refused is not None:
            tx.emit(refused)
            return
        await answer_store.withdraw_objection(tx, withdrawn)
        status = after_withdrawal(standing, tx.now)
        await standing_store.set_status(tx, standing, status)
        if status is Status.WINDOW_OPEN and standing.closes_at is not None:
            windows.date_window(standing.change_id, standing.client_id, standing.closes_at, tx, tx.cause)
        await effects.after_word(agreement, change, standing.client_id, tx)

    @router.on(MitigationOffered)
    async def on_mitigation_offered(self, offer: MitigationOffered, tx: Transaction) -> None:
        """The processor offers a way around the sub-processor (§4.4)."""
        change, standing, agreement = await self.standing(offer.change_id, offer.client_id, tx)
        verdict = weigh_offer(agreement, standing, offer, used=await answer_store.is_used(tx, offer.mitigation_id))
        tx.emit(verdict)
        if isinstance(verdict, ChangeMitigationOpened):
            await answer_store.insert_mitigation(tx, offer)
            await standing_store.set_status(tx, standing, Status.MITIGATION_OPEN)
            notices.order_offer(agreement, change, offer, tx)

    @router.on(MitigationAnswered)
    async def on_mitigation_answered(self, answer: MitigationAnswered, tx: Transaction) -> None:
        """The client accepts what was offered, or stays with its objection (§4.4)."""
        change, standing, agreement = await self.standing(answer.change_id, answer.client_id, tx)
        verdict = weigh_answer(agreement, standing, answer)
        tx.emit(verdict)
        if isinstance(verdict, ChangeMitigationClosed):
            kind = await answer_store.answer_mitigation(tx, answer)
            planned = change.status == "announced"
            status, consequence = consequence_of(agreement, standing, kind, accepted=answer.accepted, planned=planned)
            await standing_store.set_status(tx, standing, status)
            notices.order_answered(agreement, change, verdict, consequence, tx)
            await effects.after_word(agreement, change, standing.client_id, tx)

    # The days that come.

    @router.on(DeadlineReceiptChecked)
    async def on_receipt_checked(self, checked: DeadlineReceiptChecked, tx: Transaction) -> None:
        """The planned day is near: who has not received the notice? Nothing takes effect for them (§4.3)."""
        change = await self.change(checked.change_id, tx)
        if change.status != "announced":
            return
        for client_id in await standing_store.unreceived(tx, checked.change_id):
            tx.emit(
                ChangeReceiptOverdue(change_id=checked.change_id, client_id=client_id, effective_on=change.effective_on)
            )

    @router.on(DeadlineDayReached)
    async def on_day_reached(self, reached: DeadlineDayReached, tx: Transaction) -> None:
        """The planned day has come: the change takes effect for those who are clear (§4.3, §4.4)."""
        await effects.reach_day(self.book.latest, await self.change(reached.change_id, tx), tx)

    def _weigh_receipt(self, signed: Signed, kind: ChangeKind, status: Status, received: NoticeReceived) -> Receipt:
        try:
            return weigh_receipt(self.book[signed], kind, status, received)
        except CalendarUnknown as error:
            raise Rejected(str(error), "received_at") from error


def _wish(event: SubprocessorAdded | SubprocessorCorrected, effective_on: date | None, tx: Transaction) -> Wish:
    facts = SubprocessorFacts.model_validate(event.model_dump(include=set(SubprocessorFacts.model_fields)))
    return Wish(
        change_id=tx.cause.derive("change"),
        subprocessor_id=event.subprocessor_id,
        effective_on=effective_on,
        asked_at=tx.now,
        facts=facts,
    )
