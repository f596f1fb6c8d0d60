"""What people ask for themselves: believed as a request, and as nothing else until checked."""

from services.referral.domain.refusals import Refused


class SelfReferralChecked(Refused):
    """Somebody found out before who it is."""

    name = "self-referral-checked"
    conflicts = True
