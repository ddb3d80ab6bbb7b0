"""Why something is as it is, for those who are told: an English sentence, and a code for words elsewhere (§4.4)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from string import Template
from typing import Final

from agreement.deadlines import Deadline
from contracts.coded import encode
from contracts.event import Reckoning


class ReasonCode(StrEnum):
    """Every reason that has a code; a notifier has words for each in each of its languages."""

    REMOVAL = "removal"
    ALREADY_ACCEPTED = "already_accepted"
    ENDED = "ended"
    TOO_LATE = "too_late"
    NO_GROUND = "no_ground"
    UNKNOWN_GROUND = "unknown_ground"
    NOT_OBJECTIVE = "not_objective"
    TAKEN_BACK = "taken_back"
    OVERTAKEN = "overtaken"
    STAYS_BARRED = "stays_barred"
    BARRED_FROM = "barred_from"
    CONFIGURED = "configured"
    ALTERNATIVE = "alternative"
    ALTERNATIVE_FROM = "alternative_from"
    ASKED_TOO_EARLY = "asked_too_early"
    ASKED_LAWFUL = "asked_lawful"
    DAY_UNKNOWN = "day_unknown"
    ALREADY_PLANNED = "already_planned"
    OWN_PARENT = "own_parent"
    PARENT_UNLISTED = "parent_unlisted"
    PARENT_LEAVES = "parent_leaves"
    PARENT_BELOW = "parent_below"
    HAS_CHILDREN = "has_children"


ENGLISH: Final[Mapping[ReasonCode, str]] = {
    ReasonCode.REMOVAL: "a removal can't be objected to: the clause is about new sub-processors",
    ReasonCode.ALREADY_ACCEPTED: "an objection of this client to this change is already accepted",
    ReasonCode.ENDED: (
        "this change is withdrawn, or the client's contract has ended, or the sub-processor has left the list"
    ),
    ReasonCode.TOO_LATE: "it came too late: the last day to object was $last_day_on",
    ReasonCode.NO_GROUND: "it gives no ground; an objection must rest on an objective one",
    ReasonCode.UNKNOWN_GROUND: "the ground '$ground' is unknown; objective grounds are: $known",
    ReasonCode.NOT_OBJECTIVE: (
        "the ground '$ground' is not objective: it names no legal obligation that is put at risk"
    ),
    ReasonCode.TAKEN_BACK: "its publisher took it back",
    ReasonCode.OVERTAKEN: "overtaken by $change_id",
    ReasonCode.STAYS_BARRED: "the objection stands: the sub-processor stays barred for this client",
    ReasonCode.BARRED_FROM: "the objection stands: from $day on, the sub-processor is barred for this client",
    ReasonCode.CONFIGURED: "the sub-processor may be used for this client under the agreed configuration",
    ReasonCode.ALTERNATIVE: "the alternative is used: the sub-processor stays barred for this client",
    ReasonCode.ALTERNATIVE_FROM: ("the alternative is used: from $day on, the sub-processor is barred for this client"),
    ReasonCode.ASKED_TOO_EARLY: "$asked was asked for and is too early: moved to $day",
    ReasonCode.ASKED_LAWFUL: "$asked was asked for and is lawful",
    ReasonCode.DAY_UNKNOWN: "effective_on $day can't be reckoned with: $why",
    ReasonCode.ALREADY_PLANNED: "this change is already planned as $change_id",
    ReasonCode.OWN_PARENT: "parent_id '$parent_id' is the sub-processor itself: it can't work for itself",
    ReasonCode.PARENT_UNLISTED: "parent_id '$parent_id' is not on the list: announce it first",
    ReasonCode.PARENT_LEAVES: "parent_id '$parent_id' is to leave the list, as planned by $change_id",
    ReasonCode.PARENT_BELOW: "parent_id '$parent_id' works for this sub-processor itself, by the list or as planned",
    ReasonCode.HAS_CHILDREN: "it is the parent of $children, by the list or as planned: remove or move them first",
}
"""What events say, for the people of the platform."""


@dataclass(frozen=True, slots=True)
class Reason:
    """A reason and what it names; as text it is the English sentence."""

    code: ReasonCode
    names: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return Template(ENGLISH[self.code]).substitute(self.names)

    @property
    def coded(self) -> str:
        """The code with its names, for words in another language."""
        return encode(self.code, self.names)


def reckon(deadline: Deadline, *more: Reason) -> Reckoning:
    """How a date was reached, as events say it: the steps of its computation, and what else led to it."""
    return Reckoning(
        rule=deadline.rule,
        clause=deadline.clause,
        because=(*deadline.because, *map(str, more)),
        calendar=deadline.calendar,
        coded=(*(encode(step.code, step.names) for step in deadline.steps), *(reason.coded for reason in more)),
    )
