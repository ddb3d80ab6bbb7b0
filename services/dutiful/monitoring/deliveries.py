"""Whether clients have what they must be told, and holders do what they were ordered."""

from typing import Final

from dutiful.monitoring.panels import Dashboard, Panel

_HOUR_S: Final = 3600
_SHARE: Final = (
    'sum by (channel) (rate(dutiful_delivery_attempts_total{{attempt="first", result="failed"}}[{0}])) '
    '/ sum by (channel) (rate(dutiful_delivery_attempts_total{{attempt="first"}}[{0}]))'
)

DELIVERIES: Final = Dashboard(
    "dutiful-deliveries",
    "Dutiful: deliveries",
    "Do clients have what they must be told, and do holders do what they were ordered?",
    (
        (
            Panel(
                "Never received, in a day",
                "Notices without receipt by their deadline: people must act.",
                "short",
                {"failed": "round(sum(increase(dutiful_notices_failed_total[1d])))"},
                above=1,
                kind="stat",
                runbooks=("DutifulNoticeFailed",),
            ),
            Panel(
                "Escalated, in a day",
                "Notices without receipt in time: they go on to the next channel.",
                "short",
                {"escalated": "round(sum(increase(dutiful_notices_escalated_total[1d])))"},
                warning=1,
                kind="stat",
            ),
            Panel(
                "Time left for a receipt",
                "To the soonest deadline of a notice without one; `dutiful notices --client C` says where it is.",
                "s",
                {"soonest": 'min(dutiful_deadline_seconds_left{service="notifier"}) < +Inf'},
                below=0,
                warning=6 * _HOUR_S,
                kind="stat",
                none="none waits",
                runbooks=("DutifulDeadlineAtRisk", "DutifulDeadlineMissed"),
            ),
            Panel(
                "Deliveries that fail at first",
                "First attempts of the last 15 minutes, by channel; what is tried again does not count.",
                "percentunit",
                {"{{channel}}": _SHARE.format("15m")},
                above=0.5,
                warning=0.1,
                kind="stat",
                none="none was made",
                width=2,
                runbooks=("DutifulDeliveriesFailing",),
            ),
            Panel(
                "The holder's oldest order",
                "Age of what it has taken on and not answered.",
                "s",
                {"oldest": "max(dutiful_holder_order_oldest_age_seconds)"},
                above=24 * _HOUR_S,
                warning=_HOUR_S,
                kind="stat",
                none="no holder",
                none_is="orange",
                runbooks=("DutifulHolderBehind",),
            ),
        ),
        (
            Panel(
                "What goes out?",
                "Attempts a second, by channel; those that failed: at first, and made again.",
                "suffix:/s",
                {
                    "{{channel}}: ok": 'sum by (channel) (rate(dutiful_delivery_attempts_total{result="ok"}[$__rate_interval]))',
                    "{{channel}}: failed at first": 'sum by (channel) (rate(dutiful_delivery_attempts_total{result="failed", attempt="first"}[$__rate_interval])) > 0',
                    "{{channel}}: failed again": 'sum by (channel) (rate(dutiful_delivery_attempts_total{result="failed", attempt="again"}[$__rate_interval])) > 0',
                },
                runbooks=("DutifulDeliveriesFailing",),
                colors={
                    "webhook: ok": "green",
                    "webhook: failed at first": "red",
                    "webhook: failed again": "dark-red",
                    "email: ok": "blue",
                    "email: failed at first": "orange",
                    "email: failed again": "dark-orange",
                    "alert: ok": "purple",
                    "alert: failed at first": "yellow",
                    "alert: failed again": "dark-yellow",
                },
            ),
            Panel(
                "Does a channel fail?",
                "First attempts that failed, of all first ones. One endpoint that is away is a few percent; a half is the channel.",
                "percentunit",
                {"{{channel}}": _SHARE.format("$__rate_interval")},
                above=0.5,
                none="nothing was sent",
                runbooks=("DutifulDeliveriesFailing",),
            ),
        ),
        (
            Panel(
                "Who has not received it yet?",
                "Notices without receipt whose deadline is to come.",
                "short",
                {"without receipt": "max(dutiful_notices_unreceived)"},
            ),
            Panel(
                "Where do they go next?",
                "Notices without receipt in time, a minute, by the channel that is tried next; and those that have none left.",
                "suffix:/min",
                {
                    "to {{channel}}": "60 * sum by (channel) (rate(dutiful_notices_escalated_total[$__rate_interval])) > 0",
                    "never received": "60 * sum(rate(dutiful_notices_failed_total[$__rate_interval])) > 0",
                },
                bars=True,
                none="none has had to go on",
                runbooks=("DutifulNoticeFailed",),
            ),
        ),
        (
            Panel(
                "What has the holder in hand?",
                "Orders taken on and not answered, by kind; return packages that lie ready.",
                "short",
                {
                    "{{kind}}": "max by (kind) (dutiful_holder_orders_open)",
                    "packages ready": "max(dutiful_holder_packages)",
                },
                runbooks=("DutifulHolderBehind",),
            ),
            Panel(
                "What has it answered?",
                "Orders a minute, done and failed.",
                "suffix:/min",
                {
                    "{{kind}}: {{result}}": "60 * sum by (kind, result) (rate(dutiful_holder_answers_total[$__rate_interval])) > 0"
                },
                bars=True,
                none="nothing was answered",
                runbooks=("DutifulOrderFailed",),
            ),
            Panel(
                "What is gone, what should not be there?",
                "Records, object versions and keys erased, a minute; reports of what should not be there.",
                "suffix:/min",
                {
                    "erased: {{method}}": "60 * sum by (method) (rate(dutiful_holder_erased_total[$__rate_interval])) > 0",
                    "found: {{finding}}": "60 * sum by (finding) (rate(dutiful_holder_found_total[$__rate_interval])) > 0",
                },
                bars=True,
                none="nothing was erased, nothing found",
                runbooks=("DutifulFlagRaised",),
            ),
        ),
    ),
)
