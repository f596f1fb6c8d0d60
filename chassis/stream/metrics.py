"""What the stream consumer counts: the conservation law per stream, and what happened beside it.

Promise    What is exported is what this process remembers to have committed, so the figures of a
           stream add up: head = applied + skipped + quarantined + discarded + waiting.
Price      A stream is exported by the process that reads its partition.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import ClassVar, NamedTuple

from prometheus_client import Counter, Histogram
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from chassis.metrics import REGISTRY

BATCH_SECONDS_BUCKETS = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)

batch_seconds = Histogram(
    "waymark_consumer_batch_seconds",
    "Time from a batch in hand to its commit.",
    ["consumer"],
    buckets=BATCH_SECONDS_BUCKETS,
    registry=REGISTRY,
)
unreadable = Counter(
    "waymark_consumer_unreadable",
    "Records whose envelope could not be read, each time one was read.",
    ["consumer", "topic"],
    registry=REGISTRY,
)
refused = Counter(
    "waymark_consumer_refused",
    "Records that claim what their owner does not have: an alarm.",
    ["consumer", "topic", "reason"],
    registry=REGISTRY,
)
waits = Counter(
    "waymark_consumer_waits",
    "Times the consumer waited because its database, broker or owner was away.",
    ["consumer", "reason"],
    registry=REGISTRY,
)
offset_commits_failed = Counter(
    "waymark_consumer_offset_commits_failed",
    "Offsets the broker did not take; they are only a hint.",
    ["consumer"],
    registry=REGISTRY,
)
revivals = Counter(
    "waymark_consumer_revivals",
    "Times the broker's client was made anew because nothing moved.",
    ["consumer"],
    registry=REGISTRY,
)


class StreamFigures(NamedTuple):
    """One stream as the last committed row, and the head last seen."""

    topic: str
    stream: str
    head: int
    applied: int
    skipped: int
    quarantined: int
    discarded: int
    waiting: int
    duplicates: int
    refused: int
    holes: int
    healed: int
    stopped: int
    number: int


class FlowCollector(Collector):
    """Exports the figures of every consumer of this process when it is asked."""

    _HELP: ClassVar = {
        "head": "Number of the last event the owner published.",
        "applied": "Events applied.",
        "skipped": "Events of types this consumer does not listen to.",
        "quarantined": "Events in quarantine, with those held behind them.",
        "discarded": "Events discarded by an operator, with a reason.",
        "waiting": "Events published and not reached.",
        "duplicates": "Records that came again.",
        "refused": "Records refused because their owner does not have them.",
        "holes": "Holes found.",
        "healed": "Events pulled from the owner's journal.",
        "stopped": "1 while the stream is stopped and waits for an operator.",
    }

    def __init__(self) -> None:
        self._sources: list[FiguresOf] = []

    def add(self, source: "FiguresOf") -> None:
        """Export a consumer's figures from now on."""
        self._sources.append(source)

    def remove(self, source: "FiguresOf") -> None:
        """Export them no more."""
        self._sources.remove(source)

    def collect(self) -> Iterator[Metric]:
        """Give one family per figure."""
        found = {source.consumer: source.figures() for source in self._sources}
        for name, text in self._HELP.items():
            family = GaugeMetricFamily(
                f"waymark_stream_{name}", text, labels=["consumer", "topic", "stream"]
            )
            for consumer, streams in found.items():
                for one in streams:
                    family.add_metric([consumer, one.topic, one.stream], getattr(one, name))
            yield family


class FiguresOf(NamedTuple):
    """Where the figures of one consumer come from."""

    consumer: str
    figures: Callable[[], Sequence[StreamFigures]]


flow = FlowCollector()
REGISTRY.register(flow)
