"""What the towns, quarters, villages and halls of the synthetic region are called.

The names are made up. Some place somewhere may bear one of them; none is meant.
"""

from __future__ import annotations

from typing import Final

QUARTERS: Final = (
    "Northgate", "Southfields", "Eastfield", "West End", "Mill Quarter", "Station Road", "Priory",
    "Canalside", "Hilltop", "Riverside", "Old Maltings", "The Crescents", "Garden Suburb",
    "Brickfields", "Castle Hill", "Gasworks Lane", "Lower Town", "Parkside", "Meadows", "Ropewalk",
    "Tannery", "Fairground", "Orchard Estate", "Cross Keys",
)  # fmt: skip
VILLAGE_BEGINNINGS: Final = (
    "Askel", "Brom", "Crake", "Dray", "Ells", "Fenny", "Garth", "Hather", "Ick", "Kelm", "Lunt",
    "Moss", "Nun", "Orm", "Pell", "Ruth", "Scald", "Thrang", "Ulver", "Wim", "Yelder", "Strand",
    "Gawth", "Hob",
)  # fmt: skip
VILLAGE_ENDINGS: Final = (
    "wick", "thorpe", "by", "ley", "den", "croft", "stead", "holt", "rigg", "garth", "mere",
    "bottom", "thwaite", "well",
)  # fmt: skip
VILLAGE_FORMS: Final = (
    "{}", "{}", "{}", "{}", "Upper {}", "Great {}", "Little {}", "{} St Oswin", "{}-le-Fen",
    "{}-on-the-Hill", "{} Colliery", "{} Green",
)  # fmt: skip
STREETS: Final = (
    "Mill Lane", "Church Street", "Chapel Row", "Station Road", "Market Place", "Back Lane",
    "School Lane", "The Green", "Queen's Road", "Tithe Barn Lane", "Quarry Hill", "Weaver's Yard",
    "Albert Street", "Pump Lane", "Nettle Bank", "Fuller's Row", "Long Meadow", "Beck Side",
    "Drovers' Way", "Almshouse Lane",
)  # fmt: skip
TOWN_VENUES: Final = (  # name, and whether somebody in a wheelchair gets in
    ("{town} Library", "yes"),
    ("St Oswin's Church Hall", "yes"),
    ("{town} Town Hall", "yes"),
    ("The Old Fire Station", "yes"),
    ("{town} Leisure Centre", "yes"),
    ("Trinity Methodist Church, schoolroom", "ramp"),
    ("Friends' Meeting House", "yes"),
    ("{quarter} Community Centre", "yes"),
    ("{town} Working Men's Club", "no"),
    ("Masjid Al-Noor community room", "yes"),
    ("Kościół św. Jadwigi, sala parafialna (St Hedwig's parish room)", "ramp"),
    ("The Loft above {town} Co-operative Stores", "no"),
    ("{quarter} Family Hub", "yes"),
    ("Guru Nanak Gurdwara, langar hall", "yes"),
    ("{town} College, the Annexe", "yes"),
    ("{quarter} Allotments, the big shed", "ramp"),
    ("Canal Boat 'Dorothy May', mooring 4", "no"),
    ("{town} Rugby Club", "ramp"),
)  # fmt: skip
VILLAGE_VENUES: Final = (
    ("{village} Village Hall", "yes"),
    ("{village} Memorial Institute", "ramp"),
    ("The Reading Room, {village}", "no"),
    ("{village} Chapel", "ramp"),
    ("All Saints', {village} (the vestry)", "no"),
    ("{village} Primary School, after hours", "yes"),
)  # fmt: skip
