"""Who may do what: tokens say who is asking, the register says what they may."""

from chassis.access.caller import Caller, Membership
from chassis.access.requirement import anyone, caller_if_known, needed, reason_header, require

__all__ = [
    "Caller",
    "Membership",
    "anyone",
    "caller_if_known",
    "needed",
    "reason_header",
    "require",
]
