"""Who is affected by an incident, and how that is known (§6)."""
