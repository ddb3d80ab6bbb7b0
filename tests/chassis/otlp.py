"""A small OpenTelemetry receiver on loopback, and what to read in the spans that it got."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import grpc  # type: ignore[import-untyped]
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
    ExportMetricsServiceResponse,
)
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2_grpc import (
    MetricsServiceServicer,
    add_MetricsServiceServicer_to_server,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2_grpc import (
    TraceServiceServicer,
    add_TraceServiceServicer_to_server,
)
from opentelemetry.proto.metrics.v1.metrics_pb2 import Metric
from opentelemetry.proto.trace.v1.trace_pb2 import Span


class MetricsSink(MetricsServiceServicer):
    """Keeps the metrics that it gets: the last of each name, by service."""

    def __init__(self) -> None:
        self.last: dict[str, dict[str, Metric]] = {}

    def Export(self, request: ExportMetricsServiceRequest, _: object) -> ExportMetricsServiceResponse:  # noqa: N802 - gRPC's
        """Take metrics."""
        for resource in request.resource_metrics:
            attributes = {each.key: each.value.string_value for each in resource.resource.attributes}
            told = {metric.name: metric for scope in resource.scope_metrics for metric in scope.metrics}
            self.last.setdefault(attributes["service.name"], {}).update(told)
        return ExportMetricsServiceResponse()


class Sink(TraceServiceServicer):
    """An OTLP receiver that keeps what it gets; `of` names the service of each span."""

    def __init__(self) -> None:
        self.spans: list[Span] = []
        self.services: set[str] = set()
        self.of: dict[bytes, str] = {}
        self.metrics = MetricsSink()

    def Export(self, request: ExportTraceServiceRequest, _: object) -> ExportTraceServiceResponse:  # noqa: N802 - gRPC's
        """Take spans."""
        for resource in request.resource_spans:
            attributes = {each.key: each.value.string_value for each in resource.resource.attributes}
            self.services.add(attributes["service.name"])
            spans = [span for scope in resource.scope_spans for span in scope.spans]
            self.of |= {span.span_id: attributes["service.name"] for span in spans}
            self.spans += spans
        return ExportTraceServiceResponse()

    def one(self, name: str) -> Span:
        """The only span of this name."""
        (span,) = [span for span in self.spans if span.name == name]
        return span


@contextmanager
def receiving() -> Iterator[tuple[str, Sink]]:
    """A receiver's URL, and the receiver."""
    sink = Sink()
    server = grpc.server(ThreadPoolExecutor(max_workers=1))
    add_TraceServiceServicer_to_server(sink, server)  # type: ignore[no-untyped-call]
    add_MetricsServiceServicer_to_server(sink.metrics, server)  # type: ignore[no-untyped-call]
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    yield f"http://127.0.0.1:{port}", sink
    server.stop(grace=None).wait()


def traceparent_of(span: Span) -> str:
    """The W3C header of a received span."""
    return f"00-{span.trace_id.hex()}-{span.span_id.hex()}-01"


def attributes_of(span: Span) -> dict[str, str | int]:
    """A span's attributes."""
    return {
        each.key: each.value.int_value if each.value.HasField("int_value") else each.value.string_value
        for each in span.attributes
    }
