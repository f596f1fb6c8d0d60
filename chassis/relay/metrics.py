"""What the relay counts. Labels: the topic, and reasons from a closed set of fault names."""

from prometheus_client import Counter, Gauge

from chassis.metrics import REGISTRY

outbox_waiting = Gauge(
    "waymark_outbox_waiting",
    "Events that have no number yet, counted up to a bound.",
    ["topic"],
    registry=REGISTRY,
)
outbox_waiting_seconds = Gauge(
    "waymark_outbox_waiting_seconds",
    "Time since the outbox was last seen empty.",
    ["topic"],
    registry=REGISTRY,
)
unpublished = Gauge(
    "waymark_relay_unpublished",
    "Numbered events that the broker has not acknowledged.",
    ["topic"],
    registry=REGISTRY,
)
leading = Gauge(
    "waymark_relay_leading", "1 in the process whose relay leads.", ["topic"], registry=REGISTRY
)
stopped = Gauge(
    "waymark_relay_stopped",
    "1 while the relay refuses to work because its topic is ahead of its database.",
    ["topic"],
    registry=REGISTRY,
)
blocked_streams = Gauge(
    "waymark_relay_blocked_streams",
    "Streams whose next event the broker refuses for its size.",
    ["topic"],
    registry=REGISTRY,
)
numbered = Counter(
    "waymark_relay_numbered", "Events given their number.", ["topic"], registry=REGISTRY
)
published = Counter(
    "waymark_relay_published", "Events the broker acknowledged.", ["topic"], registry=REGISTRY
)
faults = Counter(
    "waymark_relay_faults",
    "Rounds that ended in a fault, by its kind.",
    ["topic", "reason"],
    registry=REGISTRY,
)
