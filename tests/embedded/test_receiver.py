"""The webhook receiver."""

from datetime import UTC, datetime

import pytest
from aiohttp import ClientSession, ClientTimeout
from standardwebhooks import Webhook

from embedded.receiver import Answer, WebhookReceiver

_SECRET = "whsec_c2VjcmV0IG9mIHRoZSB0ZXN0cw=="
_OLD_SECRET = "whsec_dGhlIG9uZSBiZWZvcmUgdGhhdA=="


def _signed(secret: str, body: str) -> dict[str, str]:
    now = datetime.now(UTC)
    return {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(secret).sign("msg_1", now, body),
    }


async def test_it_records(receiver: WebhookReceiver) -> None:
    """A request is kept with path, headers and body, and answered 204; it is not verified without a secret."""
    async with ClientSession() as http, http.post(receiver.url("/a"), data=b"{}", headers={"X-One": "1"}) as answer:
        assert answer.status == 204
    (request,) = await receiver.wait_for(1)
    assert (request.path, request.headers["x-one"], request.body, request.verified) == ("/a", "1", b"{}", None)


@pytest.mark.parametrize(
    ("secret", "body", "changed", "verified"),
    [
        (_SECRET, "{}", {}, True),
        (_OLD_SECRET, "{}", {}, True),
        ("whsec_c29tZWJvZHkgZWxzZQ==", "{}", {}, False),
        (_SECRET, "other", {}, False),
        (_SECRET, "{}", {"webhook-signature": "v1,é"}, False),
        (_SECRET, "{}", {"webhook-signature": "nonsense"}, False),
        (None, "{}", {}, False),
    ],
)
async def test_it_verifies(
    receiver: WebhookReceiver,
    secret: str | None,
    body: str,
    changed: dict[str, str],
    verified: bool,  # noqa: FBT001
) -> None:
    """Signatures by any trusted secret verify; others, malformed ones and none at all do not."""
    receiver.trust("/hook", _SECRET, _OLD_SECRET)
    headers = {} if secret is None else _signed(secret, body) | changed
    async with ClientSession() as http:
        await http.post(receiver.url("/hook"), data=b"{}", headers=headers)
    (request,) = await receiver.wait_for(1)
    assert request.verified is verified


async def test_it_misbehaves(receiver: WebhookReceiver) -> None:
    """A path gives its answers in turn and keeps to the last one; a redirect names its target."""
    receiver.answer("/hook", Answer(500), Answer(307, location="/elsewhere"), Answer(200))
    seen = []
    async with ClientSession() as http:
        for _ in range(4):
            async with http.post(receiver.url("/hook"), allow_redirects=False) as answer:
                seen.append((answer.status, answer.headers.get("Location")))
    assert seen == [(500, None), (307, "/elsewhere"), (200, None), (200, None)]


async def test_it_hangs(receiver: WebhookReceiver) -> None:
    """A hanging path records at once and leaves its caller without an answer."""
    receiver.answer("/slow", Answer(hang_s=60))
    async with ClientSession(timeout=ClientTimeout(total=0.1)) as http:
        with pytest.raises(TimeoutError):
            await http.post(receiver.url("/slow"))
    assert len(receiver.requests) == 1
