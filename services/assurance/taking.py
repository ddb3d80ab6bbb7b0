"""Every word about a client's matter goes one way: the client is locked, the word weighed, what comes of it kept."""

from typing import Final

from agreement.deadlines import end_of_day, local_date
from assurance import assistance, audits, client_store, disputes, matter_store, questions, reminding
from assurance.assistance import Assistance
from assurance.audit_record import Audit
from assurance.bound import Bound
from assurance.disputes import Dispute
from assurance.gate_state import AuditWorld
from assurance.knowing import unknown
from assurance.matter_store import About
from assurance.notices import order
from assurance.questions import Question
from assurance.refusing import answers_to
from assurance.words import Record, Refusal, Step, World, reckon
from chassis.database import Pool
from chassis.errors import Rejected
from chassis.router import Router
from chassis.transaction import Transaction
from contracts.appointment import AppointmentMatterDue
from contracts.assistance import AssistanceEvent
from contracts.assurance import AssuranceRefused, Matter
from contracts.audit import AuditEvent, AuditRequested
from contracts.bus import TOPICS
from contracts.dispute import DisputeEvent
from contracts.question import QuestionEvent

Said = QuestionEvent | AuditEvent | AssistanceEvent | DisputeEvent | AppointmentMatterDue
Outcome = Step | Refusal | None

router = Router()
_OPENING: Final = frozenset({"question.asked", "audit.requested", "assistance.requested", "dispute.notified"})
_CLIENTS = QuestionEvent | AuditEvent | AssistanceEvent | DisputeEvent
_HEARD: Final[list[type[Said]]] = [event for topic in TOPICS for event in topic.events if issubclass(event, _CLIENTS)]


async def take(app: Bound, said: Said, tx: Transaction) -> None:
    """One word at a time for each client: of two that contradict each other, the later is refused with the reason."""
    about = about_of(said)
    client = await client_store.lock_client(tx, about.client_id, local_date(app.book.latest, tx.now))
    if client is None:
        raise unknown(about.client_id)
    record = await matter_store.load(tx, about)
    if record is None and said.TYPE not in _OPENING:
        raise Rejected(f"there is no {about.kind} {about.matter_id!r} of this client", f"{about.kind}_id")
    world = World(app.book[client.signed], client, tx.now, app.settings.ahead_within)
    outcome = await _weigh(world, record, said, tx)
    match outcome:
        case Step():
            await _keep(world, about, outcome, said, tx)
            reminding.enter(world.agreement, about, record, outcome.record, tx)
        case Refusal():
            await _refuse(world, about, outcome, said, tx)


for _event in _HEARD:
    router.on(_event)(take)
router.on(AppointmentMatterDue)(take)


def about_of(said: Said) -> About:
    """Which matter a word is about."""
    match said:
        case QuestionEvent():
            return About(said.client_id, Matter.QUESTION, said.question_id)
        case AuditEvent():
            return About(said.client_id, Matter.AUDIT, said.audit_id)
        case AssistanceEvent():
            return About(said.client_id, Matter.ASSISTANCE, said.assistance_id)
        case DisputeEvent():
            return About(said.client_id, Matter.DISPUTE, said.dispute_id)
        case AppointmentMatterDue():
            return About(said.client_id, said.matter, said.matter_id)


async def _weigh(world: World, record: Record | None, said: Said, tx: Transaction) -> Outcome:
    match said, record:
        case AuditEvent(), Audit() | None:
            request = said if isinstance(said, AuditRequested) else record.request if record is not None else None
            return audits.weigh(await audit_world(tx, world, about_of(said), request), record, said)
        case QuestionEvent() | AppointmentMatterDue(), Question() | None:
            return questions.weigh(world, record, said)
        case AssistanceEvent() | AppointmentMatterDue(), Assistance() | None:
            return assistance.weigh(world, record, said)
        case DisputeEvent() | AppointmentMatterDue(), Dispute() | None:
            return disputes.weigh(world, record, said)
        case _:
            return None


async def audit_world(db: Transaction | Pool, world: World, about: About, request: AuditRequested | None) -> AuditWorld:
    """What an audit is judged by: the client's other audits, the breach or the question that it names."""
    incident_id = None if request is None else request.incident_id
    other = await matter_store.load_other(db, about, incident_id)
    question = None
    if request is not None and request.question_id is not None:
        question = await matter_store.load(db, About(about.client_id, Matter.QUESTION, request.question_id))
    return AuditWorld(
        world.agreement,
        world.client,
        world.now,
        world.ahead_within,
        other.last_held_on,
        other.open_audit_id,
        frozenset({incident_id}) if incident_id is not None and other.told_breach else frozenset(),
        question if isinstance(question, Question) else None,
    )


async def _keep(world: World, about: About, step: Step, said: Said, tx: Transaction) -> None:
    await matter_store.save(tx, about, step.record)
    await matter_store.note(tx, about.client_id, about.kind, about.matter_id, said)
    name = f"due/{about.client_id}/{about.kind}/{about.matter_id}"
    due_on = step.record.due_on
    if due_on is not None and not step.record.is_over and not step.record.overdue:
        due = AppointmentMatterDue(
            client_id=about.client_id, matter=about.kind, matter_id=about.matter_id, due_on=due_on
        )
        tx.emit_at(due, end_of_day(world.agreement, due_on), name)
    else:
        tx.cancel(name)
    for event in step.events:
        tx.emit(event)
    for notice in step.notices:
        order(world, about, notice, tx)


async def _refuse(world: World, about: About, refusal: Refusal, said: Said, tx: Transaction) -> None:
    refused = AssuranceRefused(
        client_id=about.client_id,
        matter=about.kind,
        matter_id=about.matter_id,
        what=said.TYPE,
        reason=refusal.reason,
        clause=refusal.clause,
        field=refusal.field,
        gate=refusal.gate,
        opens_when=None if refusal.opening is None else refusal.opening.sentence,
        opens_on=refusal.opens_on,
        reckoning=None if refusal.reckoning is None else reckon(refusal.reckoning),
    )
    tx.emit(refused)
    await matter_store.note(tx, about.client_id, about.kind, about.matter_id, refused)
    for notice in refusal.notices or answers_to(said, about.matter_id, refusal, tx.cause):
        order(world, about, notice, tx)
