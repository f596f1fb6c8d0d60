"""The needs people have, in two levels: the ten that events tell, and finer terms under each.

Promise    Casework, the directory and reporting mean the same by a need. A code of another system
           stands here only where a published source names it, and every check digit is reckoned
           when this is loaded: a catalogue that does not hold is not loaded at all.
Price      A term once told stays, with its broad need; a better name may be given to it.
Not here   How a need becomes a term of Open Referral UK: the directory.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, get_args

from contracts import codes

TERM_LENGTH_MAX: Final = 40
TERM_PATTERN: Final = r"^[a-z]+(-[a-z]+)*$"
SNOMED_DIGITS_MIN: Final = 6
SNOMED_DIGITS_MAX: Final = 18

# Categories of the Gravity project's social determinants (SDOH Clinical Care 3.0).
SDOH_CATEGORIES: Final = frozenset(
    {
        "digital-access",
        "digital-literacy",
        "educational-attainment",
        "employment-status",
        "financial-insecurity",
        "food-insecurity",
        "homelessness",
        "housing-instability",
        "inadequate-housing",
        "incarceration-status",
        "intimate-partner-violence",
        "language-access",
        "material-hardship",
        "social-connection",
        "stress",
        "transportation-insecurity",
        "utility-insecurity",
        "veteran-status",
    }
)


class CatalogueBroken(ValueError):
    """The catalogue of needs says something that cannot hold."""


@dataclass(frozen=True, slots=True)
class NeedTerm:
    """One need in plain words; ``parent`` is the broad need it belongs to, if it is a finer one."""

    code: str
    name: str
    description: str
    parent: str | None = None
    sdoh_category: str | None = None
    snomed_code: str | None = None

    @property
    def need(self) -> str:
        """The broad need that events tell."""
        return self.parent or self.code


# The dihedral group of order ten, and the permutations that Verhoeff's check digit is made of.
_MULTIPLIED: Final = (
    "0123456789",
    "1234067895",
    "2340178956",
    "3401289567",
    "4012395678",
    "5987604321",
    "6598710432",
    "7659821043",
    "8765932104",
    "9876543210",
)
_PERMUTED: Final = (
    "0123456789",
    "1576283094",
    "5803796142",
    "8916043527",
    "9453126870",
    "4286573901",
    "2793806415",
    "7046913258",
)


def has_check_digit(code: str) -> bool:
    """Say whether the last digit of a SNOMED code is the one Verhoeff's scheme asks for."""
    check = 0
    for place, digit in enumerate(reversed(code)):
        check = int(_MULTIPLIED[check][int(_PERMUTED[place % 8][int(digit)])])
    return check == 0


def is_concept_code(code: str) -> bool:
    """Say whether this can name a SNOMED concept: its digits, its partition, its check digit."""
    return (
        re.fullmatch(f"[1-9][0-9]{{{SNOMED_DIGITS_MIN - 1},{SNOMED_DIGITS_MAX - 1}}}", code)
        is not None
        and code[-3:-1] in {"00", "10"}
        and has_check_digit(code)
    )


def load(terms: Sequence[NeedTerm]) -> Mapping[str, NeedTerm]:
    """Give the terms by code, the broad needs first; raises ``CatalogueBroken`` naming the first fault."""
    broad = get_args(codes.Need)
    found: dict[str, NeedTerm] = {}
    for term in terms:
        fault = _fault(term, found, broad)
        if fault is not None:
            raise CatalogueBroken(f"{term.code}: {fault}")
        found[term.code] = term
    missing = [need for need in broad if need not in found]
    if missing:
        raise CatalogueBroken(f"{missing[0]}: is a need of events and has no words here")
    return found


def _fault(term: NeedTerm, before: Mapping[str, NeedTerm], broad: Sequence[str]) -> str | None:
    if re.fullmatch(TERM_PATTERN, term.code) is None or len(term.code) > TERM_LENGTH_MAX:
        return "is not a code of small letters and hyphens"
    if term.code in before:
        return "is named twice"
    if not term.name or not term.description:
        return "has no words"
    if term.parent is None and term.code not in broad:
        return "belongs to no broad need"
    if term.parent is not None and (term.parent not in broad or term.code in broad):
        return "belongs to something that is no broad need"
    if term.sdoh_category is not None and term.sdoh_category not in SDOH_CATEGORIES:
        return "names an unknown category of social determinants"
    if term.snomed_code is not None and not is_concept_code(term.snomed_code):
        return "names a SNOMED code whose digits do not fit"
    return None


def _under(
    need: codes.Need, *rows: tuple[str, str, str, str | None, str | None]
) -> tuple[NeedTerm, ...]:
    return tuple(
        NeedTerm(code, name, description, need, sdoh_category, snomed_code)
        for code, name, description, sdoh_category, snomed_code in rows
    )


_BROAD: Final = (
    NeedTerm("mental-wellbeing", "Mental wellbeing", "Low mood, worry, stress or confidence."),
    NeedTerm(
        "isolation",
        "Company and connection",
        "Loneliness, or few people to turn to.",
        sdoh_category="social-connection",
        snomed_code="422650009",
    ),
    NeedTerm(
        "money",
        "Money",
        "Debt, benefits, bills, or food and fuel costs.",
        sdoh_category="financial-insecurity",
        snomed_code="160932005",
    ),
    NeedTerm(
        "long-term-condition",
        "Living with a condition",
        "Living well with a long-term condition or pain.",
    ),
    NeedTerm(
        "housing",
        "Housing",
        "Repairs, a tenancy, moving, or having no safe home.",
        sdoh_category="housing-instability",
    ),
    NeedTerm("practical-help", "Practical help", "Shopping, transport, forms, or help at home."),
    NeedTerm("caring", "Caring for somebody", "Support for people who look after somebody."),
    NeedTerm("bereavement", "Bereavement", "Support after somebody has died."),
    NeedTerm("work", "Work and learning", "Finding or keeping work, volunteering, or learning."),
    NeedTerm("other", "Something else", "A need that none of the others names."),
)

_FINER: Final = (
    *_under(
        "mental-wellbeing",
        ("low-mood-and-worry", "Low mood and worry", "Feeling down, anxious or on edge much of the time.", None, None),
        ("stress", "Stress", "Feeling under more pressure than you can bear.", "stress", "73595000"),
        ("confidence", "Confidence", "Getting out again, speaking up, trusting yourself.", None, None),
        ("creative-arts", "Making and creating", "Painting, singing, crafts or writing to feel better.", None, None),
        ("nature-and-gardening", "Nature and gardening", "Being outside, growing things, walking in green places.", None, None),
        ("talking-support", "Somebody to talk to", "Counselling, peer support or a listening ear.", None, None),
        ("mindfulness", "Calm and rest", "Mindfulness, breathing or yoga to settle the mind.", None, None),
    ),
    *_under(
        "isolation",
        ("loneliness", "Loneliness", "Feeling lonely, also among people.", "social-connection", "267076002"),
        ("befriending", "Befriending", "One person who visits or rings, week by week.", "social-connection", "423315002"),
        ("social-groups", "Social groups", "Groups, clubs and meals where people meet.", "social-connection", None),
        ("lunch-clubs", "Lunch clubs", "Eating together instead of alone.", "social-connection", None),
        ("shared-identity", "People like me", "Groups of people with the same origin, faith, age, sexuality or story.", "social-connection", None),
    ),
    *_under(
        "money",
        ("debt", "Debt", "Owing money, letters from creditors, bailiffs.", "financial-insecurity", None),
        ("benefits", "Benefits", "Finding out what you can claim, and claiming it.", "financial-insecurity", None),
        ("food", "Food", "Not having enough to eat, food banks and pantries.", "food-insecurity", "733423003"),
        ("fuel", "Heating and energy bills", "Keeping warm, meters, and bills that cannot be paid.", "utility-insecurity", None),
        ("budgeting", "Making money last", "Planning what comes in and what goes out.", "financial-insecurity", "1184702004"),
        ("household-goods", "Furniture and household goods", "Beds, cookers, clothes and baby things.", "material-hardship", None),
    ),
    *_under(
        "long-term-condition",
        ("long-term-pain", "Long-term pain", "Living with pain that does not go away.", None, None),
        ("diabetes-and-weight", "Diabetes and weight", "Eating well, losing weight, keeping sugar in check.", None, None),
        ("exercise", "Being active", "Exercise that suits what your body can do.", None, None),
        ("falls", "Falls and balance", "Being steady on your feet, and not afraid of falling.", None, None),
        ("dementia", "Memory and dementia", "Memory cafés and support for people with dementia.", None, None),
        ("smoking", "Stopping smoking", "Help to stop, and to stay stopped.", None, None),
        ("alcohol-and-drugs", "Alcohol and drugs", "Drinking or using less, and staying well.", None, None),
        ("sleep", "Sleep", "Not sleeping, or sleeping badly.", None, None),
        ("heart-and-lungs", "Heart and lungs", "Living with a heart or lung condition.", None, None),
        ("cancer", "Cancer", "Living with and after cancer.", None, None),
        ("sight-and-hearing", "Sight and hearing", "Living with sight or hearing loss.", None, None),
    ),
    *_under(
        "housing",
        ("damp-and-repairs", "Damp and repairs", "Damp, mould, or repairs that nobody makes.", "inadequate-housing", "105531004"),
        ("homelessness", "No safe home", "Sleeping rough, in a hostel, or on somebody's sofa.", "homelessness", "32911000"),
        ("tenancy", "Keeping a tenancy", "Rent arrears, notice to leave, or a landlord in dispute.", "housing-instability", "1156191002"),
        ("moving-home", "Moving home", "Finding somewhere that fits, and moving there.", "housing-instability", None),
        ("neighbours", "Neighbours", "Noise, harassment and disputes next door.", None, None),
    ),
    *_under(
        "practical-help",
        ("transport", "Transport", "Getting to places: lifts, community buses, travel costs.", "transportation-insecurity", "713458007"),
        ("shopping", "Shopping", "Somebody who shops with you, or for you.", None, None),
        ("forms", "Forms and letters", "Reading, filling in and answering what comes by post.", None, None),
        ("digital-skills", "Computers and phones", "Learning to use a phone, a computer and the internet.", "digital-literacy", None),
        ("digital-access", "Getting online", "A device, data or a connection you can afford.", "digital-access", None),
        ("home-adaptations", "Changes at home", "Rails, ramps, stairlifts and alarms.", "inadequate-housing", None),
        ("help-at-home", "Help in house and garden", "Cleaning, small jobs and cutting the grass.", None, None),
        ("interpreting", "Interpreting", "Somebody who speaks your language, or signs.", "language-access", None),
    ),
    *_under(
        "caring",
        ("young-carers", "Young carers", "Children and young people who look after somebody.", None, None),
        ("carers-breaks", "Breaks for carers", "Time off, while somebody else takes over.", None, None),
        ("carers-groups", "Carers' groups", "Others who know what caring is like, and what carers are due.", None, "302767002"),
        ("parenting", "Being a parent", "Support for parents, and somewhere to go with a small child.", None, None),
    ),
    *_under(
        "bereavement",
        ("bereavement-cafe", "Bereavement café", "Meeting others who grieve, over a cup of tea.", None, None),
        ("sudden-loss", "Sudden loss", "After a suicide, an accident or another death nobody expected.", None, None),
        ("loss-of-a-child", "Loss of a child", "After the death of a baby or a child.", None, None),
    ),
    *_under(
        "work",
        ("job-seeking", "Finding work", "Applications, interviews and going back to work.", "employment-status", "73438004"),
        ("volunteering", "Volunteering", "Giving time to something that matters to you.", None, None),
        ("adult-learning", "Learning as an adult", "Reading, numbers, and courses of every kind.", "educational-attainment", None),
        ("english-classes", "English classes", "Learning English, from the first word on.", "language-access", None),
    ),
    *_under(
        "other",
        ("domestic-abuse", "Abuse at home", "Support for people who are not safe with a partner or family.", "intimate-partner-violence", "706893006"),
        ("legal-advice", "Legal advice", "Rights, immigration, family and discrimination.", None, None),
        ("refugees", "Refugees and people seeking asylum", "Finding your feet after you had to flee.", None, "446654005"),
        ("veterans", "Veterans", "People who served, and their families.", "veteran-status", None),
        ("after-prison", "After prison", "Starting again with a record.", "incarceration-status", "266948004"),
    ),
)  # fmt: skip

TERMS: Final[Mapping[str, NeedTerm]] = load((*_BROAD, *_FINER))
"""Every term by its code: the broad needs in the order of ``codes.Need``, then the finer."""

BROAD: Final = tuple(term for term in TERMS.values() if term.parent is None)
FINER: Final = tuple(term for term in TERMS.values() if term.parent is not None)
