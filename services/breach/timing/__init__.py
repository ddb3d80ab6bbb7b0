"""The clocks: what runs until when, what is left, what was missed (§6)."""
