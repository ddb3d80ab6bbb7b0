"""What people read and say through the API (§6)."""
