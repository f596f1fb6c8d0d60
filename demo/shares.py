"""How often things happen in the demonstration: every share and figure the stories are drawn with.

*Published* stands beside what follows a published figure, *derived* beside what was worked out from
published ones, *assumed* beside what nobody has published. Nothing here is a finding: the region is
synthetic, and so is whatever is read off it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Final

from demo.region import RegionSize

# -- how many ------------------------------------------------------------------------------------

# Assumed for the small region: what fits in a few seconds. For the region: 2.2 % of 1.45 million
# registered people in a year (derived: 1.3 million people referred in 2023, 60 million registered).
REFERRALS: Final[Mapping[RegionSize, int]] = {"small": 970, "region": 29_000}
DAYS: Final[Mapping[RegionSize, int]] = {"small": 730, "region": 365}
TOLD_AT_ONCE_DAYS: Final[Mapping[RegionSize, int]] = {"small": 84, "region": 28}
"""How long a stretch of time is told in the same batches. A network of the small region has few
referrals a month, and requests with little in them are what takes the time."""
# Whose support is told with everything casework knows. The others are told as a list from an older
# system would: referrals, contacts, goals and how they ended. Assumed: what a seed has the time for.
TOLD_IN_FULL: Final[Mapping[RegionSize, float]] = {"small": 0.15, "region": 0.06}
REFERRED_AGAIN: Final = 0.27  # derived: 1.37 referrals a person (2020/21), so 0.37 of 1.37 repeat

# -- where from, what for, by whom ---------------------------------------------------------------

ROUTES: Final = (  # assumed within 72 to 85 % medical, which is published
    ("general-practice", 74),
    ("self", 8),
    ("voluntary-sector", 5),
    ("council", 3),
    ("hospital", 5),
    ("care-navigator", 5),
)
NEEDS: Final = (  # assumed; published is the order only: mental wellbeing first
    ("mental-wellbeing", 32), ("isolation", 18), ("money", 12), ("long-term-condition", 12),
    ("housing", 8), ("practical-help", 6), ("caring", 4), ("bereavement", 3), ("work", 3),
    ("other", 2),
)  # fmt: skip
NEEDS_COUNT: Final = ((1, 62), (2, 28), (3, 10))  # assumed
URGENCIES: Final = (("routine", 84), ("soon", 13), ("urgent", 3))  # assumed
# Assumed: encounters are 55 % a link worker's, 12 % a coach's, 8 % a coordinator's, and 25 % a
# navigator's, whose encounters are signposts and not referrals.
ROLES: Final = (("link-worker", 55), ("health-coach", 12), ("care-coordinator", 8))
SIGNPOSTS_PER_EPISODE: Final = (
    1.2  # assumed: signposts to one episode of support, once easily noted
)
ECHO_AGREED: Final = 0.35  # assumed
ECHO_ANSWERED: Final = 0.5  # assumed
GOT_THERE: Final = 0.1  # published, a vendor's claim: 1 in 10 of those signposted arrive

# -- what becomes of a referral ------------------------------------------------------------------

DECLINED: Final = 0.12  # published for 2023
UNREACHABLE: Final = 0.10  # derived: 90 % reached a link worker
WITHDRAWN: Final = 0.08  # assumed
FIRST_CONTACT_MEDIAN_DAYS: Final = 12  # assumed; no national figure was found
FIRST_CONTACT_SPREAD: Final = math.log(40 / 12) / 1.2816  # assumed: the 90th centile is 40 days
CONTACT_GAP_MEDIAN_DAYS: Final = 14  # assumed
CONTACTS_MAX: Final = 20  # assumed on 6 to 12 by guidance: mean 5, at most 20
MISSED: Final = 0.13  # assumed: of contacts that were booked
MISSED_MOST_DEPRIVED: Final = 0.17  # assumed: in the most deprived fifth
MODES: Final = (  # assumed
    ("phone", 50), ("practice", 17), ("home-visit", 12), ("video", 8), ("community", 6),
    ("accompanied", 3), ("text", 3), ("letter", 1),
)  # fmt: skip
MISSED_REASONS: Final = (  # assumed
    ("forgot", 34), ("unwell", 24), ("travel", 14), ("changed-mind", 10), ("not-known", 18),
)  # fmt: skip
WITH_TEAM: Final = 0.06  # assumed: contacts made together with somebody of the practice's team
TEAM: Final = (("pharmacist", 4), ("physiotherapist", 3), ("paramedic", 2), ("nurse", 3))  # assumed
UNDERSTANDING: Final = (("understood", 70), ("partly", 24), ("not-yet", 6))  # assumed
CORRECTED: Final = 0.05  # assumed: contacts put right, three weeks later in the middle
VOIDED: Final = 0.01  # assumed
GOALS: Final = 0.7  # assumed
GOAL_ENDINGS: Final = (("met", 52), ("changed", 18), ("dropped", 12), (None, 18))  # assumed
MESSAGES_CONSENTED: Final = 0.6  # assumed
REOPENED: Final = 0.04  # assumed: of support that had ended as wanted

# -- casework ------------------------------------------------------------------------------------

TRIAGED: Final = 0.92  # assumed
RE_ROUTED: Final = 0.05  # assumed: sent to the wrong role at first
PAUSED: Final = 0.08  # assumed
PAUSE_REASONS: Final = (  # assumed
    ("person-away", 3), ("person-unwell", 3), ("in-hospital", 2), ("person-asked", 4),
)  # fmt: skip
ALLOCATED: Final = 0.4  # assumed: given to a worker before the first contact
PLANNED: Final = 0.6  # assumed: of those spoken with twice
PLAN_REVIEWED: Final = 0.3  # assumed
VISIT_LOGGED: Final = 0.7  # assumed: of home visits, with check-in and check-out
BASELINE: Final = 0.65  # assumed: of those spoken with
FOLLOW_UP: Final = 0.38  # assumed: of those spoken with
ITEM_MISSING: Final = 0.06  # assumed: for each answer
INSTRUMENTS: Final = (("ons4", 55), ("swemwbs", 25), ("mycaw", 12), ("ucla3", 8))  # assumed
CONSENTED_TO_SHARE: Final = 0.3  # assumed
CONSENT_NARROWED: Final = 0.2  # assumed
CONSENT_REVOKED: Final = 0.12  # assumed
RISK: Final = 0.06  # assumed
SUPERVISED: Final = 0.39  # published, a survey of 2020: 61 % without clinical supervision

# -- onward referrals ----------------------------------------------------------------------------

# Assumed, so that about 38 % of referrals (published) end with somebody coming to something: 1.6
# onward referrals a case; 70 % answered within 14 days; 85 % of answers accept; 60 % of those come.
ONWARD_COUNT: Final = ((0, 20), (1, 30), (2, 27), (3, 15), (4, 8))
ANSWERED: Final = 0.70
ANSWER_DAYS_MAX: Final = 14
ACCEPTED: Final = 0.85
ATTENDED: Final = 0.60
SHARES_CONTACT: Final = 0.7  # assumed: who agrees that the group knows who they are
IN_ERROR: Final = 0.03  # assumed: sent to the wrong group and taken back
LATE_ANSWER: Final = 0.15  # assumed: of those silent for 14 days
REFUSALS: Final = (  # assumed
    ("full", 45), ("not-suitable", 20), ("too-far", 15), ("no-longer-runs", 8), ("cost", 6),
    ("language", 6),
)  # fmt: skip
PLACEMENT_FAILED: Final = 0.10  # assumed: needs for which no place was found
PLACEMENT_FAILURES: Final = (("full", 40), ("nothing-suitable", 30), ("too-far", 20), ("cost", 10))

# -- people --------------------------------------------------------------------------------------

WITHOUT_NUMBER: Final = 0.02  # assumed: the NHS number may be absent and must be handled
INTERPRETER: Final = 0.6  # assumed: of those whose language is not English
ACCESS_NEEDS: Final = 0.12  # assumed
SAFE_TIMES: Final = 0.06  # assumed
NO_MESSAGE: Final = 0.05  # assumed
