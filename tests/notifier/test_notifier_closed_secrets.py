"""Webhook secrets at rest: closed for their endpoint, open to the one that signs; how those of before came to be so."""

import pytest
from pydantic import SecretStr
from standardwebhooks import Webhook
from structlog.testing import capture_logs
from tests.chassis.eventually import eventually
from tests.notifier.desk import Desk

from chassis.database import connect
from chassis.migrations import CHASSIS_TABLES, migrate, shipped
from chassis.vault import WrongKey
from embedded.receiver import WebhookReceiver
from notifier.app import Notifier
from notifier.closing import Secrets, close_all
from notifier.settings import NotifierSettings

pytestmark = pytest.mark.servers


async def registered(desk: Desk, receiver: WebhookReceiver, client_id: str) -> str:
    """A client with an endpoint; return its secret."""
    await desk.sign(client_id)
    answer = await desk.post(client_id, f"/clients/{client_id}/endpoints", {"url": receiver.url(f"/{client_id}")})
    secret: str = answer.json()["secret"]
    receiver.trust(f"/{client_id}", secret)
    return secret


async def lying(desk: Desk) -> str:
    """All that the service's tables hold, as text."""
    tables = await desk.runtime.pool.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'notifier'")
    rows = [await desk.runtime.pool.fetch(f"SELECT t::text AS line FROM {each['tablename']} AS t") for each in tables]
    return "\n".join(row["line"] for table in rows for row in table)


async def with_key(desk: Desk, key: str, *others: str) -> Notifier:
    """The notifier as it starts with these keys."""
    words = {"vault_key": SecretStr(key), "vault_other_keys": tuple(map(SecretStr, others))}
    app = Notifier(desk.app.book, desk.app.settings.model_copy(update=words))
    async with desk.runtime.processor.transaction() as tx:
        await app.begin(tx)
    return app


async def in_plain(desk: Desk) -> None:
    """As a version before left it."""
    await desk.runtime.pool.execute("DELETE FROM only_closed")


async def test_no_table_holds_a_secret_and_webhooks_are_signed_all_the_same(
    desk: Desk, receiver: WebhookReceiver
) -> None:
    """A dump of the database signs nothing; what arrives is verified by the secret that was shown once."""
    secret = await registered(desk, receiver, "acme")
    assert secret.removeprefix("whsec_")[:20] not in await lying(desk)
    async with desk.delivering():
        await desk.order("acme")
        await eventually(lambda: _arrived(receiver, 1))
    (request,) = receiver.requests
    Webhook(secret).verify(request.body, dict(request.headers))


async def test_a_version_before_goes_on_beside_this_one_until_the_command(
    desk: Desk, receiver: WebhookReceiver
) -> None:
    """While another version may read rows new ones are plain; the command closes all, and new ones come closed."""
    await in_plain(desk)
    first = await registered(desk, receiver, "acme")
    assert first in await lying(desk)
    with capture_logs() as logs:
        await with_key(desk, "k" * 32)
    assert [(each["event"], each["count"]) for each in logs] == [("webhook keys in plain", 1)]
    assert first not in str(logs)
    async with desk.runtime.pool.acquire() as connection:
        assert await close_all(connection, desk.app.secrets) == 1
        assert await close_all(connection, desk.app.secrets) == 0
    second = await registered(desk, receiver, "borealis")
    text = await lying(desk)
    assert first not in text
    assert second not in text
    async with desk.delivering():
        await desk.order("acme", "borealis")
        await eventually(lambda: _arrived(receiver, 2))
    for request in receiver.requests:
        Webhook(first if request.path == "/acme" else second).verify(request.body, dict(request.headers))


async def test_a_rotated_secret_is_closed_too(desk: Desk, receiver: WebhookReceiver) -> None:
    """Both secrets of an overlap sign, and neither stands anywhere."""
    first = await registered(desk, receiver, "acme")
    (endpoint,) = (await desk.get("acme", "/clients/acme/endpoints")).json()
    answer = await desk.post("acme", f"/endpoints/{endpoint['endpoint_id']}/secret/rotation", {"overlap": 1})
    second = answer.json()["secret"]
    text = await lying(desk)
    assert first not in text
    assert second not in text
    async with desk.delivering():
        await desk.order("acme")
        await eventually(lambda: _arrived(receiver, 1))
    for secret in (first, second):
        Webhook(secret).verify(receiver.requests[0].body, dict(receiver.requests[0].headers))


async def test_a_key_is_changed_step_by_step(desk: Desk, receiver: WebhookReceiver) -> None:
    """The key to come opens; then it closes, beside the one of before; all is closed by it; the old one may go."""
    old, new = "k" * 32, "n" * 32
    await with_key(desk, old)
    secret = await registered(desk, receiver, "acme")
    row = await desk.runtime.pool.fetchrow("SELECT endpoint_id, closed FROM endpoint_secret")
    assert row is not None
    with pytest.raises(WrongKey):
        await with_key(desk, new)
    await with_key(desk, old, new)
    both = await with_key(desk, new, old)
    assert both.secrets.open(row["endpoint_id"], row["closed"]) == secret
    async with desk.runtime.pool.acquire() as connection:
        assert await close_all(connection, both.secrets) == 2  # the secret, and the check
    only = await with_key(desk, new)
    closed = await desk.runtime.pool.fetchval("SELECT closed FROM endpoint_secret")
    assert only.secrets.open(row["endpoint_id"], closed) == secret
    with pytest.raises(WrongKey):
        await with_key(desk, old)
    with pytest.raises(WrongKey):
        only.secrets.open("ep_another", closed)


def test_a_secret_is_decrypted_once() -> None:
    """What signs one webhook signs the next without the vault; what is kept is bounded."""
    secrets = Secrets(NotifierSettings(database_url=SecretStr("postgresql://nowhere"), vault_key=SecretStr("k" * 32)))
    closed = secrets.close("ep_1", "whsec_1")
    assert secrets.open("ep_1", closed) == "whsec_1"
    secrets.vault = None  # type: ignore[assignment]  # whoever asks it now fails
    assert secrets.open("ep_1", closed) == "whsec_1"


async def _arrived(receiver: WebhookReceiver, number: int) -> bool:
    return len(receiver.requests) >= number


async def test_the_migration_leaves_the_version_before_all_that_it_reads_and_writes(database: str) -> None:
    """Where clients are known already the old statements go on working; where nobody is, nothing is ever in plain."""
    every = shipped(CHASSIS_TABLES, Notifier.migrations)
    before = every[: [each.name for each in every].index("notifier/0009_closed_secrets")]
    await migrate(database, "notifier", before)
    connection = await connect(database, "notifier")
    await connection.execute(
        """
        INSERT INTO endpoint (endpoint_id, client_id, url, created_at) VALUES ('ep', 'acme', 'https://a.test', now());
        INSERT INTO endpoint_secret (endpoint_id, secret, created_at) VALUES ('ep', 'whsec_1', now());
        """
    )
    await migrate(database, "notifier", every)
    await connection.execute(
        "INSERT INTO endpoint_secret (endpoint_id, secret, created_at) VALUES ('ep', 'whsec_2', now() + '1 s')"
    )
    assert await connection.fetchval("SELECT array_agg(secret) FROM endpoint_secret") == ["whsec_1", "whsec_2"]
    assert not await connection.fetchval("SELECT EXISTS (SELECT FROM only_closed)")
    await connection.close()
