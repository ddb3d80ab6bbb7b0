"""Pictures of the dashboards, of a run of the whole system that a real Prometheus has scraped (`make pictures`)."""
