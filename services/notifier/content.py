"""What a notice says, made for each channel when it is sent; what an order's notices share was made once."""

import time
from collections.abc import Mapping
from dataclasses import dataclass

from agreement.schema import Agreement
from notifier.alerts import Alert
from notifier.jobs import Endpoint, Job
from notifier.mail import Mail
from notifier.texts import Rendered, render
from notifier.webhooks import WebhookRequest


@dataclass(frozen=True, slots=True)
class Addressed:
    """What a notice says, and to whom."""

    kind: str
    clause: str
    facts: Mapping[str, str | list[str]]
    client_name: str
    contact_name: str
    language: str


def webhook(job: Job, endpoint: Endpoint, traceparent: str | None) -> WebhookRequest:
    """The webhook of a delivery: its id and body are the same at every attempt, its timestamp is this attempt's.

    Receivers hold the timestamp against their own clocks, so it is the system's and never a virtual one.
    """
    return WebhookRequest(
        url=endpoint.url,
        secrets=endpoint.secrets,
        message_id=job.delivery_id,
        timestamp=int(time.time()),
        body=b'%s"notice_id":"%s","client_id":"%s"}}'
        % (job.order.head, job.notice_id.encode(), job.client_id.encode()),
        traceparent=traceparent,
    )


def mail(agreement: Agreement, job: Job) -> Mail:
    """The email of a delivery, in the client's language."""
    order = job.order
    addressed = Addressed(order.kind, order.clause, order.facts, job.client_name, job.contact_name, job.language)
    text = rendered(agreement, addressed)
    return Mail(
        to=job.email,
        to_name=job.contact_name,
        subject=text.subject,
        text=text.text,
        html=text.html,
        message_id=f"{job.delivery_id}@dutiful.invalid",
        written_at=order.ordered_at,
        language=job.language,
    )


def alert_mail(agreement: Agreement, alert: Alert) -> Mail:
    """The email of an alert, in the language of who is on call; raises `WordingLacks`."""
    facts = {"clause": alert.clause, **alert.facts, "contact": alert.name, "processor": agreement.processor.brand}
    text = render(alert.kind, "fr" if alert.language == "fr" else "en", facts)
    return Mail(
        to=alert.email,
        to_name=alert.name,
        subject=text.subject,
        text=text.text,
        html=text.html,
        message_id=f"{alert.alert_id}@dutiful.invalid",
        written_at=alert.ordered_at,
        language=alert.language,
    )


def rendered(agreement: Agreement, notice: Addressed) -> Rendered:
    """The notice in words; raises `WordingLacks`."""
    facts = (
        {"clause": notice.clause}
        | dict(notice.facts)
        | {
            "client": notice.client_name,
            "contact": notice.contact_name,
            "processor": agreement.processor.brand,
        }
    )
    return render(notice.kind, "fr" if notice.language == "fr" else "en", facts)
