"""Caseloads weighted by complexity, and how a whole one is shared out."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.referral.domain.allocation import (
    FULL_YEAR_MAX,
    WEIGHTS,
    AlreadyWithWorker,
    Caseload,
    NobodyToTakeOver,
    assign,
    by_least_load,
    share_out,
    version_of,
)
from services.referral.domain.episodes import Episode
from services.referral.domain.refusals import EpisodeNotOpen
from tests.referral.domain.test_waiting import OPENED

COMPLEXITIES = st.sampled_from(sorted(WEIGHTS))


def an_episode(**changes: object) -> Episode:
    return Episode(UUID(int=1), UUID(int=2), "U99001", OPENED, version=1, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("year", "room"),
    [
        ({"medium": 179}, "room"),
        ({"medium": 180}, "nearly-full"),
        ({"high": 100}, "full"),
        ({"low": 500}, "full"),
        ({"medium": 251}, "over"),
    ],
)
def test_a_year_is_measured_in_people_of_medium_complexity(year: dict[str, int], room: str) -> None:
    assert Caseload(UUID(int=1), year=year).room == room  # type: ignore[arg-type]


def test_a_full_year_is_as_much_as_one_worker_should_have() -> None:
    assert Caseload(UUID(int=1), year={"medium": FULL_YEAR_MAX}).share_of_year == 1


@given(
    st.lists(COMPLEXITIES, max_size=60),
    st.lists(st.integers(0, 40), min_size=1, max_size=6),
)
def test_a_caseload_is_shared_out_whole_and_evenly(
    complexities: list[str], open_before: list[int]
) -> None:
    episodes = [(UUID(int=place), one) for place, one in enumerate(complexities)]
    takers = [
        Caseload(UUID(int=1000 + place), open={"medium": count})
        for place, count in enumerate(open_before)
    ]
    before = {one.worker_id: one.weighted_open for one in takers}

    given_to = share_out(episodes, takers)  # type: ignore[arg-type]

    assert set(given_to) == {episode_id for episode_id, _ in episodes}
    after = {one.worker_id: one.weighted_open for one in takers}
    total = sum(WEIGHTS[one] for one in complexities)  # type: ignore[index]
    assert sum(after.values()) == pytest.approx(sum(before.values()) + total)
    # Nobody who was given something has more than the least laden by more than one episode.
    for worker_id in set(given_to.values()):
        assert after[worker_id] <= min(after.values()) + max(WEIGHTS.values())


def test_nobody_is_no_taker() -> None:
    with pytest.raises(NobodyToTakeOver):
        share_out([(UUID(int=1), "low")], [])


def test_the_least_load_comes_first_and_equals_in_a_fixed_order() -> None:
    light, heavy = Caseload(UUID(int=9)), Caseload(UUID(int=1), open={"high": 1})
    assert by_least_load([heavy, light, Caseload(UUID(int=8))])[:2] == [
        Caseload(UUID(int=8)),
        light,
    ]


def test_an_episode_changes_hands_while_it_is_open_and_only_to_another() -> None:
    episode = an_episode()
    assert assign(episode, UUID(int=5)) == 2
    with pytest.raises(AlreadyWithWorker):
        assign(episode, UUID(int=5))
    ended = an_episode(closed_at=OPENED)
    with pytest.raises(EpisodeNotOpen):
        assign(ended, UUID(int=5))
    assert ended.worker_id is None


def test_who_has_an_episode_has_a_version_that_only_grows() -> None:
    worker = UUID(int=5)
    versions = [version_of(0, None), version_of(0, worker), version_of(1, worker)]
    assert versions == sorted({*versions})
