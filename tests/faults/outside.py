"""What came out of a system: webhooks at a real receiver, emails at a real mail server, events on the bus.

At least once is promised on each of the three ways, and one id for whatever it is: what came again under an id is
counted apart, and what came under different ids is compared by what it is about and says, as often as it was said.
"""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import Final

from tests.faults.bus import Heard, last_words
from tests.faults.snapshot import of_bytes, of_text
from tests.faults.world import DUTY, World

from contracts.bus import TOPICS, Cleanup

DEAD: Final = "dead-letter."
WAKING: Final = {
    "schedule.certificate_due": "one for what was confirmed together, however many that were",
    "escalation.alert_due": "one for what people on call are told together",
}
"""Events that a service says to itself to look again: that they come counts, not how often."""
RECORD: Final = frozenset({"evidence", "anchor"})
"""Topics that say where chains end: which order that is of, topics don't say."""
_FOLDED: Final = re.compile(r"\(\d+\)$")
"""How the subjects of `snapshot.FOLDED` end: by how many there are."""
PUBLISHED: Final = "faults"
"""The CloudEvents source of what the harness publishes itself."""


@dataclass
class Way:
    """One way out: what came, by id; how many came again; and what came under one id with two contents."""

    came: dict[str, tuple[str, str]] = field(default_factory=dict)
    again: Counter[str] = field(default_factory=Counter)
    contradicted: list[str] = field(default_factory=list)

    def take(self, about: str, name: str, content: str) -> None:
        """One that came: where and about what, its id, and what it says."""
        _, before = self.came.setdefault(name, (about, content))
        if before != content:
            self.contradicted.append(f"{about} {name}: {before} ≠ {content}")
        self.again[name] += 1

    def said(self) -> list[str]:
        """What was said, under whichever id, as often as it was."""
        lines = [f"{about} | {content}" for about, content in self.came.values()]
        waking = {line for line in lines if any(event_type in line for event_type in WAKING)}
        return sorted(waking) + [line for line in lines if line not in waking]

    @property
    def twice(self) -> int:
        """How many came again, counted each time."""
        return self.again.total() - len(self.came)


@dataclass
class Outside:
    """All ways out of one run."""

    webhooks: Way = field(default_factory=Way)
    mails: Way = field(default_factory=Way)
    events: Way = field(default_factory=Way)
    last: dict[str, str] = field(default_factory=dict)
    letters: set[str] = field(default_factory=set)
    """Dead letters; what a publisher said twice has two."""
    unsigned: int = 0


def seen(world: World, heard: Iterable[Heard]) -> Outside:
    """What the world has seen since it was cleared, and what was heard on the bus."""
    outside = Outside()
    for request in world.receiver.requests:
        outside.webhooks.take(request.path, request.headers["webhook-id"], of_bytes(request.body))
        outside.unsigned += request.verified is not True
    for mail in world.smtp.mails:
        if mail.recipients == (DUTY[0]["email"],) and _FOLDED.search(str(mail.message["Subject"])):
            continue
        content = f"{of_text(mail.message['Subject'])}\n{_text(mail.message)}"
        outside.mails.take(",".join(mail.recipients), str(mail.message["Message-ID"]), content)
    heard = [each for each in heard if each.topic not in RECORD and not each.is_poison]
    for each in heard:
        if each.topic.startswith(DEAD):
            if each.value is not None:  # a tombstone strikes off a letter, which is here all the same
                outside.letters.add(f"{each.topic} {each.type} {each.id} | {of_bytes(each.value)}")
        elif each.headers.get("ce_source") != PUBLISHED:
            name = each.id or f"{each.topic} {each.key} tombstone"
            outside.events.take(f"{each.topic} {each.key} {each.type}", name, of_bytes(each.value or b""))
    for topic in TOPICS:
        if topic.cleanup is Cleanup.COMPACT:
            words = last_words(heard, topic.name)
            outside.last |= {f"{topic.name} {key}": of_bytes(value or b"") for key, value in words.items()}
    return outside


def _text(message: EmailMessage) -> str:
    plain = message.get_body(("plain",))
    return of_bytes(plain.get_content().encode()) if plain is not None else ""
