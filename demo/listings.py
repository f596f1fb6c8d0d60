"""Synthetic listings: the groups of the demonstration's region and what they offer.

Every network has its own set, drawn from kinds that such groups really come in. No name,
address or number leads to a real group: hosts are ``example.org`` and names say so.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from demo.region import RegionSize, networks

LISTINGS_A_NETWORK: Final = 14


@dataclass(frozen=True, slots=True)
class Listing:
    """One offer of one group, in the words a link worker would search for."""

    pcn_code: str
    organisation: str
    organisation_about: str
    name: str
    about: str
    needs: tuple[str, ...]
    email: str
    fees: str


_KINDS: Final = (  # kind of group, offer, what it is, needs, fees
    ("Community Kitchen", "Tea and talk", "A warm room, a pot of tea and company for anyone who would like it.", ("isolation",), "Free"),
    ("Men's Shed", "Workshop mornings", "Making and mending side by side, with tools and patience provided.", ("isolation", "mental-wellbeing"), "Free, donations welcome"),
    ("Walking Group", "Gentle walks", "A slow walk of about a mile with a rest half way; dogs welcome.", ("mental-wellbeing", "long-term-condition"), "Free"),
    ("Garden Project", "Gardening together", "Growing vegetables in raised beds that can be reached from a chair.", ("mental-wellbeing", "isolation"), "Free"),
    ("Money Advice", "Debt and benefits advice", "An adviser goes through letters and forms with you, one to one.", ("money",), "Free"),
    ("Housing Help", "Damp, repairs and tenancy advice", "Help to write to a landlord, and someone to come to the meeting.", ("housing",), "Free"),
    ("Carers' Circle", "A break for carers", "Two hours a week when somebody sits with the person you look after.", ("caring",), "Free"),
    ("Bereavement Friends", "After a loss", "A small group led by volunteers who have been there themselves.", ("bereavement",), "Free"),
    ("Work Club", "Back to work", "Practice for interviews, help with forms, and a computer to use.", ("work",), "Free"),
    ("Active Lives", "Chair exercise", "Seated exercise to music for people with aches, breathlessness or falls.", ("long-term-condition",), "£2 a session"),
    ("Good Neighbours", "Shopping and small jobs", "A volunteer collects a prescription, changes a bulb or takes you to an appointment.", ("practical-help",), "Free"),
    ("Singing Together", "Daytime choir", "No audition and no need to read music; there is cake.", ("mental-wellbeing", "isolation"), "£1 a session"),
    ("Digital Drop-in", "Phones and tablets made easy", "Bring your phone and a question; sit with someone who has time.", ("practical-help", "isolation"), "Free"),
    ("Food Share", "Weekly food parcels", "A bag of food and a word with an adviser if you want one.", ("money", "practical-help"), "Free"),
)  # fmt: skip


def listings(size: RegionSize) -> Iterator[Listing]:
    """The listings of every network, the same on every machine."""
    for network in networks(size):
        draw = random.Random(f"waymark listings {network.code}")
        place = network.name.split(" PCN", 1)[0]
        for kind, name, about, needs, fees in draw.sample(_KINDS, LISTINGS_A_NETWORK):
            organisation = f"{place} {kind} (synthetic)"
            host = f"{place}-{kind}".lower().replace(" ", "-").replace("'", "")
            yield Listing(
                pcn_code=network.code,
                organisation=organisation,
                organisation_about=f"A community group in {place}.",
                name=f"{name}, {place}",
                about=about,
                needs=needs,
                email=f"hello@{host}.example.org",
                fees=fees,
            )
