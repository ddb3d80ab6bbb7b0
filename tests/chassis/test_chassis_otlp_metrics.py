"""What a scrape shows, as a real OTLP receiver gets it."""

import os
import subprocess
import sys
from threading import Thread

from opentelemetry.proto.metrics.v1.metrics_pb2 import AggregationTemporality
from tests.chassis.eventually import BOUND_S
from tests.chassis.otlp import receiving

from chassis.metrics import Metrics
from chassis.otlp_metrics import MetricsSender


def test_counters_gauges_and_histograms_arrive_with_their_units() -> None:
    """Cumulative, under the scrape's names without `_total`, with the same labels; buckets between two bounds."""
    metrics = Metrics("notes")
    metrics.handled("note.noted", 3)
    metrics.ready(True)
    for seconds in (0.002, 0.3, 0.4, 99):
        metrics._duration.labels("notes", "note.noted").observe(seconds)
    with receiving() as (endpoint, sink):
        sender = MetricsSender("notes", endpoint, metrics, 60)
        sender.last()
        told = sink.metrics.last["notes"]
    handled = told["dutiful_events_handled"]
    assert (handled.unit, handled.sum.is_monotonic) == ("{event}", True)
    assert handled.sum.aggregation_temporality == AggregationTemporality.AGGREGATION_TEMPORALITY_CUMULATIVE
    (point,) = handled.sum.data_points
    assert (point.as_double, {each.key: each.value.string_value for each in point.attributes}) == (
        3,
        {"service": "notes", "type": "note.noted"},
    )
    assert point.start_time_unix_nano <= point.time_unix_nano
    assert [point.as_double for point in told["dutiful_ready"].gauge.data_points] == [1]
    (timed,) = told["dutiful_handler_duration_seconds"].histogram.data_points
    assert told["dutiful_handler_duration_seconds"].unit == "s"
    assert (timed.count, timed.sum, sum(timed.bucket_counts)) == (4, 99.702, 4)
    assert len(timed.bucket_counts) == len(timed.explicit_bounds) + 1
    assert dict(zip(timed.explicit_bounds, timed.bucket_counts, strict=False))[0.5] == 2
    assert timed.bucket_counts[-1] == 1
    assert not timed.HasField("min")
    assert told["process_resident_memory_bytes"].unit == "By"


def test_a_receiver_that_is_away_holds_nothing_up() -> None:
    """What it missed is in the next sending; the stop ends though nobody listens."""
    sender = MetricsSender("notes", "http://127.0.0.1:9", Metrics("notes"), 60)
    last = Thread(target=sender.last, daemon=True)
    last.start()
    last.join(BOUND_S)
    assert not last.is_alive()


def test_without_an_endpoint_its_sdk_is_not_loaded() -> None:
    """Who sends no metrics doesn't pay for it in memory."""
    look = "import sys, chassis.service; print({'grpc', 'opentelemetry.sdk'} & set(sys.modules))"
    environment = {name: text for name, text in os.environ.items() if not name.startswith("OTEL_")}
    told = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True, env=environment)  # noqa: S603 - our own interpreter
    assert told.stdout.strip() == "set()"
