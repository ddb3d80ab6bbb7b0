"""The record of evidence: what was heard of each client, chained, signed, exported and verified (§3.2, §7)."""
