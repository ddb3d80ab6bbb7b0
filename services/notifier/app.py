"""What the notifier hears: who the clients are, and what they must be told (§15)."""

from collections.abc import Callable, Coroutine, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from fastapi import FastAPI

from agreement import deadlines
from agreement.book import Book, Signed
from agreement.schema import Agreement
from chassis.errors import Rejected
from chassis.router import Router
from chassis.service import Runtime
from chassis.transaction import Transaction
from chassis.vault import check_key
from contracts.assurance import AssuranceAlertOrdered, AssuranceNoticeOrdered, AssuranceRefusalNoticeOrdered
from contracts.change import ChangeNoticeOrdered, ChangeReceiptOverdue
from contracts.client import ClientAmended, ClientContactChanged, ClientSigned
from contracts.contract import ContractTerminated
from contracts.escalation import EscalationAlertDue, EscalationDue
from contracts.incident import IncidentAlertOrdered, IncidentNoticeOrdered
from contracts.request import RequestAlertOrdered, RequestNoticeOrdered, RequestRefusalNoticeOrdered
from contracts.retention import (
    RetentionFlagged,
    RetentionNoticeOrdered,
    RetentionOrderFailed,
    RetentionOrderOverdue,
    RetentionReinstated,
)
from contracts.sealing import AnchorContradicted
from notifier import alerting, api, directory, due, folding, orders, outcomes, store
from notifier.alerting import Alerter
from notifier.alerts import Ordered, ordered_by
from notifier.closing import Secrets, tell_what_is_plain
from notifier.delivery import Deliverer
from notifier.metrics import NoticeMetrics
from notifier.on_call import people
from notifier.orders import NoticeOrdered
from notifier.settings import NotifierSettings
from notifier.unreceived import alert_of
from notifier.watch import Watch


class Notifier:
    """The app: its routes, its API, and the worker that delivers."""

    name = "notifier"
    migrations = Path(__file__).parent / "migrations"
    router = Router()

    def __init__(self, book: Book, settings: NotifierSettings) -> None:
        self.book = book
        self.settings = settings
        self.secrets = Secrets(settings)
        self._deliverer: Deliverer | None = None
        self._alerter: Alerter | None = None

    async def begin(self, tx: Transaction) -> None:
        """The key is the one that closed the endpoints' secrets."""
        await check_key(tx, self.secrets.vault)
        await tell_what_is_plain(tx)

    def api(self, runtime: Runtime) -> FastAPI:
        """The notifier's HTTP API."""
        return api.build(self, runtime)

    def workers(self, runtime: Runtime) -> Sequence[Callable[[], Coroutine[Any, Any, None]]]:
        """Beside what it hears, the notifier delivers, alerts people, and watches who has no receipt."""
        metrics = NoticeMetrics(runtime.metrics)
        self._deliverer = Deliverer(self.book, self.settings, self.secrets, runtime, metrics)
        self._alerter = Alerter(self.book, self.settings, runtime, metrics)
        return self._deliverer.run, self._alerter.run, Watch(runtime, metrics).run, due.deadlines(runtime).run

    async def call_deliverer(self, tx: Transaction) -> None:
        """Something is due once `tx` has committed."""
        if self._deliverer is not None:  # the workers are running
            await self._deliverer.call(tx)

    # Who the clients are.

    @router.on(ClientSigned)
    async def on_client_signed(self, signed: ClientSigned, tx: Transaction) -> None:
        """A client, the version that binds it, and its addresses (§15); notices that waited for it go out."""
        agreement = self._agreement(signed.agreement_id, signed.agreement_version)
        deadlines.require_day(agreement, signed.signed_on)
        await directory.save_client(tx, signed, self.today(tx.now))
        await store.deliver_waiting(tx, signed.client_id, orders.first_channels(agreement))
        await self.call_deliverer(tx)

    @router.on(ClientContactChanged)
    async def on_contact_changed(self, changed: ClientContactChanged, tx: Transaction) -> None:
        """From now on notices go to another address (§15)."""
        if not await directory.change_contact(tx, changed.client_id, changed.contact):
            raise _unknown(changed.client_id)

    @router.on(ClientAmended)
    async def on_client_amended(self, amended: ClientAmended, tx: Transaction) -> None:
        """Another version of the agreement binds the client from its signature on (§15)."""
        agreement_id = await directory.load_agreement(tx, amended.client_id)
        if agreement_id is None:
            raise _unknown(amended.client_id)
        agreement = self._agreement(agreement_id, amended.agreement_version)
        deadlines.require_day(agreement, amended.signed_on)
        version = Signed(agreement.id, agreement.version)
        await directory.bind(tx, amended.client_id, version, amended.signed_on, self.today(tx.now))

    @router.on(ContractTerminated)
    async def on_contract_terminated(self, terminated: ContractTerminated, tx: Transaction) -> None:
        """The client's contract ends; what it is owed until then, it is still told (§8.3)."""
        deadlines.require_day(self.book.latest, terminated.terminated_on)
        if not await directory.end(tx, terminated.client_id, terminated.terminated_on):
            raise _unknown(terminated.client_id)

    @router.on(RetentionReinstated)
    async def on_reinstated(self, reinstated: RetentionReinstated, tx: Transaction) -> None:
        """The contract goes on after all (§8.3)."""
        await directory.end(tx, reinstated.client_id, None)

    # What they must be told.

    @router.on(ChangeNoticeOrdered)
    async def on_notice_ordered(self, order: ChangeNoticeOrdered, tx: Transaction) -> None:
        """These clients must have this notice by its deadline (§4.3, §15)."""
        await self._carry_out(order, tx)

    @router.on(RetentionNoticeOrdered)
    async def on_retention_notice_ordered(self, order: RetentionNoticeOrdered, tx: Transaction) -> None:
        """These clients must have this notice by its deadline (§8.3, §15)."""
        await self._carry_out(order, tx)

    @router.on(IncidentNoticeOrdered)
    async def on_incident_notice_ordered(self, order: IncidentNoticeOrdered, tx: Transaction) -> None:
        """These clients must have this notice by its deadline (§6, §15)."""
        await self._carry_out(order, tx)

    @router.on(RequestNoticeOrdered)
    async def on_request_notice_ordered(self, order: RequestNoticeOrdered, tx: Transaction) -> None:
        """This client must have this notice by its deadline (§3.2, §9, §15)."""
        await self._carry_out(order, tx)

    @router.on(AssuranceNoticeOrdered)
    async def on_assurance_notice_ordered(self, order: AssuranceNoticeOrdered, tx: Transaction) -> None:
        """These clients must have this notice by its deadline (§7, §10, §14, §15)."""
        await self._carry_out(order, tx)

    @router.on(RequestRefusalNoticeOrdered)
    async def on_request_refusal_notice_ordered(self, order: RequestRefusalNoticeOrdered, tx: Transaction) -> None:
        """This client must be told that a word of its own changes nothing (§3.2, §9, §15)."""
        await self._carry_out(order, tx)

    @router.on(AssuranceRefusalNoticeOrdered)
    async def on_assurance_refusal_notice_ordered(self, order: AssuranceRefusalNoticeOrdered, tx: Transaction) -> None:
        """This client must be told that a word of its own changes nothing (§7, §10, §15)."""
        await self._carry_out(order, tx)

    async def _carry_out(self, order: NoticeOrdered, tx: Transaction) -> None:
        """Every way of the first stage is tried; without a receipt the next ones, and at the deadline people act."""
        takes = self._deliverer is not None and self._deliverer.takes
        entered = await orders.enter(tx, order, self.book, self.today(tx.now), self.secrets, with_jobs=takes)
        for at, final in ((order.escalate_at, False), (order.deadline_at, True)):
            check = EscalationDue(order_id=order.order_id, final=final)
            tx.emit_at(check, at, f"check/{order.order_id}/{'deadline' if final else 'escalation'}")
        if takes and self._deliverer is not None:
            self._deliverer.hand_over(tx, entered)
        else:
            await self.call_deliverer(tx)

    @router.on(IncidentAlertOrdered)
    async def on_alert_ordered(self, order: IncidentAlertOrdered, tx: Transaction) -> None:
        """People on call must act on an incident (§6)."""
        await self.alert(tx, ordered_by(order))

    @router.on(RequestAlertOrdered)
    async def on_request_alert_ordered(self, order: RequestAlertOrdered, tx: Transaction) -> None:
        """People on call must act on somebody's request (§9)."""
        await self.alert(tx, ordered_by(order))

    @router.on(AssuranceAlertOrdered)
    async def on_assurance_alert_ordered(self, order: AssuranceAlertOrdered, tx: Transaction) -> None:
        """People on call must act before a last day, or after it (§7, §10, §14)."""
        await self.alert(tx, ordered_by(order))

    @router.on(EscalationDue)
    async def on_escalation_due(self, check: EscalationDue, tx: Transaction) -> None:
        """Who has no receipt yet is tried by the next channels; people on call hear of it, and at the end (§15)."""
        reason = "no receipt by the deadline" if check.final else "no receipt in time"
        unreceived = await store.unreceived_of_order(tx, check.order_id)
        await outcomes.escalate(tx, self.book, unreceived, reason, final=check.final)
        if unreceived:
            await self.alert(tx, alert_of(self.book.latest, check, unreceived))
        await self.call_deliverer(tx)

    # What they must act upon beside: told together, so that a flood is one mail.

    router.on(RetentionOrderOverdue)(folding.on_order_overdue)
    router.on(RetentionOrderFailed)(folding.on_order_failed)
    router.on(RetentionFlagged)(folding.on_flagged)
    router.on(ChangeReceiptOverdue)(folding.on_receipt_overdue)
    router.on(AnchorContradicted)(folding.on_contradicted)
    router.on(EscalationAlertDue)(folding.on_alert_due)

    @property
    def folded_within(self) -> timedelta:
        """For so long after a mail, what is new of its kind waits for the next."""
        return self.settings.alerts_within

    async def alert(self, tx: Transaction, ordered: Ordered) -> None:
        """Have people on call told; the chassis of this process sends it once `tx` has committed."""
        await alerting.order(tx, ordered, people(self.settings.on_call, self.book.latest))
        if self._alerter is not None:  # the workers are running
            self._alerter.call(tx)

    def _agreement(self, agreement_id: str, version: str) -> Agreement:
        """Of an unknown version `AgreementUnknown` tells the publisher."""
        return self.book.of(agreement_id, version)

    def today(self, now: datetime) -> date:
        """The day of an instant where the agreement is."""
        return deadlines.local_date(self.book.latest, now)


def _unknown(client_id: str) -> Rejected:
    return Rejected(f"client {client_id!r} is unknown: publish client.signed first", "client_id")
