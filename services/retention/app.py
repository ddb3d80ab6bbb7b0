"""What retention hears, in the order in which events arrive, and who handles it (§8.3, Appendix A)."""

from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import Any

from fastapi import FastAPI

from agreement.book import Book
from chassis.router import Router
from chassis.service import Runtime
from chassis.transaction import Transaction
from contracts.cease import CeaseConfirmed
from contracts.change import ChangeAnnounced, ChangeCorrected, ChangeWithdrawn
from contracts.choice import ChoiceMade
from contracts.client import (
    ClientAmended,
    ClientContactChanged,
    ClientDesynchronised,
    ClientSettingsChanged,
    ClientSigned,
)
from contracts.contract import ContractReinstated, ContractTerminated
from contracts.erasure import ErasureChecked, ErasureConfirmed, ErasureFailed
from contracts.hold import HoldLifted, HoldPlaced
from contracts.holder import HolderDeclared, HolderReported, HolderRestored, HolderRetired
from contracts.permission import PermissionSet
from contracts.returning import (
    ReturnAbandoned,
    ReturnAcknowledged,
    ReturnConfirmed,
    ReturnDownloaded,
    ReturnFailed,
    ReturnWaived,
)
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
from retention import api, clients, deletions, due, endings, holder_store, holders, holds, returns, sweeping
from retention.finding import Finder
from retention.settings import RetentionSettings
from retention.signing import Signer
from retention.watch import Watch


class Retention(Finder):
    """The app: its routes, its API, and the agreements it keeps."""

    name = "retention"
    migrations = Path(__file__).parent / "migrations"
    router = Router()

    # Who the clients are, and what they set.
    router.on(ClientSigned)(clients.on_client_signed)
    router.on(ClientAmended)(clients.on_client_amended)
    router.on(ClientContactChanged)(clients.on_contact_changed)
    router.on(ClientSettingsChanged)(clients.on_settings_changed)
    router.on(ClientDesynchronised)(clients.on_desynchronised)

    # Who holds their data.
    router.on(HolderDeclared)(holders.on_holder_declared)
    router.on(HolderRetired)(holders.on_holder_retired)
    router.on(HolderRestored)(holders.on_holder_restored)
    router.on(HolderReported)(holders.on_holder_reported)
    router.on(ChangeAnnounced)(holders.on_change_announced)
    router.on(ChangeWithdrawn)(holders.on_change_withdrawn)
    router.on(ChangeCorrected)(holders.on_change_corrected)
    router.on_batch(PermissionSet)(holders.on_permissions_set)

    # The end of a contract.
    router.on(ContractTerminated)(endings.on_contract_terminated)
    router.on(ScheduleTerminationReached)(endings.on_termination_reached)
    router.on(ContractReinstated)(endings.on_contract_reinstated)

    # The client's choice, and what is returned.
    router.on(ChoiceMade)(endings.on_choice_made)
    router.on(ScheduleChoiceClosed)(endings.on_choice_closed)
    router.on(ReturnConfirmed)(returns.on_return_confirmed)
    router.on(ReturnFailed)(returns.on_return_failed)
    router.on(ReturnDownloaded)(returns.on_return_downloaded)
    router.on(ReturnAcknowledged)(returns.on_return_acknowledged)
    router.on(ReturnWaived)(returns.on_return_waived)
    router.on(ReturnAbandoned)(returns.on_return_abandoned)
    router.on(ScheduleReturnClosed)(returns.on_return_closed)

    # What holders answer.
    router.on(CeaseConfirmed)(deletions.on_cease_confirmed)
    router.on(ErasureConfirmed)(deletions.on_erasure_confirmed)
    router.on(ErasureFailed)(deletions.on_erasure_failed)
    router.on(ScheduleCheckDue)(deletions.on_check_due)
    router.on(ErasureChecked)(deletions.on_erasure_checked)
    router.on(ScheduleReminderDue)(deletions.on_reminder_due)

    # The days that come, and what holds them up.
    router.on(ScheduleDeletionDue)(deletions.on_deletion_due)
    router.on(HoldPlaced)(holds.on_hold_placed)
    router.on(HoldLifted)(holds.on_hold_lifted)
    router.on(ScheduleHoldEnded)(holds.on_hold_ended)
    router.on(ScheduleSweepDue)(deletions.on_sweep_due)
    router.on(ScheduleCertificateDue)(deletions.on_certificate_due)

    def __init__(self, book: Book, settings: RetentionSettings) -> None:
        super().__init__(book, Signer(settings.certificate_key))

    async def begin(self, tx: Transaction) -> None:
        """The list of the agreement is the first that is known (Appendix B); what goes day by day begins."""
        for each in self.book.latest.sub_processors:
            await holder_store.note_subprocessor(tx, each.id, each.name, each.data_categories)
        await sweeping.first(self.book, tx)

    def api(self, runtime: Runtime) -> FastAPI:
        """Retention's HTTP API."""
        return api.build(self, runtime)

    def workers(self, runtime: Runtime) -> Sequence[Callable[[], Coroutine[Any, Any, None]]]:
        """Beside what it hears, retention watches who has not answered."""
        return Watch(self.book, runtime).run, due.deadlines(runtime).run
