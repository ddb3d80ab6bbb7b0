"""Appendix A: a client that ends the synchronisation with its CRM: what was synchronised goes at once, everywhere."""

from agreement import deadlines
from agreement.duties import Retention, Rule
from agreement.schema import Agreement
from chassis.transaction import Transaction
from contracts.client import ClientDesynchronised
from contracts.erasure import ErasureOrdered
from contracts.ordering import Purpose, Scope
from contracts.retention import OrderKind, RetentionFlagged
from retention import flags, hold_store, holder_store, orders
from retention.order_store import Placed
from retention.planning import Keeper


async def erase_synchronised(agreement: Agreement, ended: ClientDesynchronised, tx: Transaction) -> None:
    """What came before the end of the synchronisation goes; what a hold keeps is told to people."""
    today = deadlines.local_date(agreement, tx.now)
    holds = (await hold_store.load_holds(tx, [ended.client_id])).get(ended.client_id, [])
    keepers = await holder_store.load_keepers(tx, ended.client_id)
    for rule in agreement.retention:
        if rule.rule is not Rule.DESYNCHRONISATION:
            continue
        holding = [hold for hold in holds if hold.keeps(rule.category, today)]
        if holding:
            await flags.raise_flag(tx, _kept(rule, ended, ", ".join(hold.hold_id for hold in holding)))
        else:
            placed = [_order(agreement, rule, keeper, ended, tx) for keeper in keepers if keeper.may_hold(rule)]
            await orders.place(tx, placed)


def _order(
    agreement: Agreement, rule: Retention, keeper: Keeper, ended: ClientDesynchronised, tx: Transaction
) -> Placed:
    today = deadlines.local_date(agreement, tx.now)
    event = ErasureOrdered(
        order_id=tx.cause.derive(f"desynchronisation/{rule.category}/{keeper.holder_id}"),
        holder_id=keeper.holder_id,
        category=rule.category,
        scopes=(Scope(client_id=ended.client_id, cutoff_at=ended.desynchronised_at),),
        purpose=Purpose.DESYNCHRONISATION,
        due_at=orders.due_on(agreement, today, agreement.periods.erasure_answer),
        clause=rule.clause,
    )
    return Placed(event.order_id, OrderKind.ERASURE, Purpose.DESYNCHRONISATION, event, (ended.client_id,))


def _kept(rule: Retention, ended: ClientDesynchronised, holds: str) -> RetentionFlagged:
    return RetentionFlagged(
        client_id=ended.client_id,
        category=rule.category,
        seen_at=ended.desynchronised_at,
        reason=f"the synchronisation ended, and {holds} keeps what was synchronised: say it again after the hold",
        clause=rule.clause,
    )
