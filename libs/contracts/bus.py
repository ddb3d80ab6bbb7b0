"""The whole bus in one table: every topic, its one kind of writer, how it is kept, and its events."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from contracts import (
    breach,
    change,
    client,
    contract,
    deadline,
    dsar,
    escalation,
    mitigation,
    notice,
    objection,
    permission,
    subprocessor,
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
        (client.ClientSigned, client.ClientAmended, client.ClientContactChanged),
    ),
    Topic("contract", "platform", "Service contracts that end", (contract.ContractTerminated,)),
    Topic("breach", "platform", "What may be a personal data breach", (breach.BreachDetected,)),
    Topic("dsar", "platform", "Data subjects' requests", (dsar.DsarReceived,)),
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
    Topic("escalation", "notifier", "When to look who has no receipt", (escalation.EscalationDue,)),
)

EVENTS: dict[str, type[Event]] = {event.TYPE: event for topic in TOPICS for event in topic.events}
