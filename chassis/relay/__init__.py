"""The relay numbers what was committed and publishes what was numbered."""

from chassis.relay.relay import Relay

__all__ = ["Relay"]
