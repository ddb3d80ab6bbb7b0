"""What clients and people on call are told (§6)."""
