"""What the notifier is told from outside, beside what every service is."""

from datetime import timedelta

from pydantic import Field

from chassis.vault import VaultSettings
from notifier.mail import MailSettings
from notifier.on_call import Person
from notifier.webhooks import WebhookSettings


class NotifierSettings(VaultSettings):
    """Read from `DUTIFUL_*`; nested names are joined by two underscores, as in `DUTIFUL_MAIL__HOST`.

    The vault key closes the secrets of webhook endpoints.
    """

    webhooks: WebhookSettings = WebhookSettings()
    mail: MailSettings | None = Field(None, description="the mail server; without one, emails wait for it")
    on_call: tuple[Person, ...] = Field(
        (),
        description='who is told when people must act, as JSON: [{"name": …, "email": …, "language": "en"}]; '
        "without any, whom the agreement says to call about an incident",
    )
    alerts_within: timedelta = Field(
        timedelta(hours=1),
        ge=timedelta(0),
        description="after a mail about orders, flags or changes without receipt, more of its kind waits so long",
    )
    slots: int = Field(64, gt=0, description="attempts under way at once, the slow ones not counted")
    under_way: int = Field(512, gt=0, description="attempts under way at once, the slow ones counted")
    per_endpoint: int = Field(32, gt=0, description="attempts under way at one endpoint")
    claimed: int = Field(1000, gt=0, description="deliveries held in memory, about")
