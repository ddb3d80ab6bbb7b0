"""Which promises are at risk: what is open, how much time is left, where people must act."""

from typing import Final

from dutiful.monitoring.panels import Dashboard, Panel

_HOUR_S: Final = 3600
_DAY_S: Final = 24 * _HOUR_S
_RISK_S: Final = 6 * _HOUR_S
_LEFT: Final = "min by (service, kind) (dutiful_deadline_seconds_left)"
_TO_COME: Final = "min by (service, kind) (dutiful_deadline_to_come_seconds_left)"

DEADLINES: Final = Dashboard(
    "dutiful-deadlines",
    "Dutiful: deadlines",
    "Which promises are at risk: what is open, how much time is left, and where must people act?",
    (
        (
            Panel(
                "Missed",
                "Kinds of deadlines of which one is over, and what it was for has not happened.",
                "short",
                {"kinds": f"count({_LEFT} <= 0) or vector(0)"},
                above=1,
                kind="stat",
                runbooks=("DutifulDeadlineMissed",),
            ),
            Panel(
                "At risk",
                "Kinds of deadlines of which one has less than six hours left; one that was missed hides none.",
                "short",
                {"kinds": f"count({_TO_COME} < {_RISK_S}) or vector(0)"},
                warning=1,
                kind="stat",
                runbooks=("DutifulDeadlineAtRisk",),
            ),
            Panel(
                "Breaches undecided",
                "Suspected incidents: the clocks do not run before somebody decides.",
                "short",
                {"suspected": "max(dutiful_breach_suspected)"},
                warning=1,
                kind="stat",
                runbooks=("DutifulBreachUndecided",),
            ),
            Panel(
                "Breaches reaching nobody",
                "Established, and no client is known to be affected: nobody is told.",
                "short",
                {"reaching nobody": "max(dutiful_breach_reaching_nobody)"},
                above=1,
                kind="stat",
                runbooks=("DutifulBreachReachingNobody",),
            ),
            Panel(
                "Alerts not sent",
                "Emails to people on call that wait for the mail server, or for somebody to be on call.",
                "short",
                {"unsent": "max(dutiful_alerts_unsent)"},
                above=1,
                kind="stat",
                runbooks=("DutifulAlertsUnsent",),
            ),
            Panel(
                "Record contradicted",
                "Signed heads of the record of evidence that it does not hold.",
                "short",
                {"contradicted": "max(dutiful_record_contradicted)"},
                above=1,
                kind="stat",
                runbooks=("DutifulRecordContradicted",),
            ),
        ),
        (
            Panel(
                "Where must people act? In the last day",
                "Orders that holders did not answer or can't carry out; requests that people were called about; "
                "tasks of one person that failed; answers that nobody had instructed, refused.",
                "short",
                {
                    "orders escalated": "round(sum(increase(dutiful_orders_escalated_total[1d])))",
                    "orders failed": "round(sum(increase(dutiful_orders_failed_total[1d])))",
                    "requests escalated": "round(sum(increase(dutiful_requests_escalated_total[1d])))",
                    "tasks failed": "round(sum(increase(dutiful_tasks_failed_total[1d])))",
                    "tasks reminded of": "round(sum(increase(dutiful_tasks_overdue_total[1d])))",
                    "answers refused": "round(sum(increase(dutiful_answers_refused_total[1d])))",
                },
                warning=1,
                kind="stat",
                runbooks=("DutifulOrderEscalated", "DutifulOrderFailed"),
                width=5,
            ),
            Panel(
                "Data that should not be",
                "Processing after the end of a contract, data that are never stored: in the last day.",
                "short",
                {"flags": "round(sum(increase(dutiful_flags_total[1d])))"},
                above=1,
                kind="stat",
                runbooks=("DutifulFlagRaised",),
            ),
        ),
        (
            Panel(
                "Which deadline comes next?",
                "How long ago the first one of a kind was missed; time left to the soonest that is to come; `dutiful deadlines --within 48h` names them.",
                "s",
                {
                    "missed: {{kind}}": f"sort({_LEFT} <= 0)",
                    "{{kind}}": f"sort(bottomk(6, {_TO_COME} < +Inf))",
                },
                below=0,
                warning=_RISK_S,
                kind="bargauge",
                none="nothing is open",
                runbooks=("DutifulDeadlineAtRisk", "DutifulDeadlineMissed"),
            ),
            Panel(
                "Which breach clock runs out first?",
                "Time left, the eight soonest, by incident and clock.",
                "s",
                {"{{incident}}: {{clock}}": "sort(bottomk(8, min by (incident, clock) (dutiful_breach_seconds_left)))"},
                below=0,
                warning=_RISK_S,
                kind="bargauge",
                none="no clock runs",
                runbooks=("DutifulDeadlineAtRisk",),
            ),
        ),
        (
            Panel(
                "What gets close?",
                "Time left to the soonest of each kind that is due within three days.",
                "s",
                {"{{kind}}": f"{_TO_COME} < {3 * _DAY_S}"},
                below=0,
                warning=_RISK_S,
                none="nothing is due within three days",
                runbooks=("DutifulDeadlineAtRisk",),
            ),
            Panel(
                "Are deadlines noticed in time?",
                "How late dated events came out, 99th percentile; one that is heard of late is late from then.",
                "s",
                {
                    "{{service}}": "histogram_quantile(0.99, "
                    "sum by (service, le) (rate(dutiful_agenda_lateness_seconds_bucket[$__rate_interval])))"
                },
                above=60,
                none="no dated event came due",
                runbooks=("DutifulAgendaLate",),
            ),
            Panel(
                "How many dated events come due?",
                "A second, by service.",
                "suffix:/s",
                {"{{service}}": "sum by (service) (rate(dutiful_agenda_fired_total[$__rate_interval])) > 0"},
                none="no dated event came due",
                bars=True,
            ),
        ),
        (
            Panel(
                "Do holders answer their orders?",
                "Orders without an answer, by kind; and those of them that were due before now.",
                "short",
                {
                    "{{kind}}": "max by (kind) (dutiful_orders_open) > 0",
                    "overdue": "sum(max by (kind) (dutiful_orders_overdue))",
                },
                runbooks=("DutifulOrderEscalated",),
            ),
            Panel(
                "Which requests wait?",
                "That are not over, by kind and status; those whose client does not know yet; instructions that wait for a client's word.",
                "short",
                {
                    "{{kind}}: {{status}}": "max by (kind, status) (dutiful_requests)",
                    "client not told": "max(dutiful_requests_untold)",
                    "instructions suspended": "max(dutiful_instructions_suspended)",
                },
            ),
            Panel(
                "What is asked of holders for one person?",
                "Tasks without an answer, by what is to be done; those that people must act on.",
                "short",
                {
                    "{{act}}": "max by (act) (dutiful_tasks_open)",
                    "escalated": "sum(max by (act) (dutiful_tasks_escalated))",
                },
                none="nothing is asked",
            ),
        ),
        (
            Panel(
                "Which matters are open?",
                "Questions, audits, help and disputes of clients that are not over; and those past their last day.",
                "short",
                {
                    "{{kind}}": "max by (kind) (dutiful_assurance_open)",
                    "overdue": "sum(max by (kind) (dutiful_assurance_overdue))",
                },
            ),
            Panel(
                "How many clocks run?",
                "Of breaches, towards clients and authorities.",
                "short",
                {"clocks": "max(dutiful_breach_clocks)"},
            ),
            Panel(
                "How much is dated?",
                "Events on the agenda of each service.",
                "short",
                {"{{service}}": "max by (service) (dutiful_agenda_rows) > 0"},
                none="nothing is dated",
            ),
            Panel(
                "What stands?",
                "Holds; people who are bound to confidentiality; versions of security measures that nobody answers for yet.",
                "short",
                {
                    "holds": "max(dutiful_holds)",
                    "bound": "max(dutiful_undertakings)",
                    "measures held": "max(dutiful_measures_held)",
                },
            ),
            Panel(
                "Is the record signed?",
                "Chains of the record of evidence, and those that have grown since their heads were signed.",
                "short",
                {"chains": "max(dutiful_record_chains)", "unsigned": "max(dutiful_record_unsealed)"},
            ),
        ),
    ),
)
