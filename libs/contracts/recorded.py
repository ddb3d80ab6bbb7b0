"""What of each topic goes into clients' records of evidence, and on which promise of the agreement it rests (§3.2, §7).

Ids, dates, numbers, codes and hashes go in by themselves. Free text stays out until it is named here: a new field of a
contract can't bring anybody's words into a record that nobody can erase. `contracts.recording` reads this table.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

UNRECORDED: Final[Mapping[str, str]] = MappingProxyType(
    {
        "authority": "nothing may show what is under a ban; what may be known is said on `request`",
        "dsar": "it holds what a person wrote, which must be erased; every step of it is said on `request`",
        "handling": "it holds what is answered to a person; every step of it is said on `request`",
        "breach": "what people say of an incident may name any client; every step of it is said on `incident`",
        "undertaking": "it follows from `staff`",
        "clock": "a date that comes is no fact: what follows from it is said on `incident`",
        "term": "a date that comes is no fact: what follows from it is said on `request`",
        "schedule": "a date that comes is no fact: what follows from it is said on `retention`",
        "deadline": "a date that comes is no fact: what follows from it is said on `change`",
        "appointment": "a date that comes is no fact: what follows from it is said on `assurance`",
        "escalation": "a date that comes is no fact: what follows from it is said on `notice`",
        "evidence": "it is about the record",
        "anchor": "it is about the record",
    }
)
"""Topics that no record holds, and why."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """How the facts of a topic, or of one type, go into a record.

    `promises` are the rows that they bear on, `types` those of single types, `by` a field whose value decides on them.
    `dropped` are types that no record holds. `texts` are the fields of free text that go in, `hashed` those of which
    the SHA-256 goes in, `left` what stays out whatever it is (of one type alone: `type:field`).

    What names no client concerns all, where its type is in `everybody`; with `matter` it concerns the clients of the
    matter in that field, and the types in `joins` say whose it is. `opens`, `closes` and `misses` are the types that
    say so of a promise.
    """

    promises: tuple[str, ...] = ()
    by: tuple[str, Mapping[str, tuple[str, ...]]] | None = None
    texts: frozenset[str] = frozenset()
    hashed: frozenset[str] = frozenset()
    left: frozenset[str] = frozenset()
    everybody: frozenset[str] = frozenset()
    matter: str | None = None
    joins: frozenset[str] = frozenset()
    types: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    dropped: frozenset[str] = frozenset()
    opens: frozenset[str] = frozenset()
    closes: frozenset[str] = frozenset()
    misses: frozenset[str] = frozenset()


def _of(text: str) -> frozenset[str]:
    return frozenset(text.split())


_FACTS: Final = "facts.name facts.actions facts.transfer.document facts.written_agreement.reference"
_LISTED: Final = _FACTS.replace("facts.", "")
_MATTERS: Final = {"question": ("AUD-1",), "audit": ("AUD-2",), "assistance": ("COO-1",), "dispute": ("DIS-1",)}

RECORDED: Final[Mapping[str, Recorded]] = MappingProxyType(
    {
        "subprocessor": Recorded(
            ("SUB-1", "SUB-2", "SUB-6"),
            texts=_of(f"{_LISTED} reason"),
            everybody=_of("subprocessor.added subprocessor.removed subprocessor.corrected"),
        ),
        "client": Recorded(
            ("CLI-1",),
            types={
                "client.amended": ("AME-1",),
                "client.signed": ("AME-1", "CLI-1"),
                "client.settings_changed": ("RET-1",),
                "client.desynchronised": ("RET-1",),
                "client.competitor_marked": ("AUD-1",),
            },
            texts=_of("name agreement_version"),
            hashed=_of("contact"),
        ),
        "contract": Recorded(("TER-1",), texts=_of("reason")),
        "incident": Recorded(
            ("BRE-1",),
            types={
                "incident.updated": ("BRE-2",),
                "incident.notice_ordered": ("BRE-1", "BRE-2"),
                "incident.assessed": ("BRE-4",),
                "incident.authority_decided": ("BRE-4",),
                "incident.dossier_submitted": ("BRE-4",),
                "incident.closed": ("BRE-3",),
                "incident.reopened": ("BRE-3",),
                "incident.exemption_set": ("BRE-5",),
            },
            texts=_of("clocks.to clocks.clause clause facts severity"),
            left=_of("affected added removed clients"),
            matter="incident_id",
            joins=_of("incident.notice_ordered incident.time_left incident.clock_missed incident.exemption_set"),
            dropped=_of("incident.alert_ordered incident.reached_nobody incident.refused incident.reminded"),
            opens=_of("incident.opened incident.reopened"),
            closes=_of("incident.closed"),
            misses=_of("incident.clock_missed"),
        ),
        "instruction": Recorded(
            ("INS-1",),
            types={"instruction.doubted": ("INS-2",), "instruction.confirmed": ("INS-2",)},
            texts=_of("said.given_by said.recorded_by said.purpose withdrawn_by reason doubted_by confirmed_by"),
            hashed=_of("said.text"),
        ),
        "register": Recorded(("INS-1",), texts=_of("by what reason clause")),
        "request": Recorded(
            ("DSR-1",),
            types={
                "request.answer_drafted": ("DSR-2",),
                "request.answer_sent": ("DSR-2",),
                "request.answer_refused": ("DSR-2",),
                "request.assistance_moved": ("DSR-3",),
                "request.task_overdue": ("DSR-3",),
                "request.task_failed": ("DSR-3",),
            },
            by=("kind", {"authority": ("DSR-4",)}),
            texts=_of("about found_by drafted_by sent_by instructed_by tried_by closed_by clause"),
            hashed=_of("facts"),
            left=_of("candidates under"),
            matter="request_id",
            joins=_of("request.matched"),
            dropped=_of("request.alert_ordered"),
            opens=_of("request.opened request.told"),
            closes=_of("request.closed"),
            misses=_of("request.escalated request.task_overdue"),
        ),
        "objection": Recorded(("SUB-4",), hashed=_of("statement")),
        "mitigation": Recorded(("SUB-5",), texts=_of("description offered_by")),
        "choice": Recorded(("TER-2",), texts=_of("made_by")),
        "hold": Recorded(("TER-4", "RET-2"), texts=_of("legal_basis placed_by lifted_by")),
        "holder": Recorded(
            ("TER-3",),
            types={"holder.reported": ("TER-1", "RET-1")},
            everybody=_of("holder.declared holder.retired holder.restored"),
        ),
        "cease": Recorded(
            ("TER-1",),
            texts=_of("clause confirmed_by reason"),
            matter="order_id",
            joins=_of("cease.ordered"),
            opens=_of("cease.ordered"),
            closes=_of("cease.confirmed cease.lifted"),
        ),
        "erasure": Recorded(
            ("TER-3", "TER-6", "SUB-7"),
            texts=_of("clause because confirmed_by"),
            left=_of("count remaining"),
            matter="order_id",
            joins=_of("erasure.ordered erasure.check_ordered"),
            opens=_of("erasure.ordered erasure.check_ordered"),
            closes=_of("erasure.confirmed erasure.checked"),
            misses=_of("erasure.failed"),
        ),
        "return": Recorded(
            ("TER-5",),
            texts=_of("clause confirmed_by acknowledged_by"),
            matter="order_id",
            joins=_of("return.ordered"),
            opens=_of("return.ordered"),
            closes=_of("return.confirmed"),
            misses=_of("return.failed"),
        ),
        "task": Recorded(
            ("DSR-3",),
            texts=_of("clause confirmed_by acknowledged_by"),
            opens=_of("task.ordered"),
            closes=_of("task.confirmed task.halted"),
            misses=_of("task.failed"),
        ),
        "retention": Recorded(
            ("TER-3",),
            types={
                "retention.planned": ("TER-1", "TER-3", "TER-4"),
                "retention.choice_requested": ("TER-2",),
                "retention.choice_accepted": ("TER-2",),
                "retention.choice_refused": ("TER-2",),
                "retention.choice_defaulted": ("TER-2",),
                "retention.fetching_moved": ("TER-5",),
                "retention.return_settled": ("TER-5",),
                "retention.return_missed": ("TER-5",),
                "retention.hold_applied": ("TER-4",),
                "retention.hold_refused": ("TER-4",),
                "retention.flagged": ("TER-1", "RET-1"),
                "retention.reopened": ("TER-6",),
                "retention.certified": ("TER-6",),
                "retention.notice_ordered": ("TER-2", "TER-5", "TER-6"),
            },
            texts=_of("reason clause made_by entries.clause entries.because gone ordered too_late sha256"),
            hashed=_of("facts"),
            left=_of("retention.order_failed:reason retention.answer_refused:reason retention.reopened:remaining"),
            matter="order_id",
            opens=_of("retention.choice_requested"),
            closes=_of("retention.choice_accepted retention.choice_defaulted"),
            misses=_of("retention.order_overdue retention.order_failed retention.reopened"),
        ),
        "change": Recorded(
            ("SUB-3",),
            types={
                "change.refused": ("SUB-1", "SUB-6"),
                "change.corrected": ("SUB-2",),
                "change.window_opened": ("SUB-4",),
                "change.objection_accepted": ("SUB-4",),
                "change.objection_refused": ("SUB-4",),
                "change.answer_refused": ("SUB-5",),
                "change.mitigation_opened": ("SUB-5",),
                "change.mitigation_closed": ("SUB-5",),
            },
            texts=_of(f"{_FACTS} facts reason clause description fields"),
            everybody=_of("change.announced change.refused change.corrected change.withdrawn"),
            opens=_of("change.mitigation_opened"),
            closes=_of("change.mitigation_closed"),
            misses=_of("change.receipt_overdue"),
        ),
        "permission": Recorded(("SUB-5",), texts=_of("reason clause")),
        "notice": Recorded(
            ("CLI-1",),
            texts=_of("reason"),
            closes=_of("notice.received"),
            misses=_of("notice.escalated notice.failed"),
        ),
        "question": Recorded(("AUD-1",), texts=_of("said_by")),
        "audit": Recorded(("AUD-2",), texts=_of("said_by costs.amount costs.currency")),
        "assistance": Recorded(("COO-1",), texts=_of("said_by costs.amount costs.currency")),
        "dispute": Recorded(("DIS-1",), texts=_of("said_by")),
        "measure": Recorded(
            ("SEC-1",),
            texts=_of("justified_by"),
            hashed=_of("measures"),
            everybody=_of("measure.version_proposed measure.justified measure.version_withdrawn"),
        ),
        "staff": Recorded(("STA-1",), everybody=_of("staff.undertaking_given staff.undertaking_ended")),
        "assurance": Recorded(
            ("SEC-1",),
            by=("matter", _MATTERS),
            texts=_of("gate reason decided_by clause court how what opens_when field"),
            hashed=_of("facts"),
            everybody=_of("assurance.measures_held assurance.measures_in_force assurance.measures_refused"),
            dropped=_of("assurance.alert_ordered"),
            opens=_of("assurance.opened assurance.measures_held"),
            closes=_of("assurance.closed assurance.answered assurance.measures_in_force"),
            misses=_of("assurance.overdue"),
        ),
    }
)
"""How the facts of every other topic do."""
