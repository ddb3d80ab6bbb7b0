"""What a scrape says."""

from datetime import timedelta

import pytest
from prometheus_client.parser import text_string_to_metric_families

from chassis.metrics import Metrics


@pytest.fixture
def metrics() -> Metrics:
    """The metrics of a service."""
    return Metrics("notes")


def scraped(metrics: Metrics) -> dict[str, float]:
    """The samples of a scrape, by name and labels other than the service's own, which each of ours must have."""
    samples: dict[str, float] = {}
    for family in text_string_to_metric_families(bytes(metrics.response().body).decode()):
        for sample in family.samples:
            if sample.name.startswith("dutiful_"):
                labels = dict(sample.labels)
                assert labels.pop("service") == "notes"
                samples[" ".join([sample.name, *labels.values()])] = sample.value
    return samples


def test_what_waits_is_shown_in_units(metrics: Metrics) -> None:
    """Lag per topic, the outbox and the agenda."""
    metrics.observed(outbox_depth=7, outbox_age_s=1.5, agenda_size=3, lag={"change": 4, "notice": 0})
    told = scraped(metrics)
    assert told["dutiful_outbox_rows"] == 7
    assert told["dutiful_outbox_oldest_age_seconds"] == 1.5
    assert told["dutiful_agenda_rows"] == 3
    assert told["dutiful_consumer_lag_records change"] == 4
    assert told["dutiful_consumer_lag_records notice"] == 0


def test_what_another_process_reads_now_is_no_lag_of_this_one(metrics: Metrics) -> None:
    """Partitions that went to a new process would be behind here for ever, and the alert would never end."""
    metrics.observed(outbox_depth=0, outbox_age_s=0, agenda_size=0, lag={"change": 4000, "notice": 1})
    metrics.observed(outbox_depth=0, outbox_age_s=0, agenda_size=0, lag={"notice": 2})
    told = scraped(metrics)
    assert told["dutiful_consumer_lag_records change"] == 0
    assert told["dutiful_consumer_lag_records notice"] == 2


def test_what_happened_is_counted(metrics: Metrics) -> None:
    """Events by type, skipped ones and dead letters by the class of their reason."""
    for _ in range(2):
        metrics.handled("note.noted")
    metrics.skipped("tombstone")
    metrics.dead_lettered("unreadable")
    metrics.dead_lettered()
    told = scraped(metrics)
    assert told["dutiful_events_handled_total note.noted"] == 2
    assert told["dutiful_events_skipped_total tombstone"] == 1
    assert told["dutiful_dead_letters_total unreadable"] == 1
    assert told["dutiful_dead_letters_total rejected"] == 1


def test_a_handler_is_timed_even_when_it_fails(metrics: Metrics) -> None:
    """What fails slowly must be seen."""
    with pytest.raises(ValueError, match="no"), metrics.handling("note.noted"):
        raise ValueError("no")
    assert scraped(metrics)["dutiful_handler_duration_seconds_count note.noted"] == 1


def test_lateness_is_never_negative(metrics: Metrics) -> None:
    """An entry that fired a moment early, by a clock that was set back, was not late."""
    metrics.fired(3, timedelta(seconds=-1))
    metrics.fired(1, timedelta(seconds=2))
    told = scraped(metrics)
    assert told["dutiful_agenda_fired_total"] == 4
    assert told["dutiful_agenda_lateness_seconds_sum"] == 2
    assert told["dutiful_agenda_lateness_seconds_count"] == 2


def test_readiness_is_a_gauge(metrics: Metrics) -> None:
    """1 or 0."""
    metrics.ready(True)
    assert scraped(metrics)["dutiful_ready"] == 1
    metrics.ready(False)
    assert scraped(metrics)["dutiful_ready"] == 0


def test_each_service_has_its_own_registry() -> None:
    """Services in one process don't count for each other; memory is the process's."""
    one, other = Metrics("one"), Metrics("other")
    one.skipped("unknown")
    assert b'dutiful_events_skipped_total{reason="unknown",service="one"}' in bytes(one.response().body)
    assert b"dutiful_events_skipped_total{" not in bytes(other.response().body)
    assert b"process_resident_memory_bytes" in bytes(one.response().body)


def test_dead_letters_are_counted_from_nought(metrics: Metrics) -> None:
    """Prometheus sees no rise from a series that wasn't there, so an alert would miss the first."""
    told = scraped(metrics)
    assert told["dutiful_dead_letters_total unreadable"] == told["dutiful_dead_letters_total rejected"] == 0


def test_dated_events_are_counted_from_nought(metrics: Metrics) -> None:
    """After an outage the first look finds all that is late: a series that begins with it rises by nothing."""
    told = scraped(metrics)
    assert told["dutiful_agenda_fired_total"] == told["dutiful_agenda_lateness_seconds_count"] == 0
    assert told["dutiful_agenda_lateness_seconds_bucket 60.0"] == 0


def test_a_unit_is_the_one_that_was_given_or_that_a_name_ends_with(metrics: Metrics) -> None:
    """UCUM, for OTLP and for the list."""
    assert metrics.unit_of("dutiful_events_handled") == "{event}"
    assert metrics.unit_of("process_cpu_seconds") == "s"
    assert metrics.unit_of("process_resident_memory_bytes") == "By"
    assert metrics.unit_of("somebody_else_s") == "1"
