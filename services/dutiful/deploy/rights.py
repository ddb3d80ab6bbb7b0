"""Who may hear and say what on the bus, from the contracts and the services' routers alone. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from chassis import undertakings
from chassis.dead_letters import topic_of
from contracts.bus import TOPICS

PLATFORM: Final = "platform"
OPERATOR: Final = "operator"


@dataclass(frozen=True, slots=True)
class Rights:
    """What one client of the bus needs and no more; names without prefix.

    A group that ends in a hyphen stands for all groups that begin so.
    """

    who: str
    hears: tuple[str, ...]
    says: tuple[str, ...]
    groups: tuple[str, ...]


def of_service(name: str, heard: Sequence[str]) -> Rights:
    """A service: the topics of its router, those that it writes, its dead letters and its group.

    Every service hears who is bound to confidentiality, once DUTIFUL_UNDERTAKINGS_REQUIRED asks for it.
    """
    own = [topic.name for topic in TOPICS if name == topic.writer or name in topic.others]
    hears = sorted({*heard, *undertakings.router.topics})
    return Rights(name, tuple(hears), (*sorted(own), topic_of(name)), (f"dutiful-{name}",))


def of_platform() -> Rights:
    """The platform: it says what comes from outside, and may hear all that follows; orders are answered by holders."""
    says = [topic.name for topic in TOPICS if topic.from_outside and not topic.answers]
    hears = [topic.name for topic in TOPICS]
    return Rights(PLATFORM, tuple(sorted(hears)), tuple(sorted(says)), (f"{PLATFORM}-",))


def of_operator(services: Sequence[str]) -> Rights:
    """An operator's commands: dead letters are read, struck off, and played again on their topics."""
    letters = [topic_of(name) for name in services]
    return Rights(OPERATOR, tuple(sorted(letters)), tuple(sorted([topic.name for topic in TOPICS] + letters)), ())
