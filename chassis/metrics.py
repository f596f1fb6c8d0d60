"""The numbers a process shows at ``/metrics``, in one registry of its own.

Promise    Labels are route templates, statuses, roles, topics and streams: a bounded set that can
           name no person.
Not here   What each part counts: it declares its metrics beside its work, on ``REGISTRY``.
"""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest

MEDIA_TYPE = CONTENT_TYPE_PLAIN_0_0_4

REGISTRY = CollectorRegistry(auto_describe=True)
ProcessCollector(registry=REGISTRY)

REQUEST_SECONDS_BUCKETS = (0.0025, 0.005, 0.01, 0.02, 0.04, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)

request_seconds = Histogram(
    "waymark_http_request_seconds",
    "Time from the first byte of a request to the last of its answer.",
    ["method", "route", "status"],
    buckets=REQUEST_SECONDS_BUCKETS,
    registry=REGISTRY,
)
requests_running = Gauge(
    "waymark_http_requests_running", "Requests now being answered.", registry=REGISTRY
)
logs_refused = Counter(
    "waymark_log_fields_refused",
    "Fields kept out of the log because they are not on its allow-list.",
    registry=REGISTRY,
)


_ROUTE_STATUS: dict[tuple[str, str, int], Histogram] = {}
"""Labelled children by (method, route, status): finding one afresh costs more than observing."""


def observe_request(method: str, route: str, status: int, seconds: float) -> None:
    """Count one answered request."""
    key = (method, route, status)
    child = _ROUTE_STATUS.get(key)
    if child is None:
        child = _ROUTE_STATUS[key] = request_seconds.labels(method, route, str(status))
    child.observe(seconds)


def exposition() -> bytes:
    """Give every metric in the text form Prometheus reads."""
    return generate_latest(REGISTRY)
