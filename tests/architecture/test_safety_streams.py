"""Alarms travel on streams of their own, which every reader of the topic can meet."""

import re
from typing import Any, get_args

import pytest

from chassis import flow_api, journal_api
from console.flow import read_service
from contracts.envelope import ATTRIBUTES
from contracts.event import event_types
from contracts.referral.v1.safety import SAFETY_SUFFIX
from services.directory.consumers import projections as of_directory
from services.notifications.consumers import projections as of_notifications
from services.notifications.domain import RULES
from services.reporting.projections import ReportingProjection

SAFETY = {name for name, kind in event_types("referral").items() if kind.stream_suffix}
STREAM = f"U99001{SAFETY_SUFFIX}"
READERS = [*of_directory(), *of_notifications(awake=RULES), ReportingProjection()]


def test_alarms_are_told_on_a_stream_beside_their_networks() -> None:
    assert len(SAFETY) == 6
    assert {event_types()[name].stream_suffix for name in SAFETY} == {SAFETY_SUFFIX}


@pytest.mark.parametrize("projection", READERS, ids=lambda one: one.consumer)
def test_whoever_takes_a_stream_for_a_network_passes_alarms_over(projection: Any) -> None:
    """Each of them refuses an event whose stream is not its network's; these must not get there."""
    assert not SAFETY & set(projection.readers)


@pytest.mark.parametrize("door", [journal_api, flow_api], ids=["journal", "flow"])
def test_what_is_missing_of_an_alarms_stream_can_be_asked_for(door: Any) -> None:
    (path,) = (one for one in get_args(door.StreamName) if hasattr(one, "metadata"))
    patterns = [rule.pattern for rule in path.metadata if hasattr(rule, "pattern")]
    assert patterns
    assert all(re.fullmatch(pattern, STREAM) for pattern in patterns)


def test_an_envelope_carries_the_name_of_an_alarms_stream() -> None:
    (key,) = (one for one in ATTRIBUTES if one.header == "ce_partitionkey")
    assert re.fullmatch(key.pattern, STREAM)


def test_operators_read_that_a_stream_is_of_alarms() -> None:
    item = {
        "consumer": "reporting",
        "topic": "referral.events.v1",
        "stream": STREAM,
        "head": 1,
        "number": 1,
        "applied": 0,
        "skipped": 1,
        "quarantined": 0,
        "held": 0,
        "unreadable": 0,
        "holes": 0,
        "stopped_reason": None,
        "last_recorded_at": None,
    }
    (stream,) = read_service("reporting", [item]).streams or ()
    assert stream.name == "U99001, alarms"
