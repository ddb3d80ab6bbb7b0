"""What the notifier's API says and is told: its answers and its requests. No answer but a new secret's holds one."""

from datetime import date, datetime
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from contracts.client import Contact, Email, Language
from contracts.event import Instant, Text

State = Literal["under way", "received", "failed"]
DeliveryStatus = Literal["pending", "posted", "delivered", "failed"]


class ContactView(BaseModel):
    """The single point of contact (§3.1) and its addresses (§15)."""

    name: str
    email: str
    postal_address: str | None
    language: str = Field(description="en or fr")


class ContactPeriod(ContactView):
    """A contact, and since when it was in force."""

    valid_from: datetime
    valid_until: datetime | None = Field(description="when the next one replaced it; null: it is in force")


class ClientView(BaseModel):
    """A client, the version that binds it, and the contact in force."""

    client_id: str
    name: str
    agreement_id: str
    agreement_version: str
    active_until: date | None = Field(description="the day on which its contract ends, where that is known")
    contact: ContactView


class EndpointView(BaseModel):
    """A webhook endpoint, without its secrets."""

    endpoint_id: str
    client_id: str
    url: str
    description: str | None
    created_at: datetime
    disabled_at: datetime | None = Field(description="null: notices go there")
    reason: str | None = Field(description="why it is disabled")
    overlap_until: datetime | None = Field(description="after a rotation: until when an older secret signs too")


class EndpointSecret(BaseModel):
    """An endpoint and its new secret, which is shown this once."""

    endpoint: EndpointView
    secret: str | None = Field(description="`whsec_…`, to verify by Standard Webhooks; null where it was shown before")
    note: str


class NoticeView(BaseModel):
    """A notice to one client, and whether it has it."""

    notice_id: str
    order_id: str
    client_id: str
    about: str
    kind: str
    clause: str
    state: State
    stage: int = Field(description="of the agreement's stages of channels, counted from 0")
    created_at: datetime
    escalate_at: datetime
    deadline_at: datetime
    received_at: datetime | None
    receipt_channel: str | None
    proof: str | None
    failed_at: datetime | None


class Words(BaseModel):
    """A notice in the client's language."""

    subject: str
    text: str


class NoticeAnswer(BaseModel):
    """A notice with its facts and its words; `words` is null where its kind has none."""

    notice: NoticeView
    facts: dict[str, str | list[str]]
    words: Words | None


class DeliveryView(BaseModel):
    """A notice on its way by one channel to one address."""

    delivery_id: str = Field(description="the webhook's id too, the same at every attempt")
    notice_id: str
    client_id: str
    about: str
    kind: str
    channel: str
    endpoint_id: str | None
    status: DeliveryStatus
    attempts: int
    next_attempt_at: datetime | None
    created_at: datetime


class AttemptView(BaseModel):
    """One attempt, with the address that was in force."""

    nth: int
    at: datetime
    address: str
    ok: bool
    status: int | None = Field(description="HTTP or SMTP")
    latency_ms: float
    answer: str = Field(description="its beginning; of a letter, the proof")
    reason: str | None


class DeliveryAnswer(BaseModel):
    """A delivery and every attempt."""

    delivery: DeliveryView
    attempts: list[AttemptView]


class LetterView(BaseModel):
    """A letter to be sent, or whose record of delivery is awaited."""

    delivery_id: str
    notice_id: str
    client_id: str
    client_name: str
    contact_name: str
    postal_address: str | None = Field(description="null: none is known, ask the client")
    about: str
    kind: str
    status: DeliveryStatus
    created_at: datetime
    deadline_at: datetime


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ContactBody(_Body):
    """The contact that is in force from now on."""

    name: Text
    email: Email
    postal_address: Text | None = None
    language: Language = Language.ENGLISH

    def contact(self) -> Contact:
        """The contact as the contracts have it."""
        return Contact(**dict(self))


class EndpointBody(_Body):
    """A webhook endpoint to register."""

    url: str = Field(description="https, to a public address")
    description: Annotated[Text, Field(max_length=200)] | None = None


class RotationBody(_Body):
    """How a secret is replaced."""

    overlap: float = Field(24, ge=0, le=7 * 24, description="hours for which the old secret signs too; 0 if it leaked")


class PostedBody(_Body):
    """A letter was posted; or its record of delivery came back, with the day or the instant that it states."""

    proof: Annotated[Text, Field(max_length=1000, description="such as the number of the registered letter")]
    received_on: date | None = Field(None, description="by the client, on this day in the agreement's timezone")
    received_at: Instant | None = Field(None, description="by the client, at this instant")

    @model_validator(mode="after")
    def _one(self) -> Self:
        if self.received_on is not None and self.received_at is not None:
            raise ValueError("say received_on or received_at, not both")
        return self


class AlertView(BaseModel):
    """Something that a person on call is told."""

    alert_id: str
    about: str
    kind: str
    clause: str
    facts: dict[str, str | list[str]]
    name: str | None = Field(description="null: nobody was on call")
    email: str | None
    language: str | None
    ordered_at: datetime
    next_attempt_at: datetime | None = Field(description="when it is tried again")
    attempts: int
    sent_at: datetime | None = Field(description="null: nobody has it")
    reason: str | None = Field(description="why it is not sent")
