"""What operators say of incidents: each post is an event of the topic `breach`, and answers with the time left (§6)."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated, Final, NamedTuple, TypeAlias

from fastapi import APIRouter, Depends, Request

from breach.answers import bodies
from breach.answers.asking import Handler, Once, known, say
from breach.answers.bodies import event_of
from breach.answers.incidents_api import shown
from breach.answers.views import IncidentView
from chassis.asking import Body, PathId, Running
from chassis.message import Cause
from chassis.rights import Caller
from contracts import breach as says

router = APIRouter(tags=["acts"])
_CREATED = HTTPStatus.CREATED


@dataclass(frozen=True, slots=True)
class Acting:
    """Somebody who may, and what they say under one key."""

    request: Request
    caller: Caller
    running: Running
    cause: Cause

    async def say(
        self, kind: type[says.BreachEvent], incident_id: str, body: Body, by: str | None = None, **more: object
    ) -> IncidentView:
        """Have it handled, of an incident that is there, with the caller in the field `by`; answer how it stands."""
        await known(self.running, incident_id)
        named = {by: self.caller.subject} if by else {}
        await say(self.running, event_of(kind, body, incident_id=incident_id, **named, **more), self.cause)
        return await shown(self.request, self.running, incident_id)


def _acting(request: Request, caller: Handler, running: Running, cause: Once) -> Acting:
    return Acting(request, caller, running, cause)


Act: TypeAlias = Annotated[Acting, Depends(_acting)]


class Said(NamedTuple):
    """What is said of an incident that is there: where, as which event, with what, who says it, and what it does."""

    path: str
    kind: type[says.BreachEvent]
    body: type[Body]
    by: str | None
    summary: str
    does: str


_SAID: Final = (
    Said(
        "awareness",
        says.BreachAwarenessRecorded,
        bodies.AwarenessBody,
        "decided_by",
        "Decide that it is a breach",
        "BRE-1: the clocks run from there; said again, they are moved.",
    ),
    Said(
        "scope",
        says.BreachScoped,
        bodies.ScopeBody,
        "decided_by",
        "Add who is affected",
        "§6: the new ones are told, they alone.",
    ),
    Said(
        "scope/corrections",
        says.BreachScopeCorrected,
        bodies.ScopeBody,
        "decided_by",
        "Take out who was named by mistake",
        "§6: whoever is affected by that alone, and was not told yet, is affected no more.",
    ),
    Said(
        "updates",
        says.BreachUpdated,
        bodies.UpdateBody,
        "said_by",
        "Tell the next phase",
        "BRE-2: numbered, to every client that is affected.",
    ),
    Said(
        "steps",
        says.BreachStepLogged,
        bodies.StepBody,
        None,
        "Log what was done",
        "BRE-3: it feeds the next update, unless it is internal.",
    ),
    Said(
        "dossier",
        says.BreachDossierEntered,
        bodies.DossierBody,
        "entered_by",
        "Enter elements of the dossier",
        "BRE-4: known, approximate, or unknown.",
    ),
    Said(
        "severity",
        says.BreachSeverityAssessed,
        bodies.SeverityBody,
        "assessed_by",
        "Assess the severity",
        "ENISA 2013: advice, never a gate.",
    ),
    Said(
        "exemptions",
        says.BreachExempted,
        bodies.ExemptionBody,
        "decided_by",
        "Exempt the client that caused it",
        "BRE-5: on evidence, and that client alone.",
    ),
    Said(
        "delays",
        says.BreachDelayExplained,
        bodies.DelayBody,
        "said_by",
        "Explain a delay",
        "BRE-1: it goes into the notices, or into the dossier.",
    ),
    Said(
        "decisions",
        says.BreachAuthorityDecided,
        bodies.DecisionBody,
        "decided_by",
        "Decide whether an authority is told",
        "BRE-4: with the reason, and whose decision it is.",
    ),
    Said(
        "notifications",
        says.BreachAuthorityNotified,
        bodies.SubmissionBody,
        "submitted_by",
        "Record that an authority was told",
        "BRE-4: initial, complementary or complete, by what the dossier lacks.",
    ),
    Said(
        "closure",
        says.BreachClosed,
        bodies.CloseBody,
        "closed_by",
        "Close it, or dismiss a suspicion",
        "§6: needs cause, measures and a last update, or a reason for each that is absent.",
    ),
    Said("reopening", says.BreachReopened, bodies.ReasonBody, "reopened_by", "Open it again", "§6: it goes on."),
)


def _post(said: Said) -> Callable[..., Awaitable[IncidentView]]:
    async def post(incident_id: PathId, body: Body, act: Act) -> IncidentView:
        return await act.say(said.kind, incident_id, body, said.by)

    post.__annotations__["body"] = said.body
    return post


for each in _SAID:
    router.add_api_route(
        f"/incidents/{{incident_id}}/{each.path}",
        _post(each),
        methods=["POST"],
        status_code=_CREATED,
        summary=each.summary,
        description=each.does,
        name=each.path,
    )


@router.post("/incidents", status_code=_CREATED, summary="Open an incident, or detect it again")
async def open_incident(body: bodies.OpenBody, act: Act) -> IncidentView:
    """§6: suspected, or with `aware_at` established: then who is affected is told at once."""
    await say(act.running, event_of(says.BreachDetected, body), act.cause)
    return await shown(act.request, act.running, body.incident_id)


@router.post("/incidents/{incident_id}/exemptions/{client_id}/end", status_code=_CREATED, summary="Lift an exemption")
async def lift_exemption(incident_id: PathId, client_id: PathId, body: bodies.ReasonBody, act: Act) -> IncidentView:
    """BRE-5: its clock shows the delay, and it is told at once."""
    return await act.say(says.BreachExemptionLifted, incident_id, body, "decided_by", client_id=client_id)
