"""Every wait, batch, page and share of the stream consumer, in one named place."""

from dataclasses import dataclass
from typing import Final

MEBIBYTE: Final = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamLimits:
    """The limits of one consumer; a test may tighten them, a service has no need to."""

    # Reading the topic.
    batch_records_max: int = 4_000
    batch_timeout_milliseconds: int = 10
    fetch_bytes_max: int = 8 * MEBIBYTE
    partition_fetch_bytes_max: int = MEBIBYTE
    value_bytes_max: int = MEBIBYTE
    # A batch costs about the same whether it holds one event or fifty: the more come, the longer
    # the rest after a small one, so that those that come meanwhile are taken together. A rest is
    # as long as the batch took once there were this many events in it.
    rest_after_events: int = 4
    rest_max_seconds: float = 0.02
    heartbeat_interval_milliseconds: int = 500
    session_timeout_milliseconds: int = 15_000
    rebalance_timeout_milliseconds: int = 30_000
    offset_commit_interval_seconds: float = 3.0
    offset_commit_timeout_seconds: float = 5.0
    broker_answer_timeout_seconds: float = 2.0
    join_timeout_seconds: float = 60.0
    stop_timeout_seconds: float = 15.0
    leave_timeout_seconds: float = 15.0
    last_counts_timeout_seconds: float = 5.0
    let_go_timeout_seconds: float = 4.0
    revocation_wait_seconds: float = 5.0

    # Applying.
    take_timeout_seconds: float = 60.0

    # Records that came before their turn.
    kept_in_stream_max: int = 2_000
    kept_records_max: int = 10_000
    kept_bytes_max: int = 32 * MEBIBYTE
    unconfirmed_streams_max: int = 1_000

    # Pulling from an owner's journal.
    page_events_max: int = 500
    pulls_at_once_max: int = 4
    checks_at_once_max: int = 16
    owner_timeout_seconds: float = 10.0
    unknown_number_patience_seconds: float = 1.0
    heads_interval_seconds: float = 3.0
    heads_page_max: int = 2_000
    figures_max: int = 10_000

    # Waiting for what is away.
    backoff_first_seconds: float = 0.1
    backoff_max_seconds: float = 5.0
    moved_attempts_max: int = 10
    slice_records_min: int = 50

    # Setting events aside, and when that means the deployment is what is wrong.
    stop_window_events: int = 1_000
    stop_failed_min: int = 20
    stop_failed_share: float = 0.1
    unreadable_value_bytes_max: int = 64 * 1024
    wish_interval_seconds: float = 0.5
    wishes_at_once_max: int = 20

    # Noticing that nothing moves.
    watch_interval_seconds: float = 1.0
    stuck_seconds: float = 30.0
    revivals_max: int = 1
