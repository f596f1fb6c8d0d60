"""What each fault leaves behind is cleared away, for all share one platform."""

from collections.abc import Iterator

import pytest

from tests.journeys.faults import topic
from tests.live import LivePlatform


@pytest.fixture
def nothing_forged_stays(live: LivePlatform) -> Iterator[None]:
    """Empty the topic after the test: a relay begins no work behind numbers it never gave."""
    yield
    topic.delete(live.bootstrap, topic.ends(live.bootstrap))
