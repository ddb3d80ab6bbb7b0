"""Whether what is said arrives: lag of consumers, outboxes, processes."""

from typing import Final

from dutiful.monitoring.flows import OF_PROCESSES, SERVICE
from dutiful.monitoring.panels import Dashboard, Panel

_STUCK_S: Final = 60
_BEHIND: Final = 1000

BUS: Final = Dashboard(
    "dutiful-bus",
    "Dutiful: bus",
    "Does what is said arrive?",
    (
        (
            Panel(
                "Not yet fetched",
                "Records that were published and that no process has fetched, of all topics.",
                "short",
                {"behind": 'sum(dutiful_consumer_lag_records{service=~"$service"})'},
                above=_BEHIND,
                warning=_BEHIND / 10,
                kind="stat",
                runbooks=("DutifulConsumerBehind",),
            ),
            Panel(
                "Not yet published",
                "Rows of all outboxes.",
                "short",
                {"waiting": 'sum(max by (service) (dutiful_outbox_rows{service=~"$service"}))'},
                above=_BEHIND,
                warning=_BEHIND / 10,
                kind="stat",
                runbooks=("DutifulOutboxStuck",),
            ),
            Panel(
                "The oldest that waits",
                "To be published, of all outboxes.",
                "s",
                {"oldest": 'max(dutiful_outbox_oldest_age_seconds{service=~"$service"})'},
                above=_STUCK_S,
                warning=_STUCK_S / 6,
                kind="stat",
                runbooks=("DutifulOutboxStuck",),
            ),
            Panel(
                "How many processes are there?",
                "That are scraped now, by service; `ready` or not.",
                "short",
                {"{{service}}": 'count by (service) (dutiful_ready{service=~"$service"})'},
                kind="stat",
                width=5,
                runbooks=("DutifulServiceAbsent",),
            ),
        ),
        (
            Panel(
                "Who falls behind?",
                "Records published and not yet fetched, by service. A hill is a burst; what does not come down again is too much for it.",
                "short",
                {"{{service}}": 'sum by (service) (dutiful_consumer_lag_records{service=~"$service"})'},
                above=_BEHIND,
                width=2,
                runbooks=("DutifulConsumerBehind",),
            ),
            Panel(
                "On which topics?",
                "The eight with the most records that a service has not fetched, now.",
                "short",
                {
                    "{{topic}} ({{service}})": 'topk(8, sum by (service, topic) (dutiful_consumer_lag_records{service=~"$service"}) > 0)'
                },
                above=_BEHIND,
                kind="bargauge",
                none="all that was published is fetched",
                runbooks=("DutifulConsumerBehind",),
            ),
        ),
        (
            Panel(
                "Does what is decided get to Kafka?",
                "Age of the oldest row of each outbox. Rising steadily: Kafka is away, or the relay stuck.",
                "s",
                {"{{service}}": 'max by (service) (dutiful_outbox_oldest_age_seconds{service=~"$service"})'},
                above=_STUCK_S,
                runbooks=("DutifulOutboxStuck",),
            ),
            Panel(
                "How much waits to be published?",
                "Rows of each outbox.",
                "short",
                {"{{service}}": 'max by (service) (dutiful_outbox_rows{service=~"$service"})'},
                runbooks=("DutifulOutboxStuck",),
            ),
            Panel(
                "Do open files run out?",
                "Of those that a process may have; the fullest process of each service.",
                "percentunit",
                {"{{service}}": f"max by (service) (process_open_fds / process_max_fds {OF_PROCESSES})"},
                above=0.8,
            ),
        ),
    ),
    SERVICE,
)
