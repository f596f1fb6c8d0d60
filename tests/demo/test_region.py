"""The synthetic region has the shape the documentation promises."""

from demo.region import LIST_SIZE_MAX, LIST_SIZE_MIN, networks


def test_the_small_region_has_three_networks_and_fourteen_practices() -> None:
    small = networks("small")

    assert [network.code for network in small] == ["U99001", "U99002", "U99003"]
    codes = [practice.code for network in small for practice in network.practices]
    assert codes == [f"Y99{number:03d}" for number in range(1, 15)]


def test_the_region_has_thirty_networks_and_a_hundred_and_sixty_practices() -> None:
    region = networks("region")

    assert len(region) == 30
    practices = [practice for network in region for practice in network.practices]
    assert len({practice.code for practice in practices}) == 160
    assert all(1 <= len(network.practices) <= 10 for network in region)


def test_the_small_region_is_where_the_large_one_starts() -> None:
    assert networks("region")[:3] == networks("small")


def test_list_sizes_keep_to_what_is_published() -> None:
    for network in networks("region"):
        assert LIST_SIZE_MIN - 10 <= network.persons <= LIST_SIZE_MAX + 10


def test_every_name_says_that_it_is_synthetic() -> None:
    for network in networks("region"):
        assert "(synthetic)" in network.name
        assert all("(synthetic)" in practice.name for practice in network.practices)
