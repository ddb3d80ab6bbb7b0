"""§15: what a client says over the bus and changes nothing is answered in writing; to the API, by the API."""

import pytest
from tests.requests.desk import Desk
from tests.requests.test_requests_tasks import help_with

from contracts.dsar import Act, DsarQuoteAnswered
from contracts.register import RegisterRefused
from contracts.request import RequestRefusalNoticeOrdered

pytestmark = pytest.mark.servers


async def test_a_client_is_told_why_its_word_changed_nothing(desk: Desk) -> None:
    """An instruction under an id that says something else, an answer to no quote: each with its reason, once."""
    await help_with(desk, Act.FIND)
    await desk.instruct(text="Something else.")
    await desk.hear(
        DsarQuoteAnswered(
            request_id="dsar-1",
            client_id="acme",
            assistance_id="help-1",
            quote_id="quote-9",
            accepted=True,
            answered_by="DPO",
            received_at=desk.clock.now(),
        )
    )
    notices = [(each.about, each.facts["what"]) for each in desk.of(RequestRefusalNoticeOrdered)]
    assert notices == [("inst-1", "instruction.given"), ("dsar-1", "dsar.quote_answered")]
    assert "amend it" in str(desk.of(RequestRefusalNoticeOrdered)[0].facts["reason"])


async def test_staff_and_the_api_are_told_at_once(desk: Desk) -> None:
    """A refusal of the staff's opinion is no notice; one that the client read as a 409 isn't either."""
    await desk.ask()
    await desk.instruct()
    await desk.withdraw()
    await desk.doubt()
    answer = await desk.post("acme", "/clients/acme/instructions/inst-1/withdrawal", {"reason": "again"})
    assert answer.status_code == 409
    await desk.settle()
    assert len(desk.of(RegisterRefused)) == 2
    assert not desk.of(RequestRefusalNoticeOrdered)
