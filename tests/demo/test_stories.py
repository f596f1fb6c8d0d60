"""The stories of the demonstration are possible, repeatable and of the size that is promised."""

from datetime import date, timedelta
from functools import cache
from typing import get_args

from contracts import codes
from demo.stories import Story, stories

TODAY = date(2026, 11, 20)


@cache
def _small() -> tuple[Story, ...]:
    return tuple(stories("small", TODAY))


def test_the_small_region_has_a_thousand_referrals_over_two_years() -> None:
    moments = [story.referred_at.date() for story in _small()]

    assert len(moments) == 1_000
    assert min(moments) < TODAY - timedelta(days=700)
    assert max(moments) < TODAY


def test_the_same_day_tells_the_same_stories() -> None:
    assert tuple(stories("small", TODAY)) == _small()


def test_references_are_unique() -> None:
    assert len({story.reference for story in _small()}) == len(_small())


def test_everything_in_a_story_happens_in_order_and_before_today() -> None:
    for story in _small():
        at = story.referred_at
        for contact in story.contacts:
            assert contact.at > at
            at = contact.at
        assert at.date() < TODAY
        if story.ending is not None:
            assert at < story.ending[0]
            assert story.ending[0].date() < TODAY
        for goal in story.goals:
            times = [goal.at, *(moment for moment, _ in goal.updates)]
            assert times == sorted(times)
            assert times[-1].date() < TODAY


def test_every_code_is_one_the_contracts_know() -> None:
    for story in _small():
        assert story.route in get_args(codes.Route)
        assert set(story.needs) <= set(get_args(codes.Need))
        assert all(contact.mode in get_args(codes.ContactMode) for contact in story.contacts)
        assert story.person.sex in get_args(codes.Sex)
        assert story.person.ethnicity_category in get_args(codes.EthnicityCategory)
        updates = {status for goal in story.goals for _, status in goal.updates}
        assert updates <= set(get_args(codes.GoalStatus))


def test_shares_are_near_what_is_published() -> None:
    endings = [story.ending[1] if story.ending else None for story in _small()]
    people = {story.person.nhs_number for story in _small()}

    assert 0.08 <= endings.count("declined") / len(endings) <= 0.16
    assert 1.25 <= len(endings) / len(people) <= 1.5


def test_each_network_ends_with_a_referral_that_waits_for_whoever_tries_the_examples() -> None:
    waiting = {
        story.reference: story for story in _small() if story.reference.startswith("example")
    }

    assert sorted(waiting) == ["example-U99001", "example-U99002", "example-U99003"]
    for story in waiting.values():
        others = [one for one in _small() if one.person == story.person]
        assert others == [story]
        assert story.ending is None
        assert not story.contacts
        assert [goal.updates for goal in story.goals] == [()]


def test_a_person_who_declined_has_no_contacts() -> None:
    declined = [story for story in _small() if story.ending and story.ending[1] == "declined"]

    assert declined
    assert not any(story.contacts or story.goals for story in declined)
