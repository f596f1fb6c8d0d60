"""The region's geography is consistent in itself and with the registers and lookups it stands beside."""

import itertools
import re
from pathlib import Path

from demo.geography import (
    decile_of,
    distance_km,
    neighbourhood_of,
    neighbourhoods,
    places,
    postcode_of,
    towns,
)
from demo.region import networks

MIGRATION = Path("services/referral/migrations/0003_people_record.sql")


def test_every_network_is_a_town_with_ten_neighbourhoods_of_all_deciles() -> None:
    assert [town.pcn_code for town in towns()] == [one.code for one in networks("region")]
    for town in towns():
        deciles = [one.deprivation_decile for one in town.neighbourhoods]
        assert sorted(deciles) == list(range(1, 11))


def test_whoever_is_registered_lives_somewhere() -> None:
    for town, network in zip(towns(), networks("region"), strict=True):
        persons = [one.persons for one in town.neighbourhoods]
        assert sum(persons) == network.persons
        assert min(persons) > 50


def test_a_deprived_network_has_more_of_its_people_in_deprived_neighbourhoods() -> None:
    def share(pcn_code: str) -> float:
        (town,) = (town for town in towns() if town.pcn_code == pcn_code)
        low = sum(one.persons for one in town.neighbourhoods if one.deprivation_decile <= 3)
        return low / sum(one.persons for one in town.neighbourhoods)

    most = max(networks("region"), key=lambda one: one.deprivation)
    least = min(networks("region"), key=lambda one: one.deprivation)
    assert share(most.code) > 0.4
    assert share(least.code) < 0.2


def test_deciles_follow_the_rule_of_the_lookup_the_referral_service_begins_with() -> None:
    assert "1 + (outward + inward) % 10" in MIGRATION.read_text()
    assert [decile_of(1, 1), decile_of(1, 9), decile_of(30, 0)] == [3, 1, 1]


def test_names_codes_and_sectors_are_given_once_and_say_that_nothing_exists() -> None:
    found = neighbourhoods().values()

    assert len({one.code for one in found}) == len({one.name for one in found}) == 300
    assert all(re.fullmatch(r"Z99[0-9]{6}", one.code) for one in found)
    assert all(re.fullmatch(r"ZZ([1-9]|[12][0-9]|30) [0-9]", one.sector) for one in found)


def test_everything_lies_at_sea_off_england_and_as_far_apart_as_in_a_county() -> None:
    for place in places("region"):
        assert 53.5 < place.latitude < 54.4
        assert 0.5 < place.longitude < 1.8
    ways = [
        distance_km((one.latitude, one.longitude), (other.latitude, other.longitude))
        for one, other in itertools.combinations(towns(), 2)
    ]
    assert min(ways) > 5
    assert 60 < max(ways) < 100


def test_a_postcode_lies_in_its_neighbourhood_and_apart_from_the_others() -> None:
    for place in places("region"):
        home = neighbourhoods()[place.neighbourhood_code]
        at = (place.latitude, place.longitude)
        assert distance_km(at, (home.latitude, home.longitude)) < 0.5
        if place.is_postcode:
            assert neighbourhood_of(place.name) == home.code


def test_no_place_is_named_twice_and_the_small_region_knows_every_name() -> None:
    small, region = list(places("small")), list(places("region"))

    assert len({place.name for place in region}) == len(region)
    assert [one for one in small if not one.is_postcode] == [
        one for one in region if not one.is_postcode
    ]
    assert sum(one.is_postcode for one in small) == 3 * 10 * 49


def test_a_postcode_is_found_for_each_decile_of_each_network() -> None:
    for network in networks("region"):
        for decile in range(1, 11):
            home = neighbourhoods()[neighbourhood_of(postcode_of(network.code, decile, "AB"))]
            assert (home.pcn_code, home.deprivation_decile) == (network.code, decile)
