"""Four dashboards, each for a question that an SRE asks."""

from typing import Final

from dutiful.monitoring.grafana import Dashboard, Panel, written

_SERVICE: Final = {"service": "label_values(dutiful_ready, service)"}

FLOWS: Final = Dashboard(
    "dutiful-flows",
    "Dutiful: flows",
    "What is handled, how quickly, and what was set aside.",
    (
        (
            Panel(
                "Ready",
                "1 while the database, the broker and the relay answer; the worst process of each service.",
                "short",
                {"{{service}}": 'min by (service) (dutiful_ready{service=~"$service"})'},
                below=1,
                kind="stat",
            ),
            Panel(
                "Dead letters in the last hour",
                "Messages set aside; `dutiful dead-letters list` says why.",
                "short",
                {
                    "{{service}} {{reason}}": 'sum by (service, reason) (increase(dutiful_dead_letters_total{service=~"$service"}[1h]))'
                },
                above=1,
                kind="stat",
            ),
        ),
        (
            Panel(
                "Events handled",
                "By type, of all processes.",
                "cps",
                {
                    "{{service}} {{type}}": 'sum by (service, type) (rate(dutiful_events_handled_total{service=~"$service"}[5m]))'
                },
            ),
            Panel(
                "Records that say nothing we know",
                "Tombstones, and types that no contract has.",
                "cps",
                {
                    "{{service}} {{reason}}": 'sum by (service, reason) (rate(dutiful_events_skipped_total{service=~"$service"}[5m]))'
                },
            ),
        ),
        (
            Panel(
                "Handler, 99th percentile",
                "One call, which may handle many events.",
                "s",
                {
                    "{{service}} {{type}}": "histogram_quantile(0.99, sum by (service, type, le) "
                    '(rate(dutiful_handler_duration_seconds_bucket{service=~"$service"}[5m])))'
                },
            ),
            Panel(
                "CPU",
                "Cores in use, of each process.",
                "short",
                {"{{instance}}": "rate(process_cpu_seconds_total[5m])"},
            ),
            Panel("Memory", "Resident, of each process.", "bytes", {"{{instance}}": "process_resident_memory_bytes"}),
        ),
    ),
    _SERVICE,
)

DEADLINES: Final = Dashboard(
    "dutiful-deadlines",
    "Dutiful: deadlines",
    "Which promises are at risk: what is open, and how much time is left.",
    (
        (
            Panel(
                "Time left, the soonest of each kind",
                "`dutiful deadlines --within 48h` names them. Nothing is shown where nothing is open.",
                "s",
                {
                    "{{service}} {{kind}}": "min by (service, kind) (dutiful_deadline_seconds_left) < +Inf",
                },
                below=0,
            ),
            Panel(
                "Breach clocks, the shortest",
                "Until a clock is over, by incident and clock.",
                "s",
                {"{{incident}} {{clock}}": "bottomk(10, min by (incident, clock) (dutiful_breach_seconds_left))"},
                below=0,
            ),
        ),
        (
            Panel(
                "Open clocks and suspicions",
                "Clocks that run; incidents that nobody has decided on.",
                "short",
                {
                    "clocks that run": "max(dutiful_breach_clocks)",
                    "nobody decided": "max(dutiful_breach_suspected)",
                    "no client known": "max(dutiful_breach_reaching_nobody)",
                },
            ),
            Panel(
                "Orders to holders",
                "Without an answer, and those of them that were due before now.",
                "short",
                {
                    "open {{kind}}": "max by (kind) (dutiful_orders_open)",
                    "overdue {{kind}}": "max by (kind) (dutiful_orders_overdue)",
                },
            ),
        ),
        (
            Panel(
                "People must act",
                "In the last day: orders escalated and failed, flags.",
                "short",
                {
                    "orders escalated": "sum(increase(dutiful_orders_escalated_total[1d]))",
                    "orders failed": "sum(increase(dutiful_orders_failed_total[1d]))",
                    "flags": "sum(increase(dutiful_flags_total[1d]))",
                },
                above=1,
                kind="stat",
            ),
            Panel(
                "Dated events",
                "On the agenda; how late the latest of each look was, 99th percentile.",
                "short",
                {
                    "waiting {{service}}": "max by (service) (dutiful_agenda_rows)",
                    "fired {{service}}": "sum by (service) (rate(dutiful_agenda_fired_total[5m]))",
                },
            ),
            Panel(
                "Lateness of dated events, 99th percentile",
                "Above a second, a deadline was noticed late.",
                "s",
                {
                    "{{service}}": "histogram_quantile(0.99, "
                    "sum by (service, le) (rate(dutiful_agenda_lateness_seconds_bucket[5m])))"
                },
                above=1,
            ),
            Panel("Holds", "That stand today.", "short", {"holds": "max(dutiful_holds)"}),
        ),
        (
            Panel(
                "Requests",
                "That are not over, by kind and status; those whose client does not know yet.",
                "short",
                {
                    "{{kind}} {{status}}": "max by (kind, status) (dutiful_requests)",
                    "untold": "max(dutiful_requests_untold)",
                    "instructions suspended": "max(dutiful_instructions_suspended)",
                },
            ),
            Panel(
                "Tasks of holders for one person",
                "Without an answer, those that people must act on, and what came of them in the last day.",
                "short",
                {
                    "open {{act}}": "max by (act) (dutiful_tasks_open)",
                    "escalated {{act}}": "max by (act) (dutiful_tasks_escalated)",
                    "failed {{act}}": "sum by (act) (increase(dutiful_tasks_failed_total[1d]))",
                    "overdue {{act}}": "sum by (act) (increase(dutiful_tasks_overdue_total[1d]))",
                },
            ),
            Panel(
                "Requests: people must act",
                "In the last day: people called about a request, answers that nobody had instructed and that were refused.",
                "short",
                {
                    "escalated": "sum(increase(dutiful_requests_escalated_total[1d]))",
                    "refused": "sum(increase(dutiful_answers_refused_total[1d]))",
                },
                above=1,
                kind="stat",
            ),
        ),
        (
            Panel(
                "Questions, audits, requests for help, disputes",
                "That are not over, and those of them past their last day.",
                "short",
                {
                    "open {{kind}}": "max by (kind) (dutiful_assurance_open)",
                    "overdue {{kind}}": "max by (kind) (dutiful_assurance_overdue)",
                },
            ),
            Panel(
                "Measures and undertakings",
                "Versions that wait for somebody to answer for them; people who are bound today.",
                "short",
                {"held": "max(dutiful_measures_held)", "bound": "max(dutiful_undertakings)"},
            ),
            Panel(
                "The record of evidence",
                "Chains; those that have grown since their heads were signed; signed heads that it does not hold.",
                "short",
                {
                    "chains": "max(dutiful_record_chains)",
                    "unsigned": "max(dutiful_record_unsealed)",
                    "contradicted": "max(dutiful_record_contradicted)",
                },
            ),
            Panel(
                "Alerts that nobody on call has",
                "They wait for the mail server, or for somebody to be on call.",
                "short",
                {"unsent": "max(dutiful_alerts_unsent)"},
                above=1,
                kind="stat",
            ),
        ),
    ),
)

DELIVERIES: Final = Dashboard(
    "dutiful-deliveries",
    "Dutiful: deliveries",
    "Whether clients have what they must be told, and holders did what they were ordered.",
    (
        (
            Panel(
                "Attempts",
                "By channel and result.",
                "cps",
                {"{{channel}} {{result}}": "sum by (channel, result) (rate(dutiful_delivery_attempts_total[5m]))"},
            ),
            Panel(
                "Attempts that failed",
                "Of all attempts, by channel.",
                "percentunit",
                {
                    "{{channel}}": 'sum by (channel) (rate(dutiful_delivery_attempts_total{result="failed"}[15m])) '
                    "/ sum by (channel) (rate(dutiful_delivery_attempts_total[15m]))"
                },
                above=0.5,
            ),
        ),
        (
            Panel(
                "Notices without receipt",
                "Whose deadline is to come; `dutiful notices --client C` says where one is.",
                "short",
                {"unreceived": "max(dutiful_notices_unreceived)"},
            ),
            Panel(
                "Time left for a receipt",
                "To the soonest deadline of a notice without one.",
                "s",
                {"notices": 'min(dutiful_deadline_seconds_left{service="notifier"}) < +Inf'},
                below=0,
            ),
            Panel(
                "Escalated and failed in the last day",
                "Failed ones: people must act.",
                "short",
                {
                    "to {{channel}}": "sum by (channel) (increase(dutiful_notices_escalated_total[1d]))",
                    "failed": "sum(increase(dutiful_notices_failed_total[1d]))",
                },
            ),
        ),
        (
            Panel(
                "Holder: orders",
                "Taken on and not answered.",
                "short",
                {"{{kind}}": "max by (kind) (dutiful_holder_orders_open)"},
            ),
            Panel(
                "Holder: the oldest order",
                "Its age.",
                "s",
                {"oldest": "max(dutiful_holder_order_oldest_age_seconds)"},
            ),
            Panel(
                "Holder: answers, erasures, finds",
                "In the last hour.",
                "short",
                {
                    "{{kind}} {{result}}": "sum by (kind, result) (increase(dutiful_holder_answers_total[1h]))",
                    "erased by {{method}}": "sum by (method) (increase(dutiful_holder_erased_total[1h]))",
                    "found {{finding}}": "sum by (finding) (increase(dutiful_holder_found_total[1h]))",
                    "packages ready": "max(dutiful_holder_packages)",
                },
            ),
        ),
    ),
)

BUS: Final = Dashboard(
    "dutiful-bus",
    "Dutiful: bus",
    "Whether what is said arrives: lag of consumers, outbox, agenda.",
    (
        (
            Panel(
                "Published and not yet fetched",
                "By service and topic, over all processes.",
                "short",
                {
                    "{{service}} {{topic}}": 'sum by (service, topic) (dutiful_consumer_lag_records{service=~"$service"})'
                },
            ),
        ),
        (
            Panel(
                "Outbox",
                "Rows that wait to be published.",
                "short",
                {"{{service}}": 'max by (service) (dutiful_outbox_rows{service=~"$service"})'},
            ),
            Panel(
                "Outbox, the oldest row",
                "Rising: Kafka is away or the relay stuck.",
                "s",
                {"{{service}}": 'max by (service) (dutiful_outbox_oldest_age_seconds{service=~"$service"})'},
                above=60,
            ),
        ),
        (
            Panel(
                "Open files",
                "Of each process, of those that it may have.",
                "percentunit",
                {"{{instance}}": "process_open_fds / process_max_fds"},
                above=0.8,
            ),
            Panel(
                "Processes",
                "That have been scraped, by service.",
                "short",
                {"{{service}}": "count by (service) (dutiful_ready)"},
            ),
        ),
    ),
    _SERVICE,
)


def dashboards() -> dict[str, str]:
    """Each as JSON, by the name of its file."""
    return {each.uid.removeprefix("dutiful-"): written(each) for each in (FLOWS, DEADLINES, DELIVERIES, BUS)}
