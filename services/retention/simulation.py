"""What-if: the end of a contract on a day, and what would follow; nothing is stored (§8.3)."""

from agreement.schema import Agreement
from chassis.transaction import Transaction
from contracts.choice import Choice
from retention import hold_store, holder_store
from retention.planning import Ending, plan
from retention.views import LineView, SimulationAnswer, SimulationBody


async def simulate(agreement: Agreement, body: SimulationBody, tx: Transaction) -> SimulationAnswer:
    """Who would cease, and what would happen to each category at each holder, when and why."""
    keepers = await holder_store.load_keepers(tx, body.client_id)
    holds = (await hold_store.load_holds(tx, [body.client_id])).get(body.client_id, [])
    choice = Choice(body.choice) if body.choice else None
    planned = plan(agreement, Ending(body.on, choice, body.on if choice else None), keepers, holds)
    return SimulationAnswer(
        client_id=body.client_id,
        terminated_on=body.on,
        choice=choice,
        ceased=[keeper.holder_id for keeper in keepers],
        lines=[LineView.model_validate(entry.model_dump()) for entry in planned.entries],
        without_holder=list(planned.without_holder),
    )
