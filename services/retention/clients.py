"""Who the clients are, and what they set (§13, §15, Appendix A)."""

from agreement.book import Signed
from chassis.transaction import Transaction
from contracts.client import (
    ClientAmended,
    ClientContactChanged,
    ClientDesynchronised,
    ClientSettingsChanged,
    ClientSigned,
)
from retention import client_store, course, desynchronising, termination_store
from retention.endings import plan_end
from retention.finding import Finder, client_unknown, refuse_unknown


async def on_client_signed(finder: Finder, signed: ClientSigned, tx: Transaction) -> None:
    """A client is bound to a version; a known end is planned (§13), one that runs spares what is new."""
    finder.book.of(signed.agreement_id, signed.agreement_version)  # of an unknown version it tells the publisher
    await client_store.save_client(tx, signed)
    client = await finder.client(signed.client_id, tx)
    for current in await termination_store.load_again(tx, client.client_id):
        await course.sign_again(current, tx)
    if signed.contract_ends_on is not None:
        await plan_end(finder, client, signed.contract_ends_on, "the contract's own end", tx, by_expiry=True)


async def on_client_amended(finder: Finder, amended: ClientAmended, tx: Transaction) -> None:
    """Another version binds the client from its signature on (§15); the contract's own end may move with it."""
    agreement_id = await client_store.load_agreement(tx, amended.client_id)
    if agreement_id is None:
        raise client_unknown(amended.client_id)
    agreement = finder.book.of(agreement_id, amended.agreement_version)
    version = Signed(agreement.id, agreement.version)
    await client_store.bind(tx, amended.client_id, version, amended.signed_on)
    client = await finder.client(amended.client_id, tx)
    if amended.contract_ends_on is not None:
        await plan_end(finder, client, amended.contract_ends_on, "the contract's own end", tx, by_expiry=True)


async def on_contact_changed(_: Finder, changed: ClientContactChanged, tx: Transaction) -> None:
    """What is printed for the client is in its contact's language (§15)."""
    if not await client_store.set_language(tx, changed.client_id, changed.contact.language):
        raise client_unknown(changed.client_id)


async def on_settings_changed(finder: Finder, changed: ClientSettingsChanged, tx: Transaction) -> None:
    """The client's own durations count from tomorrow's orders on; a law's are never undercut (RET-2)."""
    agreement = finder.book[(await finder.client(changed.client_id, tx)).signed]
    known = [each.code for each in agreement.data_categories]
    refuse_unknown(known, [each.category for each in changed.retention], "retention")
    await client_store.set_durations(tx, changed)


async def on_desynchronised(finder: Finder, ended: ClientDesynchronised, tx: Transaction) -> None:
    """What was synchronised goes at once (Appendix A)."""
    client = await finder.client(ended.client_id, tx)
    await desynchronising.erase_synchronised(finder.book[client.signed], ended, tx)
