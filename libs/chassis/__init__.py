"""What carries messages: one message, one transaction; the outbox, the agenda and the relay; clocks, health, access.

The chassis knows CloudEvents, Kafka and PostgreSQL, and nothing of any agreement.
"""
