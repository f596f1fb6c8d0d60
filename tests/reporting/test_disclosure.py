"""Small numbers: the rule itself, and what an attacker can do with what it lets through."""

from hypothesis import given
from hypothesis import strategies as st

from chassis.disclosure import HIDDEN, controlled_count, controlled_statistic

counts = st.integers(min_value=0, max_value=1_000_000)


def test_nothing_is_shown_as_nothing() -> None:
    assert controlled_count(0) == 0


def test_one_to_seven_are_hidden_behind_one_token() -> None:
    assert {controlled_count(exact) for exact in range(1, 8)} == {HIDDEN}


def test_larger_counts_are_rounded_to_the_nearest_five() -> None:
    # The published cases of the national rule for figures below national level.
    published = {8: 10, 12: 10, 13: 15, 17: 15, 18: 20, 22: 20, 23: 25, 27: 25, 28: 30}
    assert {exact: controlled_count(exact) for exact in published} == published
    assert (controlled_count(102), controlled_count(103), controlled_count(3998)) == (
        100,
        105,
        4000,
    )


@given(counts)
def test_a_shown_count_stands_for_five_possible_ones(exact: int) -> None:
    shown = controlled_count(exact)
    if shown == 0:
        assert exact == 0
    elif shown == HIDDEN:
        assert 1 <= exact <= 7
    else:
        assert isinstance(shown, int)
        assert shown % 5 == 0
        assert abs(shown - exact) <= 2


# With two and more parts beside it, one at the very edge of every rounding can be found: the price
# that `chassis.disclosure` names. 1 + 6,008 + 6,008 shows as 12,015 of 6,010 and 6,010.
@given(st.integers(min_value=1, max_value=7), counts)
def test_a_total_less_the_other_part_does_not_give_the_hidden_part(hidden: int, other: int) -> None:
    total = controlled_count(hidden + other)
    parts = [controlled_count(other)]
    if total == HIDDEN or HIDDEN in parts:
        return
    # Given everything that is shown, more than one value of the hidden part is possible.
    possible = {
        candidate
        for candidate in range(1, 8)
        if _can_be(candidate, total, [part for part in parts if isinstance(part, int)])
    }
    assert hidden in possible
    assert len(possible) > 1


def _can_be(candidate: int, total: int | str, parts: list[int]) -> bool:
    """Whether some exact parts that round as shown make ``total`` with this hidden part."""
    assert isinstance(total, int)
    least = sum(max(part - 2, 8) if part else 0 for part in parts) + candidate
    most = sum(part + 2 if part else 0 for part in parts) + candidate
    return any(controlled_count(whole) == total for whole in range(least, most + 1))


def test_a_statistic_of_fewer_than_eight_is_withheld() -> None:
    assert controlled_statistic(12.0, resting_on=0) is None
    assert controlled_statistic(12.0, resting_on=1) == HIDDEN
    assert controlled_statistic(12.0, resting_on=7) == HIDDEN
    assert controlled_statistic(12.0, resting_on=8) == 12.0
