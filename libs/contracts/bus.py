"""The whole bus in one table: every topic, its one kind of writer, how it is kept, and its events."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from contracts import (
    appointment,
    assistance,
    assurance,
    audit,
    authority,
    breach,
    cease,
    change,
    choice,
    client,
    clock,
    contract,
    deadline,
    dispute,
    dsar,
    erasure,
    escalation,
    handling,
    hold,
    holder,
    incident,
    instruction,
    measure,
    mitigation,
    notice,
    objection,
    permission,
    question,
    register,
    request,
    retention,
    returning,
    schedule,
    staff,
    subprocessor,
    task,
    term,
    undertaking,
)
from contracts.event import Event


class Cleanup(StrEnum):
    """Kafka's `cleanup.policy`."""

    DELETE = "delete"
    COMPACT = "compact"


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic of the bus; `name` comes before the dot of every type on it."""

    name: str
    writer: str
    about: str
    events: tuple[type[Event], ...]
    cleanup: Cleanup = Cleanup.DELETE
    retention_within: timedelta = timedelta(days=7)
    answers: tuple[type[Event], ...] = ()
    """Those of its events that others say, each in answer to the writer."""
    others: tuple[str, ...] = ()
    """The services beside its writer that write here."""

    @property
    def from_outside(self) -> tuple[type[Event], ...]:
        """The events that are not Dutiful's own."""
        return self.events if self.writer.startswith("platform") else self.answers

    def writer_of(self, event: type[Event]) -> str:
        """Who says an event of this topic."""
        return f"who answers {self.writer}" if event in self.answers else self.writer


TOPICS = (
    Topic(
        "subprocessor",
        "platform",
        "Sub-processors to be appointed, changed or dropped",
        (
            subprocessor.SubprocessorAdded,
            subprocessor.SubprocessorRemoved,
            subprocessor.SubprocessorCorrected,
        ),
    ),
    Topic(
        "client",
        "platform",
        "Clients, the agreement version they signed, and how to reach them",
        (
            client.ClientSigned,
            client.ClientAmended,
            client.ClientContactChanged,
            client.ClientSettingsChanged,
            client.ClientDesynchronised,
            client.ClientCompetitorMarked,
        ),
    ),
    Topic(
        "contract",
        "platform",
        "Service contracts that end, or go on after all",
        (contract.ContractTerminated, contract.ContractReinstated),
    ),
    Topic(
        "breach",
        "platform, and operators and clients through the API",
        "What may be a personal data breach, and what people decide and do about it",
        (
            breach.BreachDetected,
            breach.BreachAwarenessRecorded,
            breach.BreachScoped,
            breach.BreachScopeCorrected,
            breach.BreachUpdated,
            breach.BreachStepLogged,
            breach.BreachDossierEntered,
            breach.BreachSeverityAssessed,
            breach.BreachExempted,
            breach.BreachExemptionLifted,
            breach.BreachDelayExplained,
            breach.BreachStateRequested,
            breach.BreachAuthorityDecided,
            breach.BreachAuthorityNotified,
            breach.BreachClosed,
            breach.BreachReopened,
        ),
    ),
    Topic(
        "incident",
        "breach",
        "Every step of every incident: clocks, who is affected and told, dossiers",
        (
            incident.IncidentOpened,
            incident.IncidentAware,
            incident.IncidentScopeWidened,
            incident.IncidentScopeNarrowed,
            incident.IncidentReachedNobody,
            incident.IncidentTimeLeft,
            incident.IncidentClockMissed,
            incident.IncidentReminded,
            incident.IncidentUpdated,
            incident.IncidentAllTold,
            incident.IncidentExemptionSet,
            incident.IncidentAssessed,
            incident.IncidentAuthorityDecided,
            incident.IncidentDossierSubmitted,
            incident.IncidentClosed,
            incident.IncidentReopened,
            incident.IncidentRefused,
            incident.IncidentNoticeOrdered,
            incident.IncidentAlertOrdered,
        ),
    ),
    Topic(
        "clock",
        "breach",
        "The dates of incidents' clocks and reminders, as they come",
        (clock.ClockThresholdDue, clock.ClockReminderDue, clock.ClockPageDue),
    ),
    Topic(
        "dsar",
        "platform, and operators and clients through the API",
        "Data subjects' requests, and the help with them that clients ask for",
        (
            dsar.DsarReceived,
            dsar.DsarAssistanceRequested,
            dsar.DsarQuoteOffered,
            dsar.DsarQuoteAnswered,
            dsar.DsarAssistanceStarted,
        ),
    ),
    Topic(
        "authority",
        "platform, and people through the API",
        "Authorities' requests for clients' data, and bans on telling the client",
        (authority.AuthorityRequested, authority.AuthorityBanExtended, authority.AuthorityBanLifted),
    ),
    Topic(
        "instruction",
        "platform, on behalf of a client, and operators and clients through the API",
        "What clients instruct, and what the processor thinks of it",
        (
            instruction.InstructionGiven,
            instruction.InstructionAmended,
            instruction.InstructionWithdrawn,
            instruction.InstructionDoubted,
            instruction.InstructionConfirmed,
        ),
    ),
    Topic(
        "handling",
        "platform, on behalf of an operator, and operators through the API",
        "What operators do about requests: who takes them, whose they are, what is answered",
        (
            handling.HandlingTaken,
            handling.HandlingClientNamed,
            handling.HandlingAnswerDrafted,
            handling.HandlingSendRequested,
            handling.HandlingClosed,
        ),
    ),
    Topic(
        "request",
        "requests",
        "Every step of every request: whose it is, who was told, what was answered or refused",
        (
            request.RequestOpened,
            request.RequestRepeated,
            request.RequestMatched,
            request.RequestTold,
            request.RequestEscalated,
            request.RequestAnswerDrafted,
            request.RequestAnswerSent,
            request.RequestAnswerRefused,
            request.RequestClosed,
            request.RequestErased,
            request.RequestAssistanceMoved,
            request.RequestTaskOverdue,
            request.RequestTaskFailed,
            request.RequestRefused,
            request.RequestNoticeOrdered,
        ),
    ),
    Topic(
        "register",
        "requests",
        "How instructions stand: in force, suspended, withdrawn",
        (register.RegisterEntered, register.RegisterRefused),
    ),
    Topic(
        "term",
        "requests",
        "The dates of requests, as they come",
        (term.TermTellingDue, term.TermBanEnded, term.TermErasureDue, term.TermTaskDue),
    ),
    Topic(
        "objection",
        "platform, on behalf of a client",
        "Clients' objections that arrived outside the API",
        (objection.ObjectionRaised, objection.ObjectionWithdrawn),
    ),
    Topic(
        "mitigation",
        "platform, on behalf of an operator or a client",
        "Alternatives offered after an objection, and answers to them",
        (mitigation.MitigationOffered, mitigation.MitigationAnswered),
    ),
    Topic("choice", "platform, on behalf of a client", "Return or deletion, as clients choose", (choice.ChoiceMade,)),
    Topic(
        "hold",
        "platform, on behalf of an operator",
        "What may not be deleted for a while",
        (hold.HoldPlaced, hold.HoldLifted),
    ),
    Topic(
        "holder",
        "platform, and each holder of itself",
        "Who holds clients' data, and what holders report",
        (holder.HolderDeclared, holder.HolderRetired, holder.HolderRestored, holder.HolderReported),
        others=("holder",),
    ),
    Topic(
        "cease",
        "retention",
        "Orders to cease processing, and holders' answers",
        (cease.CeaseOrdered, cease.CeaseLifted, cease.CeaseConfirmed),
        answers=(cease.CeaseConfirmed,),
        others=("holder",),
    ),
    Topic(
        "erasure",
        "retention",
        "Orders to delete and to look again, and holders' answers",
        (
            erasure.ErasureOrdered,
            erasure.ErasureHalted,
            erasure.ErasureCheckOrdered,
            erasure.ErasureConfirmed,
            erasure.ErasureFailed,
            erasure.ErasureChecked,
        ),
        retention_within=timedelta(days=21),
        answers=(erasure.ErasureConfirmed, erasure.ErasureFailed, erasure.ErasureChecked),
        others=("holder",),
    ),
    Topic(
        "return",
        "retention",
        "Orders to return data, holders' answers, and clients' acknowledgements",
        (
            returning.ReturnOrdered,
            returning.ReturnConfirmed,
            returning.ReturnFailed,
            returning.ReturnDownloaded,
            returning.ReturnAcknowledged,
        ),
        retention_within=timedelta(days=21),
        answers=(
            returning.ReturnConfirmed,
            returning.ReturnFailed,
            returning.ReturnDownloaded,
            returning.ReturnAcknowledged,
        ),
        others=("holder",),
    ),
    Topic(
        "task",
        "requests",
        "Tasks about one person's data, and holders' answers",
        (
            task.TaskOrdered,
            task.TaskHalted,
            task.TaskConfirmed,
            task.TaskFailed,
            task.TaskDownloaded,
            task.TaskAcknowledged,
        ),
        retention_within=timedelta(days=21),
        answers=(task.TaskConfirmed, task.TaskFailed, task.TaskDownloaded, task.TaskAcknowledged),
        others=("holder",),
    ),
    Topic(
        "retention",
        "retention",
        "Every step of every termination, and what is overdue or found",
        (
            retention.RetentionPlanned,
            retention.RetentionTerminationRefused,
            retention.RetentionChoiceRequested,
            retention.RetentionChoiceAccepted,
            retention.RetentionChoiceRefused,
            retention.RetentionChoiceDefaulted,
            retention.RetentionFetchingMoved,
            retention.RetentionReturnSettled,
            retention.RetentionHoldApplied,
            retention.RetentionHoldRefused,
            retention.RetentionReinstated,
            retention.RetentionReinstatementRefused,
            retention.RetentionOrderOverdue,
            retention.RetentionOrderFailed,
            retention.RetentionAnswerRefused,
            retention.RetentionReopened,
            retention.RetentionFlagged,
            retention.RetentionCertified,
            retention.RetentionNoticeOrdered,
        ),
    ),
    Topic(
        "schedule",
        "retention",
        "The dates of terminations, holds, orders and rolling retention, as they come",
        (
            schedule.ScheduleTerminationReached,
            schedule.ScheduleChoiceClosed,
            schedule.ScheduleReturnClosed,
            schedule.ScheduleDeletionDue,
            schedule.ScheduleHoldEnded,
            schedule.ScheduleReminderDue,
            schedule.ScheduleCheckDue,
            schedule.ScheduleCertificateDue,
            schedule.ScheduleSweepDue,
        ),
    ),
    Topic(
        "change",
        "subprocessor_registry",
        "Every step of every change of sub-processors",
        (
            change.ChangeAnnounced,
            change.ChangeRefused,
            change.ChangeCorrected,
            change.ChangeWithdrawn,
            change.ChangeNoticeOrdered,
            change.ChangeWindowOpened,
            change.ChangeReceiptOverdue,
            change.ChangeObjectionAccepted,
            change.ChangeObjectionRefused,
            change.ChangeMitigationOpened,
            change.ChangeMitigationClosed,
            change.ChangeAnswerRefused,
            change.ChangeTookEffect,
        ),
    ),
    Topic(
        "deadline",
        "subprocessor_registry",
        "The dates of changes and of contracts' ends, as they come",
        (
            deadline.DeadlineWindowClosed,
            deadline.DeadlineDayReached,
            deadline.DeadlineReceiptChecked,
            deadline.DeadlineClientEnded,
        ),
    ),
    Topic(
        "permission",
        "subprocessor_registry",
        "Who may use which sub-processor for whom; the last word per client and sub-processor",
        (permission.PermissionSet,),
        Cleanup.COMPACT,
    ),
    Topic(
        "notice",
        "notifier",
        "Receipts, escalations and failures of notices",
        (notice.NoticeReceived, notice.NoticeEscalated, notice.NoticeFailed),
    ),
    Topic(
        "question",
        "platform, and clients and operators through the API",
        "Clients' questions and questionnaires, and their answers",
        (question.QuestionAsked, question.QuestionAnswered, question.QuestionFoundInsufficient),
    ),
    Topic(
        "audit",
        "platform, and clients and operators through the API",
        "What both parties say about audits, gate by gate",
        (
            audit.AuditRequested,
            audit.AuditCertificateOffered,
            audit.AuditPlanSubmitted,
            audit.AuditExpertNamed,
            audit.AuditConfidentialitySigned,
            audit.AuditTermsProposed,
            audit.AuditAnswered,
            audit.AuditEscortNamed,
            audit.AuditBegun,
            audit.AuditReportDelivered,
            audit.AuditFindingRecorded,
            audit.AuditFindingClosed,
            audit.AuditClosed,
            audit.AuditWithdrawn,
        ),
    ),
    Topic(
        "assistance",
        "platform, and clients and operators through the API",
        "Help that clients ask for, quotes, and what was given",
        (
            assistance.AssistanceRequested,
            assistance.AssistanceQuoted,
            assistance.AssistanceQuoteAnswered,
            assistance.AssistanceWorkBegun,
            assistance.AssistanceGiven,
            assistance.AssistanceWithdrawn,
        ),
    ),
    Topic(
        "dispute",
        "platform, and operators through the API",
        "Disputes: their notification, the meeting, the settlement",
        (dispute.DisputeNotified, dispute.DisputeMet, dispute.DisputeSettled),
    ),
    Topic(
        "measure",
        "platform, and operators through the API",
        "Versions of the security measures, and justifications",
        (measure.MeasureVersionProposed, measure.MeasureJustified, measure.MeasureVersionWithdrawn),
    ),
    Topic(
        "staff",
        "platform, and the data protection officer through the API",
        "Undertakings of confidentiality, person by person",
        (staff.StaffUndertakingGiven, staff.StaffUndertakingEnded),
    ),
    Topic(
        "assurance",
        "assurance",
        "Every step of questions, audits, help, disputes and measures; refusals with their gate",
        (
            assurance.AssuranceOpened,
            assurance.AssuranceGateDecided,
            assurance.AssuranceAuditBegun,
            assurance.AssuranceReportReceived,
            assurance.AssuranceFindingTracked,
            assurance.AssuranceAnswered,
            assurance.AssuranceQuoteDecided,
            assurance.AssuranceDisputeDated,
            assurance.AssuranceOverdue,
            assurance.AssuranceClosed,
            assurance.AssuranceRefused,
            assurance.AssuranceMeasuresHeld,
            assurance.AssuranceMeasuresInForce,
            assurance.AssuranceMeasuresRefused,
            assurance.AssuranceNoticeOrdered,
        ),
    ),
    Topic(
        "appointment",
        "assurance",
        "The dates of questions, help, disputes and measures, as they come",
        (appointment.AppointmentMatterDue, appointment.AppointmentMeasuresDue),
    ),
    Topic(
        "undertaking",
        "assurance",
        "Who is bound to confidentiality; the last word per person",
        (undertaking.UndertakingSet,),
        Cleanup.COMPACT,
    ),
    Topic(
        "escalation",
        "notifier",
        "When to look who has no receipt, and to tell people on call what waits",
        (escalation.EscalationDue, escalation.EscalationAlertDue),
    ),
)

EVENTS: dict[str, type[Event]] = {event.TYPE: event for topic in TOPICS for event in topic.events}
