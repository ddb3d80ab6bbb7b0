"""The same metrics as a scrape shows, sent to an OTLP receiver now and then; only loaded where there is one."""

import asyncio
import time
from collections.abc import Mapping
from typing import Final, cast

import structlog
from opentelemetry.exporter.otlp.proto.grpc.metric_exporter import OTLPMetricExporter
from opentelemetry.sdk.metrics.export import (
    AggregationTemporality,
    Gauge,
    Histogram,
    HistogramDataPoint,
    Metric,
    MetricExportResult,
    MetricsData,
    NumberDataPoint,
    ResourceMetrics,
    ScopeMetrics,
    Sum,
)
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from prometheus_client.metrics_core import Metric as Family
from prometheus_client.samples import Sample

from chassis.metrics import Metrics

log = structlog.get_logger()
_SEND_S: Final = 3
_NS: Final = 1_000_000_000
_SCOPE: Final = InstrumentationScope("dutiful")


class MetricsSender:
    """Sends what a registry holds; `run()` every `every_s` seconds until cancelled, then `last()`."""

    def __init__(self, service: str, endpoint: str, metrics: Metrics, every_s: float) -> None:
        self._resource = Resource.create({"service.name": service, "service.namespace": "dutiful"})
        insecure = not endpoint.startswith("https://")
        self._exporter = OTLPMetricExporter(endpoint=endpoint, insecure=insecure, timeout=_SEND_S)
        self._metrics = metrics
        self._every_s = every_s
        self._since_ns = time.time_ns()

    async def run(self) -> None:
        """Send until cancelled; what a receiver misses, the next sending makes up for: all of it is cumulative."""
        while True:
            await asyncio.sleep(self._every_s)
            await asyncio.to_thread(self.send)

    def last(self) -> None:
        """Send how it ended, and let go; blocks for a few seconds at most."""
        self.send()
        self._exporter.shutdown()

    def send(self) -> None:
        """Send all once."""
        now_ns = time.time_ns()
        metrics = [made for family in self._metrics.registry.collect() if (made := self._metric(family, now_ns))]
        scope = ScopeMetrics(_SCOPE, metrics, schema_url="")
        data = MetricsData([ResourceMetrics(self._resource, [scope], schema_url="")])
        if self._exporter.export(data, timeout_millis=_SEND_S * 1000) is not MetricExportResult.SUCCESS:
            log.debug("metrics not sent")

    def _metric(self, family: Family, now_ns: int) -> Metric | None:
        data: Sum | Gauge | Histogram
        match family.type:
            case "counter":
                points = [self._number(each, now_ns) for each in family.samples if each.name.endswith("_total")]
                data = Sum(points, AggregationTemporality.CUMULATIVE, is_monotonic=True)
            case "gauge":
                data = Gauge([self._number(each, now_ns) for each in family.samples])
            case "histogram":
                data = Histogram(self._histograms(family, now_ns), AggregationTemporality.CUMULATIVE)
            case _:
                return None
        if not data.data_points:
            return None
        return Metric(family.name, family.documentation, self._metrics.unit_of(family.name), data)

    def _number(self, sample: Sample, now_ns: int) -> NumberDataPoint:
        return NumberDataPoint(sample.labels, self._since_ns, now_ns, sample.value)

    def _histograms(self, family: Family, now_ns: int) -> list[HistogramDataPoint]:
        """Prometheus counts up to each bound, OTLP between two."""
        series: dict[tuple[tuple[str, str], ...], dict[str, float]] = {}
        for sample in family.samples:
            labels = dict(sample.labels)
            bound = labels.pop("le", sample.name.removeprefix(family.name))
            series.setdefault(tuple(labels.items()), {})[bound] = sample.value
        return [self._histogram(dict(labels), values, now_ns) for labels, values in series.items()]

    def _histogram(self, labels: Mapping[str, str], values: Mapping[str, float], now_ns: int) -> HistogramDataPoint:
        bounds = [bound for bound in values if not bound.startswith("_")]
        upto = [int(values[bound]) for bound in bounds]
        return HistogramDataPoint(
            attributes=labels,
            start_time_unix_nano=self._since_ns,
            time_unix_nano=now_ns,
            count=int(values["_count"]),
            sum=values["_sum"],
            bucket_counts=[count - before for count, before in zip(upto, [0, *upto], strict=False)],
            explicit_bounds=[float(bound) for bound in bounds if bound != "+Inf"],
            min=cast("float", None),  # a registry doesn't know them, and OTLP can leave them out
            max=cast("float", None),
        )
