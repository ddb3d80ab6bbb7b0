"""Instructions: given, amended, withdrawn; thought to infringe the law, and confirmed (INS-1, INS-2)."""

from hashlib import sha256

from chassis.errors import Rejected
from chassis.router import Router
from chassis.transaction import Transaction
from contracts.instruction import (
    Instructed,
    InstructionAmended,
    InstructionConfirmed,
    InstructionDoubted,
    InstructionEvent,
    InstructionGiven,
    InstructionWithdrawn,
)
from contracts.register import RegisterEntered, Standing
from requests_desk import client_store, finding, instruction_store, journal, notices, request_store
from requests_desk.bound import Bound
from requests_desk.records import Instruction, Step
from requests_desk.vault import Said

router = Router()


@router.on(InstructionGiven)
async def on_given(app: Bound, given: InstructionGiven, tx: Transaction) -> None:
    """INS-1: what the client wants, with who said it, when and how; a request that it is about must be its own."""
    finding.not_ahead(app, given.said.received_at, "said.received_at", tx)
    if await client_store.load_signed(tx, given.client_id) is None:
        raise Rejected(f"client {given.client_id!r} is unknown: publish client.signed first", "client_id")
    about = await _about(given, tx)
    if not await instruction_store.insert_instruction(tx, given.instruction_id, given.client_id, about):
        instruction = await finding.locked_instruction(tx, given.client_id, given.instruction_id)
        if instruction.sha256 != digest(given.said.text):
            await _refuse(app, given, "it is there already and says something else: amend it", tx)
        return
    step = Step(Standing.IN_FORCE, 1, given.TYPE, given.said.given_by)
    await _record(app, given, given.said, step, about, tx)


async def _about(given: InstructionGiven, tx: Transaction) -> str | None:
    """The request that it is about; one that nobody here knows yet may still come, as events of other topics do."""
    if given.request_id is None:
        return None
    request = await request_store.load_request(tx, given.request_id)
    if request is not None and request.client_id not in (None, given.client_id):
        raise Rejected(f"client {given.client_id!r} has no request {given.request_id!r}", "request_id")
    return request.request_id if request else given.request_id


@router.on(InstructionAmended)
async def on_amended(app: Bound, amended: InstructionAmended, tx: Transaction) -> None:
    """INS-2: the next version is in force; an opinion about the one before it is past."""
    finding.not_ahead(app, amended.said.received_at, "said.received_at", tx)
    instruction = await finding.locked_instruction(tx, amended.client_id, amended.instruction_id)
    if instruction.standing is Standing.WITHDRAWN:
        await _refuse(app, amended, "it is withdrawn: give another", tx)
        return
    too_late_for = await instruction_store.load_sent(tx, instruction.instruction_id)
    step = Step(
        Standing.IN_FORCE,
        instruction.version + 1,
        amended.TYPE,
        amended.said.given_by,
        too_late_for=tuple(too_late_for),
    )
    await _record(app, amended, amended.said, step, instruction.request_id, tx)


@router.on(InstructionWithdrawn)
async def on_withdrawn(app: Bound, withdrawn: InstructionWithdrawn, tx: Transaction) -> None:
    """INS-1: nothing rests on it from now on; what has left under it has left, and the record says so."""
    instruction = await finding.locked_instruction(tx, withdrawn.client_id, withdrawn.instruction_id)
    if instruction.standing is Standing.WITHDRAWN:
        await _refuse(app, withdrawn, "it is withdrawn already", tx)
        return
    await _move(instruction, withdrawn, Standing.WITHDRAWN, withdrawn.withdrawn_by, withdrawn.reason, tx)


@router.on(InstructionDoubted)
async def on_doubted(app: Bound, doubted: InstructionDoubted, tx: Transaction) -> None:
    """INS-2: in the processor's opinion it infringes the law: it is suspended, and the client is told at once."""
    instruction = await finding.locked_instruction(tx, doubted.client_id, doubted.instruction_id)
    if instruction.standing is not Standing.IN_FORCE:
        await _refuse(app, doubted, f"it is {instruction.standing.replace('_', ' ')}: nothing rests on it", tx)
        return
    await _move(instruction, doubted, Standing.SUSPENDED, doubted.doubted_by, doubted.reason, tx)
    agreement = await finding.agreement_of(app, instruction.client_id, tx)
    notices.tell_of_doubt(agreement, instruction.client_id, instruction.instruction_id, doubted.reason, tx)


@router.on(InstructionConfirmed)
async def on_confirmed(app: Bound, confirmed: InstructionConfirmed, tx: Transaction) -> None:
    """INS-2: the client knows the opinion and stands by its instruction: it is in force again."""
    instruction = await finding.locked_instruction(tx, confirmed.client_id, confirmed.instruction_id)
    if instruction.standing is not Standing.SUSPENDED:
        await _refuse(app, confirmed, f"it is {instruction.standing.replace('_', ' ')}: nothing is to be confirmed", tx)
        return
    await _move(instruction, confirmed, Standing.IN_FORCE, confirmed.confirmed_by, None, tx)


def digest(text: str) -> str:
    """The hash by which what an instruction says is known: SHA-256 of its UTF-8."""
    return sha256(text.encode()).hexdigest()


async def _record(
    app: Bound, event: InstructionEvent, said: Instructed, step: Step, about: str | None, tx: Transaction
) -> None:
    """A version, and that it is in force."""
    closed = app.vault.close(Said(text=said.text), finding.place_of_instruction(event.instruction_id, step.version))
    sha = digest(said.text)
    await instruction_store.insert_version(tx, event.instruction_id, step.version, said, closed, sha)
    await _step(event, step, sha, about, tx)


async def _move(
    instruction: Instruction,
    event: InstructionEvent,
    standing: Standing,
    by: str,
    reason: str | None,
    tx: Transaction,
) -> None:
    """The same version stands otherwise; whatever left under it before is named."""
    sent = tuple(await instruction_store.load_sent(tx, instruction.instruction_id))
    too_late_for = () if standing is Standing.IN_FORCE else sent
    step = Step(standing, instruction.version, event.TYPE, by, reason, too_late_for)
    await _step(event, step, instruction.sha256, instruction.request_id, tx)


async def _step(event: InstructionEvent, step: Step, sha: str, about: str | None, tx: Transaction) -> None:
    await journal.note(tx, event.instruction_id, event)
    await instruction_store.set_standing(tx, event.instruction_id, step)
    entered = RegisterEntered(
        client_id=event.client_id,
        instruction_id=event.instruction_id,
        standing=step.standing,
        version=step.version,
        sha256=sha,
        at=tx.now,
        by=step.by,
        request_id=about,
        too_late_for=step.too_late_for,
    )
    tx.emit(entered)


async def _refuse(app: Bound, event: InstructionEvent, reason: str, tx: Transaction) -> None:
    agreement = await finding.agreement_of(app, event.client_id, tx)
    clause = agreement.instructions.clause
    await journal.refuse_instruction(tx, event.client_id, event.instruction_id, event, clause, reason)
    notices.tell_of_refusal(agreement, event.client_id, event.instruction_id, event, reason, tx)
