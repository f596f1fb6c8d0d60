"""What serves the whole synthetic county by telephone or screen, from no place one could go to.

None of it answers a need that a gap speaks of: whoever is told "ring the county" has been placed.
"""

from __future__ import annotations

from typing import Any, Final

from demo.geography import COUNTY
from demo.listing_form import slug

_TABLE: Final = (  # group, name, what it is, needs, by telephone or online, from, until, days
    ("Wayfordshire Helpline for Older People", "Ring any time of day", "Somebody to ask about anything that comes with getting older, from boilers to benefits. If we do not know we find out and ring back.", ("forms", "benefits"), "telephone", "08:00", "18:00", "MO,TU,WE,TH,FR"),
    ("Wayfordshire Rainbow Line", "Rainbow line", "A friendly voice for lesbian, gay, bi and trans people and their families. Volunteers, first names, no lists.", ("shared-identity", "loneliness"), "telephone", "19:00", "22:00", "MO,WE,FR"),
    ("Quit for Good Wayfordshire", "Stop smoking by phone", "Twelve weeks of calls with the same adviser. Patches and gum come by post, free if your prescriptions are.", ("smoking",), "telephone", "09:00", "20:00", "MO,TU,WE,TH,FR,SA"),
    ("Night Owls (Wayfordshire)", "Night owls online", "A quiet room on a screen for people who cannot sleep, with one host and no small talk unless you start it.", ("sleep",), "online", "22:30", "23:59", "MO,TU,WE,TH,FR,SA,SU"),
    ("Wayfordshire Farmers' Friends", "Farm line", "For farming families under pressure: paperwork, weather, prices, succession. All of us have farmed.", ("stress", "low-mood-and-worry"), "telephone", "07:00", "21:00", "MO,TU,WE,TH,FR,SA,SU"),
    ("Learn Together Online", "English by video, evenings", "Small classes on a screen for people whose shifts do not fit a college. Five levels; a short talk finds yours.", ("english-classes",), "online", "19:00", "20:30", "TU,TH"),
    ("Wayfordshire Deaf Contact", "Sign video line", "British Sign Language by video, for questions about services, letters and appointments.", ("sight-and-hearing", "interpreting"), "online", "10:00", "16:00", "MO,TU,WE,TH,FR"),
    ("Energy Line Wayfordshire", "Energy line", "Somebody who reads your bill with you, rings the supplier with you on the line, and knows every grant there is.", ("fuel",), "telephone", "09:00", "17:00", "MO,TU,WE,TH,FR"),
    ("Tenants' Voice Wayfordshire", "Housing advice by phone", "Quick advice on notices, deposits and repairs for people who rent. Not sure it is serious? Ring.", ("tenancy", "damp-and-repairs"), "telephone", "10:00", "15:00", "MO,TU,WE,TH,FR"),
    ("Wayfordshire Veterans' Switchboard", "One number for veterans", "One number for people who served. We hand you over to a person, never to another number.", ("veterans",), "telephone", "09:00", "21:00", "MO,TU,WE,TH,FR,SA,SU"),
    ("Parents on the Line", "Parent line", "For parents at the end of their tether. Crying babies and slamming doors are both welcome in the background.", ("parenting",), "telephone", "17:00", "23:00", "MO,TU,WE,TH,FR,SA,SU"),
    ("Wayfordshire Devices for All", "Reused laptops by post", "A laptop or tablet by post, set up for you, with a number to ring when it sulks. By referral.", ("digital-access",), "telephone", "10:00", "16:00", "MO,TU,WE,TH,FR"),
    ("Living Beyond Cancer Online", "Evening circle", "A circle by video for people in and after treatment who live too far out, or are too tired, to go anywhere.", ("cancer",), "online", "18:30", "20:00", "WE"),
    ("Safe Way Wayfordshire", "Advice line on abuse at home", "Day and night. If you cannot talk, press any key and stay on the line. We never ring back unless you say it is safe.", ("domestic-abuse",), "telephone", "00:00", "23:59", "MO,TU,WE,TH,FR,SA,SU"),
    ("Wayfordshire Mind & Breath", "Ten minutes of quiet", "Guided breathing by telephone, every morning at eight, ten minutes, cameras being what they are.", ("mindfulness", "stress"), "telephone", "08:00", "08:10", "MO,TU,WE,TH,FR"),
    ("The Wayfordshire Pen Friends' Association (founded 1911, still writing)", "Pen friends", "We match people who would like to write and receive letters. Large print and audio letters too.", ("befriending", "loneliness"), "telephone", "10:00", "12:00", "TU"),
    ("Wayfordshire Law by Phone", "Legal call-back", "Leave your question; a volunteer solicitor rings within five working days. Family, work, wills, debt excepted.", ("legal-advice",), "telephone", "09:00", "17:00", "MO,TU,WE,TH,FR"),
    ("Back to Work Wayfordshire", "Work coach by video", "An hour a fortnight with a coach for people who have been off work with their health.", ("job-seeking",), "online", "09:00", "18:00", "MO,TU,WE,TH,FR"),
)  # fmt: skip


def county_wide() -> list[dict[str, Any]]:
    """What is posted of each."""
    return [
        {
            "organization": {
                "name": f"{group} (synthetic)",
                "description": f"Works across {COUNTY}.",
                "email": f"hello@{slug(group)}.example.org",
                "website": f"https://{slug(group)}.example.org/",
            },
            "name": name,
            "description": about,
            "email": f"hello@{slug(group)}.example.org",
            "need_terms": list(terms),
            "fees": "Free",
            "minimum_age": 16,
            "schedules": [
                {
                    "freq": "WEEKLY",
                    "byday": days,
                    "opens_at": opens,
                    "closes_at": closes,
                    "attending_type": way,
                }
            ],
            "cost_options": [{"option": "Free", "amount": 0}],
            "service_areas": [{"name": COUNTY}],
            "locations": [{"location_type": "virtual", "name": f"By {way}" if way == "telephone" else "Online"}],
            "languages": [{"name": "English", "code": "en"}],
            "phones": [{"number": f"0808 157 0{number:03d}"}],
        }
        for number, (group, name, about, terms, way, opens, closes, days) in enumerate(_TABLE, 101)
    ]  # fmt: skip
