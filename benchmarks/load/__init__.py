"""The whole system, or much at once."""
