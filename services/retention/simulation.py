"""What-if: the end of a contract on a day, and what would follow; nothing is stored (§8.3)."""

from datetime import date

from agreement import deadlines
from agreement.counting import spell
from agreement.schema import Agreement
from chassis.transaction import Transaction
from contracts.choice import Choice
from retention import announced_store, hold_store, holder_store, termination_store
from retention.decisions import weigh_termination
from retention.planning import Ending, plan
from retention.terminations import Stage, Termination
from retention.views import AnnouncedView, LineView, SimulationAnswer, SimulationBody


async def simulate(agreement: Agreement, body: SimulationBody, tx: Transaction) -> SimulationAnswer:
    """Who would cease, and what would happen to each category at each holder, when and why."""
    keepers = await holder_store.load_keepers(tx, body.client_id)
    today = deadlines.local_date(agreement, tx.now)
    announced = await announced_store.load_announced(tx, body.client_id, after=today, until=body.on)
    keepers += [keeper for keeper, _ in announced]
    holds = (await hold_store.load_holds(tx, [body.client_id])).get(body.client_id, [])
    current = await termination_store.load_current(tx, body.client_id)
    choice = Choice(body.choice) if body.choice else None
    planned = plan(agreement, Ending(body.on, choice, body.on if choice else None), keepers, holds)
    return SimulationAnswer(
        client_id=body.client_id,
        terminated_on=body.on,
        choice=choice,
        stands=standing(agreement, current[0] if current else None, body.client_id, body.on),
        ceased=[keeper.holder_id for keeper in keepers],
        announced=[AnnouncedView(holder_id=keeper.holder_id, effective_on=day) for keeper, day in announced],
        lines=[LineView.model_validate(entry.model_dump()) for entry in planned.entries],
        without_holder=list(planned.without_holder),
    )


def standing(agreement: Agreement, current: Termination | None, client_id: str, on: date) -> str | None:
    """What stands against an end on that day, or would be moved by it; None: nothing is known of an end."""
    refused = weigh_termination(agreement, client_id, current, on)
    if refused is not None:
        return f"this end would be refused: {refused.reason}"
    if current is None or current.stage is not Stage.PLANNED:
        return None
    how = "by its own end" if current.by_expiry else "as was said"
    return f"the contract ends on {spell(current.terminated_on)} {how}; this day would take that one's place"
