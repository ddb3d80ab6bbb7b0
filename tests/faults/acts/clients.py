"""Who the clients are and what they set; who holds data; who is bound; which measures there are."""

from collections.abc import Iterable
from typing import Final

from tests.faults.bus import Bus
from tests.faults.stream import Cast, Said, at, say

VAULT: Final = "vault"
CATEGORIES: Final = ["call_recordings", "transcriptions", "sso_user_numbers"]
PEOPLE: Final = ("n.petit@quicktalk.example", "c.martin@quicktalk.example")


def clients(act: int, cast: Cast, _: Bus) -> Iterable[Said]:
    """In the first acts."""
    match act:
        case 0:
            yield say("holder.declared", holder_id=VAULT, name="Vault", categories=CATEGORIES)
            yield say("holder.declared", holder_id="spare", name="Spare", categories=["faxes"])
            for client_id in cast.client_ids:
                contact = {"name": "DPO", "email": f"dpo@{client_id}.example", "postal_address": "1 rue X"}
                yield say("client.signed", client_id=client_id, name=client_id.title(), contact=contact)
            for person in PEOPLE:
                yield say("staff.undertaking_given", person=person)
            yield say("measure.version_proposed", version_id="v-1")
        case 1:
            yield from _settings(cast)
            yield say("holder.retired", holder_id="spare")
            yield say("staff.undertaking_ended", person=PEOPLE[1], ended_on="2026-05-20")
            yield say("measure.justified", version_id="v-1")
        case 4:
            yield say("measure.version_withdrawn", version_id="v-1")
        case _:
            pass


def _settings(cast: Cast) -> Iterable[Said]:
    for n, client_id in enumerate(cast.client_ids):
        language = "fr" if n % 2 else "en"
        contact = {"name": "Privacy team", "email": f"privacy@{client_id}.example", "language": language}
        yield say("client.contact_changed", client_id=client_id, contact=contact)
        match n % 5:
            case 0:
                yield say("client.settings_changed", client_id=client_id)
            case 1:
                yield say("client.desynchronised", client_id=client_id, desynchronised_at=at(0.5))
            case 2:
                yield say("client.competitor_marked", client_id=client_id)
            case 3:
                yield say("client.amended", client_id=client_id, agreement_version="1", signed_on="2026-03-01")
            case _:
                pass
