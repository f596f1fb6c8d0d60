"""By what a referral is known to have been made before: the referrer's own reference, or the row.

Not here   What is answered to a referral that is made again: ``referrals``.
"""

from services.referral.commands import NewReferral
from services.referral.items import ReferralItem


def fingerprint_of(asked: NewReferral) -> str | None:
    """Give what a list of a practice knows a row by that bears no reference."""
    return asked.fingerprint if isinstance(asked, ReferralItem) else None


def marks_locked_for(asked: NewReferral) -> list[tuple[str, ...]]:
    """What two requests must not use at the same time; the referrer is not known yet."""
    return [
        (kind, mark)
        for kind, mark in (("reference", asked.reference), ("fingerprint", fingerprint_of(asked)))
        if mark is not None
    ]


def marks_of(
    pcn_code: str, referrer_code: str, reference: str | None, fingerprint: str | None
) -> list[tuple[str, ...]]:
    """Give by what a referral of this referrer would be made again."""
    return [
        (kind, pcn_code, referrer_code, mark)
        for kind, mark in (("reference", reference), ("fingerprint", fingerprint))
        if mark is not None
    ]
