"""Where each client stands with each change: receipt, window, effect. Set-based throughout."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import NamedTuple

from agreement.book import Signed
from chassis.transaction import Transaction
from contracts.change import ChangeAnnounced, ChangeKind
from contracts.notice import Channel
from subprocessor_registry.changes import Change
from subprocessor_registry.client_store import ACTIVE
from subprocessor_registry.decisions import ClientChange, Receipt, Status


class Resumed(NamedTuple):
    """A change whose notice came in while the client was away."""

    change_id: str
    kind: ChangeKind
    received_at: datetime
    channel: Channel


_CONCERN = f"""
    INSERT INTO client_change AS known (change_id, client_id, agreement_id, agreement_version, status)
    SELECT $2, client_id, agreement_id, agreement_version, 'awaiting_receipt'
      FROM ({ACTIVE}) AS active
        ON CONFLICT (change_id, client_id) DO UPDATE
       SET agreement_id = excluded.agreement_id, agreement_version = excluded.agreement_version,
           status = excluded.status, received_at = NULL, receipt_channel = NULL, last_day_on = NULL,
           closes_at = NULL, reckoning = NULL, ended_from = NULL
     WHERE known.status = 'ended'
    RETURNING client_id
    """


async def announce(tx: Transaction, change: ChangeAnnounced, on: date) -> list[str]:
    """Record a change, and that it concerns every active client; return those, in order."""
    rows = await tx.fetch(
        f"""
        WITH announced AS (
            INSERT INTO change (change_id, subprocessor_id, kind, status, facts, requested_on, effective_on, moved,
                                reckoning, clause, announced_at)
            VALUES ($2, $3, $4, 'announced', $5, $6, $7, $8, $9, $10, $11)
        ) {_CONCERN}
        """,
        on,
        change.change_id,
        change.subprocessor_id,
        change.kind,
        change.facts.model_dump_json(exclude_none=True),
        change.requested_on,
        change.effective_on,
        change.moved,
        change.reckoning.model_dump_json(),
        change.reckoning.clause,
        change.announced_at,
    )
    return sorted(row["client_id"] for row in rows)


async def concern_clients(tx: Transaction, change_id: str, on: date) -> list[str]:
    """The change concerns every active client that isn't concerned yet; return those, in order.

    A client that had left, and is one again, is concerned afresh.
    """
    rows = await tx.fetch(_CONCERN, on, change_id)
    return sorted(row["client_id"] for row in rows)


async def load_without_receipt(
    tx: Transaction, change_ids: Sequence[str], client_ids: Sequence[str]
) -> dict[tuple[str, str], tuple[Signed, ChangeKind, Status]]:
    """Those of these clients that have no receipt yet: where they stand, and the version that binds each; locked."""
    rows = await tx.fetch(
        """
        SELECT change_id, client_id, agreement_id, agreement_version, kind, client_change.status
          FROM unnest($1::text[], $2::text[]) AS asked (change_id, client_id)
          JOIN client_change USING (change_id, client_id)
          JOIN change USING (change_id)
         WHERE received_at IS NULL
         ORDER BY change_id, client_id
           FOR UPDATE OF client_change
        """,
        change_ids,
        client_ids,
    )
    return {(row[0], row[1]): (Signed(row[2], row[3]), ChangeKind(row[4]), Status(row[5])) for row in rows}


async def record_receipts(tx: Transaction, receipts: Sequence[Receipt]) -> None:
    """These clients have their notices; where they have days to object, these run."""
    windows = [receipt.window for receipt in receipts]
    await tx.execute(
        """
        UPDATE client_change AS standing
           SET status = fresh.status, received_at = fresh.received_at, receipt_channel = fresh.channel,
               last_day_on = fresh.last_day_on, closes_at = fresh.closes_at, reckoning = fresh.reckoning::jsonb
          FROM unnest($1::text[], $2::text[], $3::text[], $4::timestamptz[], $5::text[], $6::date[],
                      $7::timestamptz[], $8::text[])
               AS fresh (change_id, client_id, status, received_at, channel, last_day_on, closes_at, reckoning)
         WHERE (standing.change_id, standing.client_id) = (fresh.change_id, fresh.client_id)
        """,
        [receipt.change_id for receipt in receipts],
        [receipt.client_id for receipt in receipts],
        [receipt.status for receipt in receipts],
        [receipt.received_at for receipt in receipts],
        [receipt.channel for receipt in receipts],
        [window and window.last_day_on for window in windows],
        [window and window.closes_at for window in windows],
        [window and window.reckoning.model_dump_json() for window in windows],
    )


async def close_windows(tx: Transaction, change_id: str, client_ids: Sequence[str]) -> None:
    """The windows of these clients are over, where they were open."""
    await tx.execute(
        """
        UPDATE client_change SET status = 'clear'
         WHERE change_id = $1 AND client_id = ANY ($2::text[]) AND status = 'window_open'
        """,
        change_id,
        client_ids,
    )


async def lock_standing(tx: Transaction, change_id: str, client_id: str) -> tuple[ClientChange, Signed] | None:
    """One client's standing with a change, kept from moving while this transaction decides."""
    row = await tx.fetchrow(
        """
        SELECT change_id, client_id, subprocessor_id, kind, effective_on, client_change.status, closes_at, last_day_on,
               agreement_id, agreement_version,
               (SELECT mitigation_id FROM mitigation
                 WHERE mitigation.change_id = $1 AND mitigation.client_id = $2 AND answered_at IS NULL
                 ORDER BY seq DESC LIMIT 1) AS mitigation_id
          FROM client_change JOIN change USING (change_id)
         WHERE change_id = $1 AND client_id = $2
           FOR UPDATE OF client_change
        """,
        change_id,
        client_id,
    )
    if row is None:
        return None
    standing = ClientChange(
        change_id=row["change_id"],
        client_id=row["client_id"],
        subprocessor_id=row["subprocessor_id"],
        kind=ChangeKind(row["kind"]),
        effective_on=row["effective_on"],
        status=Status(row["status"]),
        closes_at=row["closes_at"],
        last_day_on=row["last_day_on"],
        mitigation_id=row["mitigation_id"],
    )
    return standing, Signed(row["agreement_id"], row["agreement_version"])


async def set_status(tx: Transaction, standing: ClientChange, status: Status) -> None:
    """Where a client stands with a change from now on."""
    await tx.execute(
        "UPDATE client_change SET status = $3 WHERE change_id = $1 AND client_id = $2",
        standing.change_id,
        standing.client_id,
        status,
    )


async def end_standings(tx: Transaction, change_id: str) -> list[str]:
    """The change is withdrawn for every client; return them, in order."""
    rows = await tx.fetch(
        "UPDATE client_change SET status = 'ended' WHERE change_id = $1 AND status <> 'ended' RETURNING client_id",
        change_id,
    )
    return sorted(row["client_id"] for row in rows)


async def end_standings_of(tx: Transaction, client_id: str) -> None:
    """The client has left: wherever it has a word still, it has none any more; where it stood is kept."""
    await tx.execute(
        """
        UPDATE client_change SET status = 'ended', ended_from = status
         WHERE client_id = $1 AND status <> 'ended' AND (status <> 'in_effect' OR closes_at IS NULL OR closes_at > $2)
        """,
        client_id,
        tx.now,
    )


async def resume_standings(tx: Transaction, client_id: str) -> list[Resumed]:
    """The client is back as if it had not left: it stands where it stood; return where it has the notice by now."""
    rows = await tx.fetch(
        """
        UPDATE client_change
           SET status = CASE WHEN ended_from = 'window_open' AND closes_at <= $2 THEN 'clear' ELSE ended_from END,
               ended_from = NULL
          FROM change
         WHERE change.change_id = client_change.change_id AND client_id = $1 AND ended_from IS NOT NULL
           AND change.status IN ('announced', 'in_effect')
        RETURNING change.change_id, kind, client_change.status, received_at, receipt_channel
        """,
        client_id,
        tx.now,
    )
    return [
        Resumed(row["change_id"], ChangeKind(row["kind"]), row["received_at"], Channel(row["receipt_channel"]))
        for row in rows
        if row["status"] == Status.AWAITING_RECEIPT and row["received_at"] is not None
    ]


async def forget_ended(tx: Transaction, client_id: str) -> None:
    """The client begins anew: where it stood before is over for good."""
    await tx.execute(
        "UPDATE client_change SET ended_from = NULL WHERE client_id = $1 AND ended_from IS NOT NULL", client_id
    )


async def end_standings_before(tx: Transaction, removal: Change) -> None:
    """The sub-processor has left the list: a client that has a word still on an earlier change of it has none now."""
    await tx.execute(
        """
        UPDATE client_change SET status = 'ended', ended_from = NULL
          FROM change
         WHERE change.change_id = client_change.change_id AND subprocessor_id = $1 AND change.change_id <> $2
           AND (client_change.status <> 'ended' OR ended_from IS NOT NULL)
           AND (client_change.status <> 'in_effect' OR closes_at IS NULL OR closes_at > $3)
        """,
        removal.subprocessor_id,
        removal.change_id,
        tx.now,
    )


async def load_clear(tx: Transaction, change_id: str) -> list[str]:
    """The clients for which the change may take effect: their window is over and nothing is open."""
    rows = await tx.fetch(
        "SELECT client_id FROM client_change WHERE change_id = $1 AND status = 'clear' ORDER BY client_id FOR UPDATE",
        change_id,
    )
    return [row["client_id"] for row in rows]


async def load_concerned(tx: Transaction, change_id: str) -> list[str]:
    """The clients that the change concerns."""
    rows = await tx.fetch(
        "SELECT client_id FROM client_change WHERE change_id = $1 AND status <> 'ended' ORDER BY client_id", change_id
    )
    return [row["client_id"] for row in rows]


async def count_unclear(tx: Transaction, change_id: str) -> int:
    """How many clients hold a common gate shut: no receipt, an open window, an open objection."""
    count: int = await tx.fetchval(
        """
        SELECT count(*)
          FROM client_change
         WHERE change_id = $1 AND status IN ('awaiting_receipt', 'window_open', 'objected', 'mitigation_open')
        """,
        change_id,
    )
    return count


async def unreceived(tx: Transaction, change_id: str) -> list[str]:
    """The clients that have given no proof of receipt."""
    rows = await tx.fetch(
        "SELECT client_id FROM client_change WHERE change_id = $1 AND status = 'awaiting_receipt' ORDER BY client_id",
        change_id,
    )
    return [row["client_id"] for row in rows]


async def take_effect(tx: Transaction, change_id: str, client_ids: Sequence[str], on: date) -> None:
    """The change is in effect for these clients from `on`, or their contract's first day on."""
    await tx.execute(
        """
        UPDATE client_change SET status = 'in_effect', in_effect_on = greatest($3, active_from)
          FROM client
         WHERE client.client_id = client_change.client_id AND change_id = $1
           AND client_change.client_id = ANY ($2::text[])
        """,
        change_id,
        client_ids,
        on,
    )
