"""Where money for a new group may come from: a small catalogue, as data.

Promise    Each entry says what kind of money it is, for what, where to read the rules, and on which
           pages its facts stand. What none of them says does not stand here, no amount and no day.
Price      Funds open, close and change after the day of the pages: the source decides, not this page.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

FundKind = Literal["statutory", "non-statutory"]
CHECKED_ON: Final = date(2026, 11, 30)
"""When each entry was last compared with its pages, as they were stored: they may say more by now."""


@dataclass(frozen=True, slots=True)
class Page:
    """A page on which something of a fund stands, and its day, where it gives one."""

    url: str
    dated: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fund:
    """One source of money."""

    id: str
    name: str
    kind: FundKind
    giver: str
    says: str
    source: str
    """Where the giver says the rules."""
    read: tuple[Page, ...]
    """What else was read; the source has its day in ``known_on`` where it gives one."""
    known_on: date | None
    """The latest day for which a page says that it is so."""
    needs: tuple[str, ...] = ()
    """The broad needs it fits; empty for all of them."""
    least_pounds: int | None = None
    most_pounds: int | None = None
    began: date | None = None
    certain: bool = True
    """Whether the giver itself, or the law, says all of it."""


FUNDS: Final[tuple[Fund, ...]] = (
    Fund(
        id="additional-roles",
        name="Additional Roles Reimbursement Scheme",
        kind="statutory",
        giver="NHS England, to Primary Care Networks",
        says="Pays for people in a network beside those it had, social prescribing link workers, health "
        "and wellbeing coaches and care coordinators among them; it pays for people, not for groups.",
        source="https://www.england.nhs.uk/personalisedcare/social-prescribing/faqs/",
        read=(
            Page(
                "https://managementinpractice.com/news/explainer-primary-care-networks-and-the-"
                "additional-roles-reimbursement-scheme"
            ),
            Page("https://www.wessexlmcs.com/pcnworkforcearrs"),
            Page(
                "https://www.nursinginpractice.com/latest-news/new-reimbursement-scheme-to-help-"
                "practices-employ-gps-revealed/",
                date(2026, 2, 24),
            ),
        ),
        known_on=date(2026, 2, 24),
        began=date(2019, 7, 1),
        # Which roles it pays for, and that it goes on, was read of others than the giver.
        certain=False,
    ),
    Fund(
        id="better-care-fund",
        name="Better Care Fund",
        kind="statutory",
        giver="Integrated care boards and councils together",
        says="A pooled budget, agreed locally in a plan, for keeping people independent and out of "
        "hospital: help at home, adaptations, unpaid carers. Its framework was for 2025 to 2026.",
        source="https://www.gov.uk/government/publications/"
        "better-care-fund-policy-framework-2025-to-2026",
        read=(
            Page(
                "https://www.homecareassociation.org.uk/resource/"
                "better-care-fund-policy-framework-2025-to-2026.html",
                date(2025, 1, 30),
            ),
            Page(
                "https://navigator.health.org.uk/theme/better-care-fund-announcement-and-early-planning"
            ),
        ),
        known_on=date(2025, 1, 30),
        needs=("practical-help", "long-term-condition", "caring", "housing"),
        began=date(2015, 4, 1),
    ),
    Fund(
        id="public-health-grant",
        name="Public health grant",
        kind="statutory",
        giver="Department of Health and Social Care, to councils",
        says="A yearly grant to councils with public health duties, ring-fenced for these.",
        source="https://www.gov.uk/government/publications/"
        "public-health-grants-to-local-authorities-2026-to-2027/"
        "public-health-ring-fenced-grant-financial-year-2026-to-2027-local-authority-circular",
        read=(
            Page("https://publications.parliament.uk/pa/cm201415/cmselect/cmpubacc/893/89306.htm"),
        ),
        known_on=date(2026, 2, 9),
        needs=("mental-wellbeing", "long-term-condition", "isolation"),
        began=date(2013, 4, 1),
    ),
    Fund(
        id="section-256",
        name="Payments under sections 256 and 257 of the National Health Service Act 2006",
        kind="statutory",
        giver="NHS England and integrated care boards",
        says="By section 256 they may pay towards what a council spends on social care, on education of "
        "disabled people or on housing; by section 257 a voluntary organisation that does it.",
        source="https://www.legislation.gov.uk/ukpga/2006/41/section/256",
        read=(
            Page(
                "https://www.procurementportal.com/blog/june-2013/"
                "payments-by-nhs-bodies-to-local-authorities-volunt",
                date(2013, 6, 1),
            ),
        ),
        known_on=date(2022, 9, 1),
    ),
    Fund(
        id="disabled-facilities-grant",
        name="Disabled Facilities Grant",
        kind="statutory",
        giver="Councils",
        says="Pays a person for changes to their home, in England up to 30,000 pounds by income and "
        "savings; some councils give more. It pays for no groups.",
        source="https://www.gov.uk/disabled-facilities-grants/what-youll-get",
        read=(
            Page(
                "https://england.shelter.org.uk/professional_resources/legal/housing_options/"
                "housing_options_for_people_with_care_and_support_needs/disabled_facilities_grants"
            ),
        ),
        known_on=None,
        needs=("housing", "long-term-condition"),
        most_pounds=30_000,
    ),
    Fund(
        id="awards-for-all-england",
        name="National Lottery Awards for All England",
        kind="non-statutory",
        giver="The National Lottery Community Fund",
        says="Grants for up to two years to voluntary and community groups, schools and statutory "
        "bodies; at most 20,000 pounds within twelve months.",
        source="https://www.tnlcommunityfund.org.uk/funding/programmes/"
        "national-lottery-awards-for-all-england",
        read=(
            Page("https://www.tnlcommunityfund.org.uk/about/read-a-blog-from-our-chief-executive"),
            Page(
                "https://fundraising.co.uk/2023/11/15/"
                "national-lottery-community-fund-doubles-grassroots-funding/",
                date(2023, 11, 15),
            ),
        ),
        known_on=date(2023, 11, 15),
        least_pounds=300,
        most_pounds=20_000,
    ),
    Fund(
        id="reaching-communities-england",
        name="Reaching Communities England",
        kind="non-statutory",
        giver="The National Lottery Community Fund",
        says="Grants for up to five years to voluntary and community organisations whose work supports "
        "places and people in poverty, disadvantage or discrimination; most are under 500,000 pounds.",
        source="https://www.tnlcommunityfund.org.uk/funding/programmes/reaching-communities-england",
        read=(
            Page(
                "https://www.vonne.org.uk/"
                "funders-spotlight-national-lottery-community-fund-reaching-communities-england-0"
            ),
        ),
        known_on=None,
        least_pounds=20_001,
    ),
    Fund(
        id="sport-england-movement-fund",
        name="Sport England Movement Fund",
        kind="non-statutory",
        giver="Sport England",
        says="Grants or a share of what is raised from many, for groups that get people moving where "
        "that is hardest; announced for four years.",
        source="https://www.sportengland.org/funding-and-campaigns/our-funding",
        read=(
            Page(
                "https://www.sportengland.org/news-and-inspiration/"
                "new-movement-fund-set-revolutionise-funding-applications",
                date(2024, 4, 29),
            ),
            Page("https://britishfencing.com/sport-england-new-movement-fund", date(2024, 5, 2)),
        ),
        known_on=date(2024, 5, 2),
        needs=("long-term-condition", "mental-wellbeing", "isolation"),
        least_pounds=300,
        most_pounds=15_000,
        began=date(2024, 4, 29),
        # What the least is was read of others than the giver.
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
