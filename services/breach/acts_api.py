"""What operators say of incidents: each post is an event of the topic `breach`, and answers with the time left (§6)."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated, TypeAlias

from fastapi import APIRouter, Depends, Request

from breach.asking import Handler, Once, known, say
from breach.bodies import (
    AwarenessBody,
    Body,
    CloseBody,
    DecisionBody,
    DelayBody,
    DossierBody,
    ExemptionBody,
    OpenBody,
    ReasonBody,
    ScopeBody,
    SeverityBody,
    StepBody,
    SubmissionBody,
    UpdateBody,
    event_of,
)
from breach.incidents_api import shown
from breach.views import IncidentView
from chassis.asking import PathId, Running
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


@router.post("/incidents", status_code=_CREATED, summary="Open an incident, or detect it again")
async def open_incident(body: OpenBody, act: Act) -> IncidentView:
    """§6: suspected, or with `aware_at` established: then who is affected is told at once."""
    await say(act.running, event_of(says.BreachDetected, body), act.cause)
    return await shown(act.request, act.running, body.incident_id)


@router.post("/incidents/{incident_id}/awareness", status_code=_CREATED, summary="Decide that it is a breach")
async def record_awareness(incident_id: PathId, body: AwarenessBody, act: Act) -> IncidentView:
    """BRE-1: the clocks run from there; said again, they are moved."""
    return await act.say(says.BreachAwarenessRecorded, incident_id, body, "decided_by")


@router.post("/incidents/{incident_id}/scope", status_code=_CREATED, summary="Add who is affected")
async def add_scope(incident_id: PathId, body: ScopeBody, act: Act) -> IncidentView:
    """§6: the new ones are told, they alone."""
    return await act.say(says.BreachScoped, incident_id, body, "decided_by")


@router.post("/incidents/{incident_id}/updates", status_code=_CREATED, summary="Tell the next phase")
async def tell_update(incident_id: PathId, body: UpdateBody, act: Act) -> IncidentView:
    """BRE-2: numbered, to every client that is affected."""
    return await act.say(says.BreachUpdated, incident_id, body, "said_by")


@router.post("/incidents/{incident_id}/steps", status_code=_CREATED, summary="Log what was done")
async def log_step(incident_id: PathId, body: StepBody, act: Act) -> IncidentView:
    """BRE-3: it feeds the next update, unless it is internal."""
    return await act.say(says.BreachStepLogged, incident_id, body)


@router.post("/incidents/{incident_id}/dossier", status_code=_CREATED, summary="Enter elements of the dossier")
async def enter_dossier(incident_id: PathId, body: DossierBody, act: Act) -> IncidentView:
    """BRE-4: known, approximate, or unknown."""
    return await act.say(says.BreachDossierEntered, incident_id, body, "entered_by")


@router.post("/incidents/{incident_id}/severity", status_code=_CREATED, summary="Assess the severity")
async def assess_severity(incident_id: PathId, body: SeverityBody, act: Act) -> IncidentView:
    """ENISA 2013: advice, never a gate."""
    return await act.say(says.BreachSeverityAssessed, incident_id, body, "assessed_by")


@router.post("/incidents/{incident_id}/exemptions", status_code=_CREATED, summary="Exempt the client that caused it")
async def exempt(incident_id: PathId, body: ExemptionBody, act: Act) -> IncidentView:
    """BRE-5: on evidence, and that client alone."""
    return await act.say(says.BreachExempted, incident_id, body, "decided_by")


@router.post("/incidents/{incident_id}/exemptions/{client_id}/end", status_code=_CREATED, summary="Lift an exemption")
async def lift_exemption(incident_id: PathId, client_id: PathId, body: ReasonBody, act: Act) -> IncidentView:
    """BRE-5: its clock shows the delay, and it is told at once."""
    return await act.say(says.BreachExemptionLifted, incident_id, body, "decided_by", client_id=client_id)


@router.post("/incidents/{incident_id}/delays", status_code=_CREATED, summary="Explain a delay")
async def explain_delay(incident_id: PathId, body: DelayBody, act: Act) -> IncidentView:
    """BRE-1: it goes into the notices, or into the dossier."""
    return await act.say(says.BreachDelayExplained, incident_id, body, "said_by")


@router.post("/incidents/{incident_id}/decisions", status_code=_CREATED, summary="Decide whether an authority is told")
async def decide(incident_id: PathId, body: DecisionBody, act: Act) -> IncidentView:
    """BRE-4: with the reason, and whose decision it is."""
    return await act.say(says.BreachAuthorityDecided, incident_id, body, "decided_by")


@router.post(
    "/incidents/{incident_id}/notifications", status_code=_CREATED, summary="Record that an authority was told"
)
async def notify(incident_id: PathId, body: SubmissionBody, act: Act) -> IncidentView:
    """BRE-4: initial, complementary or complete, by what the dossier lacks."""
    return await act.say(says.BreachAuthorityNotified, incident_id, body, "submitted_by")


@router.post("/incidents/{incident_id}/closure", status_code=_CREATED, summary="Close it, or dismiss a suspicion")
async def close(incident_id: PathId, body: CloseBody, act: Act) -> IncidentView:
    """§6: needs cause, measures and a last update, or a reason for each that is absent."""
    return await act.say(says.BreachClosed, incident_id, body, "closed_by")


@router.post("/incidents/{incident_id}/reopening", status_code=_CREATED, summary="Open it again")
async def reopen(incident_id: PathId, body: ReasonBody, act: Act) -> IncidentView:
    """§6: it goes on."""
    return await act.say(says.BreachReopened, incident_id, body, "reopened_by")
