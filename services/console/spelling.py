"""An instant as everything that is hashed or signed spells it."""

from datetime import UTC, datetime


def spelt(at: datetime) -> str:
    """RFC 3339 in UTC, as events have it on the bus."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")
