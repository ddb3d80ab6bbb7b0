"""One service, or one flow, each beside a raw loop in the same run."""
