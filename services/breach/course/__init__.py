"""What becomes of an incident, from its detection to its end: decisions, phases, steps (§6)."""
