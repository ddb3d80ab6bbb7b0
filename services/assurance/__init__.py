"""What shows that the agreement is kept: information, audits, help, disputes, measures, people (§3.2, §5, §7)."""
