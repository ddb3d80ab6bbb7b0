"""What the service hears of who holds clients' data, and of what may not be deleted for a while (§9, §8.3)."""

from collections.abc import Sequence

from chassis.message import Message
from chassis.router import Router
from chassis.transaction import Transaction
from contracts.hold import HoldLifted, HoldPlaced
from contracts.holder import HolderDeclared, HolderRetired
from contracts.permission import PermissionSet, Standing
from requests_desk import keeper_store
from requests_desk.bound import Bound

router = Router()


@router.on(HolderDeclared)
async def on_holder_declared(app: Bound, said: HolderDeclared, tx: Transaction) -> None:  # noqa: ARG001 - the form of every handler
    """A system holds data of these categories, and can be asked."""
    await keeper_store.declare(tx, said)


@router.on(HolderRetired)
async def on_holder_retired(app: Bound, said: HolderRetired, tx: Transaction) -> None:  # noqa: ARG001 - as above
    """It holds nothing any more; what it was asked is still asked for."""
    await keeper_store.retire(tx, said.holder_id)


@router.on_batch(PermissionSet)
async def on_permissions_set(app: Bound, said: Sequence[Message[PermissionSet]], tx: Transaction) -> None:  # noqa: ARG001 - as above
    """A sub-processor that was ever permitted may hold data; who never was is not told of a client's people."""
    permitted = [each.event for each in said if each.event.standing is Standing.PERMITTED]
    await keeper_store.note_permitted(tx, [(each.client_id, each.subprocessor_id) for each in permitted])


@router.on(HoldPlaced)
async def on_hold_placed(app: Bound, said: HoldPlaced, tx: Transaction) -> None:  # noqa: ARG001 - as above
    """TER-4: what is held is not deleted at a person's request either, from the next order on."""
    await keeper_store.place_hold(tx, said)


@router.on(HoldLifted)
async def on_hold_lifted(app: Bound, said: HoldLifted, tx: Transaction) -> None:  # noqa: ARG001 - as above
    """It may be deleted again, when it is asked for again."""
    await keeper_store.lift_hold(tx, said)
