"""The people of the demonstration cannot be real ones."""

import random
from dataclasses import replace
from datetime import date

import pytest
from stdnum.gb import nhs

from demo.geography import neighbourhoods
from demo.people import nhs_number, synthetic_person
from demo.region import networks

ASHBECK, BIRCHMERE = networks("small")[:2]


@pytest.mark.parametrize("serial", [0, 1, 17, 499_999, 999_999])
def test_a_synthetic_number_is_valid_and_from_the_range_never_issued(serial: int) -> None:
    number = nhs_number(serial)

    assert number is None or (nhs.is_valid(number) and number.startswith("999"))


def test_about_one_serial_in_eleven_has_no_check_digit() -> None:
    without = sum(nhs_number(serial) is None for serial in range(11_000))

    assert 900 <= without <= 1_100


def test_a_serial_without_a_number_is_refused() -> None:
    serial = next(serial for serial in range(100) if nhs_number(serial) is None)

    with pytest.raises(ValueError, match="no NHS number has the serial"):
        synthetic_person(random.Random(1), serial, on=date(2026, 3, 2), network=ASHBECK)


def test_contacts_lead_nowhere_real() -> None:
    draw = random.Random(1)

    for serial in (1, 2, 3, 5):
        if nhs_number(serial) is None:
            continue
        person = synthetic_person(draw, serial, on=date(2026, 3, 2), network=ASHBECK)

        assert person.email.endswith("@people.example.org")
        assert person.phone.startswith("07700 900")
        assert person.postcode.startswith("ZZ")


def test_the_same_draw_makes_the_same_person() -> None:
    first, second = (
        synthetic_person(random.Random(7), 123, on=date(2026, 3, 2), network=ASHBECK)
        for _ in range(2)
    )

    assert first == second


def test_a_deprived_network_draws_lower_deciles() -> None:
    draw = random.Random(3)
    serials = [serial for serial in range(600) if nhs_number(serial) is not None]

    def mean_decile(deprivation: float) -> float:
        network = replace(ASHBECK, deprivation=deprivation)
        people = [
            synthetic_person(draw, serial, on=date(2026, 3, 2), network=network)
            for serial in serials
        ]
        return sum(person.deprivation_decile for person in people) / len(people)

    assert mean_decile(0.9) < mean_decile(0.1) - 1


def test_somebody_lives_in_their_network_where_the_decile_is_theirs() -> None:
    draw = random.Random(4)
    by_sector = {one.sector: one for one in neighbourhoods().values()}

    for network in (ASHBECK, BIRCHMERE):
        for serial in (1, 2, 3, 5, 8):
            person = synthetic_person(draw, serial, on=date(2026, 3, 2), network=network)
            home = by_sector[person.postcode[:-2]]

            assert home.pcn_code == network.code
            assert home.deprivation_decile == person.deprivation_decile
