"""Where money for a new group may come from: a small catalogue, as data.

Promise    Each entry says what kind of money it is, for what, where to read the rules, and which of its
           facts we are sure of and since when. An amount stands here only where we are sure of it.
Price      Funds open, close and change between two readings: the source decides, not this page.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

FundKind = Literal["statutory", "non-statutory"]
KNOWN_ON: Final = date(2025, 6, 1)
"""What is said here was so on this day, as far as we are sure of it; nobody has asked since."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fund:
    """One source of money."""

    id: str
    name: str
    kind: FundKind
    giver: str
    says: str
    source: str
    needs: tuple[str, ...] = ()
    """The broad needs it fits; empty for all of them."""
    least_pounds: int | None = None
    most_pounds: int | None = None
    began: date | None = None
    certain: bool = True
    known_on: date = KNOWN_ON


FUNDS: Final[tuple[Fund, ...]] = (
    Fund(
        id="additional-roles",
        name="Additional Roles Reimbursement Scheme",
        kind="statutory",
        giver="NHS England, to Primary Care Networks",
        says="Pays for roles in a network, social prescribing link workers among them; it pays for "
        "people, not for groups.",
        source="https://www.england.nhs.uk/gp/expanding-our-workforce/",
        began=date(2019, 7, 1),
    ),
    Fund(
        id="better-care-fund",
        name="Better Care Fund",
        kind="statutory",
        giver="Integrated care boards and councils together",
        says="A pooled budget for keeping people well at home; agreed locally in a plan.",
        source="https://www.england.nhs.uk/ourwork/part-rel/transformation-fund/better-care-fund/",
        needs=("practical-help", "long-term-condition", "caring", "housing"),
        began=date(2015, 4, 1),
    ),
    Fund(
        id="public-health-grant",
        name="Public health grant",
        kind="statutory",
        giver="Department of Health and Social Care, to councils",
        says="A yearly grant to councils with public health duties, for public health alone.",
        source="https://www.gov.uk/government/collections/local-authority-public-health-grant",
        needs=("mental-wellbeing", "long-term-condition", "isolation"),
        began=date(2013, 4, 1),
    ),
    Fund(
        id="section-256",
        name="Payments under section 256 of the National Health Service Act 2006",
        kind="statutory",
        giver="NHS bodies",
        says="Lets an NHS body pay a council or a voluntary organisation for what has to do with "
        "health.",
        source="https://www.legislation.gov.uk/ukpga/2006/41/section/256",
        began=date(2007, 3, 1),
    ),
    Fund(
        id="disabled-facilities-grant",
        name="Disabled Facilities Grant",
        kind="statutory",
        giver="Councils",
        says="Pays a person for changes to their home, in England up to 30,000 pounds; it pays for "
        "no groups.",
        source="https://www.gov.uk/disabled-facilities-grants",
        needs=("housing", "long-term-condition"),
        most_pounds=30_000,
    ),
    Fund(
        id="awards-for-all-england",
        name="National Lottery Awards for All England",
        kind="non-statutory",
        giver="The National Lottery Community Fund",
        says="Grants to voluntary and community groups, with a short form.",
        source="https://www.tnlcommunityfund.org.uk/funding/programmes/"
        "national-lottery-awards-for-all-england",
        least_pounds=300,
        most_pounds=20_000,
    ),
    Fund(
        id="reaching-communities-england",
        name="Reaching Communities England",
        kind="non-statutory",
        giver="The National Lottery Community Fund",
        says="Larger grants over several years, for work that a community leads.",
        source="https://www.tnlcommunityfund.org.uk/funding/programmes/reaching-communities-england",
    ),
    Fund(
        id="sport-england-movement-fund",
        name="Sport England Movement Fund",
        kind="non-statutory",
        giver="Sport England",
        says="Help for groups that get people moving, where that is hardest.",
        source="https://www.sportengland.org/funds-and-campaigns/movement-fund",
        needs=("long-term-condition", "mental-wellbeing", "isolation"),
        least_pounds=300,
        most_pounds=15_000,
        certain=False,
    ),
)


def funds_for(need: str | None, *, kind: FundKind | None = None) -> Sequence[Fund]:
    """The funds that may fit a broad need; for none given, all."""
    return [
        fund
        for fund in FUNDS
        if (need is None or not fund.needs or need in fund.needs)
        and (kind is None or fund.kind == kind)
    ]
