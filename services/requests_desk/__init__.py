"""The service `requests`: what someone asks, and nobody may answer without an instruction (§2.3, §3.2, §9)."""
