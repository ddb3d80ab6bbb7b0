"""Whether every service gets on with what it is told."""

from typing import Final

from dutiful.monitoring.panels import Dashboard, Panel

SERVICE: Final = {"service": "label_values(dutiful_ready, service)"}
OF_PROCESSES: Final = (
    '* on (instance) group_left (service) group by (instance, service) (dutiful_ready{service=~"$service"})'
)
"""What a process says of itself names no service, and other programs say it too."""

FLOWS: Final = Dashboard(
    "dutiful-flows",
    "Dutiful: flows",
    "Does every service get on with what it is told?",
    (
        (
            Panel(
                "Is every service ready?",
                "The worst process of each: its database, the broker and its relay answer. Gone: scraped within the last day, and not now.",
                "short",
                {
                    "{{service}}": 'min by (service) (dutiful_ready{service=~"$service"}) '
                    'or min by (service) (last_over_time(dutiful_ready{service=~"$service"}[1d])) * 0 - 1'
                },
                kind="stat",
                reads={1: ("ready", "green"), 0: ("not ready", "red"), -1: ("gone", "red")},
                runbooks=("DutifulNotReady", "DutifulServiceAbsent"),
                width=5,
            ),
            Panel(
                "Set aside in an hour",
                "Messages that could not be handled; `dutiful dead-letters list` says why.",
                "short",
                {"dead letters": 'round(sum(increase(dutiful_dead_letters_total{service=~"$service"}[1h])))'},
                above=1,
                kind="stat",
                runbooks=("DutifulDeadLetters",),
            ),
        ),
        (
            Panel(
                "Does each service get on?",
                "Events that had their effect, a second, over all processes. Nought while others work: it stands.",
                "suffix:/s",
                {
                    "{{service}}": 'sum by (service) (rate(dutiful_events_handled_total{service=~"$service"}[$__rate_interval]))'
                },
                runbooks=("DutifulConsumerBehind",),
            ),
            Panel(
                "Which was not ready, and when?",
                "Services of which a process was not: its database, the broker or its relay did not answer.",
                "none",
                {"{{service}}": '1 - min by (service) (dutiful_ready{service=~"$service"}) > 0'},
                none="all that were scraped were ready",
                bars=True,
                runbooks=("DutifulNotReady",),
            ),
            Panel(
                "What was set aside, by whom, and why?",
                "Messages a minute: `unreadable`, or `rejected` by a handler or the database.",
                "suffix:/min",
                {
                    "{{service}}: {{reason}}": '60 * sum by (service, reason) (rate(dutiful_dead_letters_total{service=~"$service"}[$__rate_interval])) > 0'
                },
                none="nothing was set aside",
                bars=True,
                runbooks=("DutifulDeadLetters",),
            ),
        ),
        (
            Panel(
                "How long does a handler take?",
                "99th percentile of one call, which may handle many events.",
                "s",
                {
                    "{{service}}": "histogram_quantile(0.99, sum by (service, le) "
                    '(rate(dutiful_handler_duration_seconds_bucket{service=~"$service"}[$__rate_interval])))'
                },
                runbooks=("DutifulConsumerBehind",),
                width=2,
            ),
            Panel(
                "Which handlers take longest?",
                "The mean of one call over the time shown, the eight longest.",
                "s",
                {
                    "{{type}} ({{service}})": 'topk(8, sum by (service, type) (increase(dutiful_handler_duration_seconds_sum{service=~"$service"}[$__range])) '
                    '/ sum by (service, type) (increase(dutiful_handler_duration_seconds_count{service=~"$service"}[$__range])) > 0)'
                },
                kind="bargauge",
                none="nothing was handled",
                width=3,
            ),
            Panel(
                "What is there most of?",
                "Events handled over the time shown, by all services together, the eight most frequent types.",
                "short",
                {
                    "{{type}}": 'topk(8, round(sum by (type) (increase(dutiful_events_handled_total{service=~"$service"}[$__range]))) > 0)'
                },
                kind="bargauge",
                none="nothing was handled",
                width=2,
            ),
        ),
        (
            Panel(
                "Who needs the CPU?",
                "Cores in use, over all processes of a service.",
                "none",
                {"{{service}}": f"sum by (service) (rate(process_cpu_seconds_total[$__rate_interval]) {OF_PROCESSES})"},
            ),
            Panel(
                "Does memory stay flat?",
                "Resident, the largest process of each service.",
                "bytes",
                {"{{service}}": f"max by (service) (process_resident_memory_bytes {OF_PROCESSES})"},
            ),
            Panel(
                "What is passed over?",
                "Records a second that say nothing Dutiful knows: tombstones, and types that no contract has.",
                "suffix:/s",
                {
                    "{{service}}: {{reason}}": 'sum by (service, reason) (rate(dutiful_events_skipped_total{service=~"$service"}[$__rate_interval])) > 0'
                },
                none="nothing was passed over",
                bars=True,
            ),
        ),
    ),
    SERVICE,
)
