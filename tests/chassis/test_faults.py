"""Planned deaths are for demonstrations only."""

import pytest

from chassis import faults


def test_every_fault_point_needs_demo_mode():
    assert faults.planned("relay.after_send:2", "region") == {}
    assert faults.planned("relay.after_send:2,relay.before_send", "demo") == {
        "relay.after_send": 2,
        "relay.before_send": 1,
    }
    with pytest.raises(faults.MalformedFault):
        faults.planned("relay.after_send:often", "demo")
