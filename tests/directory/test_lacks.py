"""What an area lacks is what no listing free of hindrance serves, however it is looked up."""

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from services.directory.domain.service_areas import ANYWHERE
from services.directory.domain.unmet_need import (
    COSTS_FROM,
    SERVED_WITHIN_KM,
    Area,
    Reach,
    kilometres,
    lacks,
)

TERMS = ("debt", "fuel")
KEYS = ("ZZ1", "ZZ1 1", "ZZ2", "QZZ:ashbeck")
UNKNOWN = "QZZ:nobody loaded it"

latitudes = st.floats(54.0, 54.2)
longitudes = st.floats(0.9, 1.1)


@st.composite
def areas(draw: st.DrawFn) -> Sequence[Area]:
    return [
        Area(
            f"Z{number}", f"Area {number}", "U99001", 100, draw(latitudes), draw(longitudes),
            frozenset({ANYWHERE, *draw(st.sets(st.sampled_from(KEYS), min_size=1))}),
        )
        for number in range(draw(st.integers(1, 4)))
    ]  # fmt: skip


listings = st.builds(
    Reach,
    need_terms=st.frozensets(st.sampled_from((*TERMS, "choir"))),
    points=st.lists(st.tuples(latitudes, longitudes), max_size=3).map(tuple),
    area_keys=st.frozensets(st.sampled_from((*KEYS, UNKNOWN)), max_size=2)
    | st.just(frozenset({ANYWHERE})),
    is_remote=st.booleans(),
    cost=st.sampled_from((None, 0.0, COSTS_FROM, COSTS_FROM + 1)),
    is_full=st.booleans(),
    is_step_free=st.sampled_from((None, True, False)),
    languages=st.just(frozenset({"en"})),
    is_out_of_hours=st.booleans(),
)


def serves(one: Reach, area: Area, known: frozenset[str]) -> bool:
    """The rule as it is said: by the areas it names, else by being near."""
    if one.area_keys:
        cannot_be_told = any(":" in key and key not in known for key in one.area_keys)
        return bool(one.area_keys & area.keys) or cannot_be_told
    here = (area.latitude, area.longitude)
    near = any(kilometres(here, point) < SERVED_WITHIN_KM for point in one.points)
    return one.is_remote or not one.points or near


def hinders(one: Reach) -> bool:
    return one.is_full or (one.cost or 0) > COSTS_FROM or one.is_step_free is False


@given(areas(), st.lists(listings, max_size=8))
def test_an_area_lacks_what_nothing_free_of_hindrance_serves(
    there: Sequence[Area], offered: Sequence[Reach]
) -> None:
    known = frozenset[str]().union(*(area.keys for area in there))

    found = lacks(there, offered, TERMS)

    assert [(one.area.code, one.need_term) for one in found] == [
        (area.code, term)
        for area in there
        for term in TERMS
        if not any(
            term in one.need_terms and serves(one, area, known) and not hinders(one)
            for one in offered
        )
    ]
    for one in found:
        assert one.listings == sum(
            one.need_term in listing.need_terms and serves(listing, one.area, known)
            for listing in offered
        )
