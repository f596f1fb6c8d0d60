"""What every network of the synthetic region has: fourteen groups of kinds that are found anywhere."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from demo.wording import Setting


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of group, and what it has on."""

    group: str
    name: str
    about: str
    needs: tuple[str, ...]
    need_terms: tuple[str, ...]
    setting: Setting
    amount: float | None = None
    """What a session costs; None where it is free."""


KINDS: Final = (
    Kind("Community Kitchen", "Tea and talk", "A warm room, a pot of tea and company for anyone who would like it.", ("isolation",), ("loneliness", "social-groups"), "group"),
    Kind("Men's Shed", "Workshop mornings", "Making and mending side by side, with tools and patience provided.", ("isolation", "mental-wellbeing"), ("social-groups", "confidence"), "group"),
    Kind("Walking Group", "Gentle walks", "A slow walk of about a mile with a rest half way; dogs welcome.", ("mental-wellbeing", "long-term-condition"), ("nature-and-gardening", "heart-and-lungs"), "outdoors"),
    Kind("Garden Project", "Gardening together", "Growing vegetables in raised beds that can be reached from a chair.", ("mental-wellbeing", "isolation"), ("nature-and-gardening", "social-groups"), "outdoors"),
    Kind("Money Advice", "Debt and benefits advice", "An adviser goes through letters and forms with you, one to one.", ("money",), ("debt", "benefits"), "advice"),
    Kind("Housing Help", "Damp, repairs and tenancy advice", "Help to write to a landlord, and someone to come to the meeting.", ("housing",), ("damp-and-repairs", "tenancy"), "advice"),
    Kind("Carers' Circle", "A break for carers", "Two hours a week when somebody sits with the person you look after.", ("caring",), ("carers-breaks",), "group"),
    Kind("Bereavement Friends", "After a loss", "A small group led by volunteers who have been there themselves.", ("bereavement",), ("bereavement-cafe",), "group"),
    Kind("Work Club", "Back to work", "Practice for interviews, help with forms, and a computer to use.", ("work",), ("job-seeking",), "advice"),
    Kind("Active Lives", "Chair exercise", "Seated exercise to music for people with aches, breathlessness or falls.", ("long-term-condition",), ("falls", "long-term-pain"), "exercise", 2.0),
    Kind("Good Neighbours", "Shopping and small jobs", "A volunteer collects a prescription, changes a bulb or takes you to an appointment.", ("practical-help",), ("shopping", "help-at-home"), "home"),
    Kind("Singing Together", "Daytime choir", "No audition and no need to read music; there is cake.", ("mental-wellbeing", "isolation"), ("creative-arts", "social-groups"), "group", 1.0),
    Kind("Digital Drop-in", "Phones and tablets made easy", "Bring your phone and a question; sit with someone who has time.", ("practical-help", "isolation"), ("digital-skills",), "group"),
    Kind("Food Share", "Weekly food parcels", "A bag of food and a word with an adviser if you want one.", ("money", "practical-help"), ("food",), "advice"),
)  # fmt: skip
