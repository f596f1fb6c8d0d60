"""The stories of the demonstration are possible, repeatable and of the size that is promised."""

from datetime import date, timedelta
from functools import cache
from typing import get_args

from contracts import codes
from demo.stories import stories, story_count
from demo.telling import Story

TODAY = date(2026, 11, 20)


@cache
def _small() -> tuple[Story, ...]:
    return tuple(stories("small", TODAY))


def _drawn() -> list[Story]:
    """Those that are drawn by shares, without the awkward ones that every network has."""
    return [story for story in _small() if not story.reference.startswith("script-")]


def test_the_small_region_has_about_a_thousand_referrals_over_two_years_some_told_in_full() -> None:
    moments = [story.referred_at.date() for story in _drawn()]

    assert len(moments) == story_count("small") == 970
    assert 100 < sum(story.in_full for story in _drawn()) < 200
    assert TODAY - timedelta(days=735) < min(moments) < TODAY - timedelta(days=700)
    assert max(moments) < TODAY


def test_the_same_day_and_number_tell_the_same_stories() -> None:
    assert tuple(stories("small", TODAY)) == _small()


def test_another_number_tells_other_stories() -> None:
    other = tuple(stories("small", TODAY, 2))

    assert len(other) == len(_small())
    assert {story.person for story in other}.isdisjoint(story.person for story in _small())


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
        assert [step.at for step in story.steps] == sorted(step.at for step in story.steps)
        for step in story.steps:
            assert story.referred_at < step.at
            assert step.occurred_at.date() <= TODAY


def test_nothing_but_a_reopening_comes_after_the_end() -> None:
    for story in _small():
        closed = [step.at for step in story.steps if step.what == "closing"]
        if closed:
            later = {step.what for step in story.steps if step.at > closed[0]}
            assert later <= {"reopening"}


def test_every_code_is_one_the_contracts_know() -> None:
    for story in _small():
        assert story.route in get_args(codes.Route)
        assert story.urgency in get_args(codes.Urgency)
        assert set(story.needs) <= set(get_args(codes.Need))
        for contact in story.contacts:
            assert contact.mode in get_args(codes.ContactMode)
            assert contact.outcome in get_args(codes.ContactOutcome)
            assert contact.missed_reason in {None, *get_args(codes.MissedReason)}
        assert story.person.sex in get_args(codes.Sex)
        assert story.person.gender in get_args(codes.Gender)
        assert story.person.ethnicity_category in get_args(codes.EthnicityCategory)
        updates = {status for goal in story.goals for _, status in goal.updates}
        assert updates <= set(get_args(codes.GoalStatus))


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
        assert not story.steps
        assert [goal.updates for goal in story.goals] == [()]


def test_a_person_who_declined_has_no_contacts() -> None:
    declined = [story for story in _small() if story.ending and story.ending[1] == "declined"]

    assert declined
    assert not any(story.contacts or story.goals for story in declined)


def test_a_second_referral_joins_support_that_goes_on_and_opens_another_after_it_ended() -> None:
    of_person: dict[str, list[Story]] = {}
    for story in _drawn():
        of_person.setdefault(story.person.email, []).append(story)

    joined = 0
    for own in of_person.values():
        for place, story in enumerate(own):
            if not story.joins:
                continue
            joined += 1
            before = [one for one in own[:place] if not one.joins][-1]
            assert before.ending is None or before.ending[0] > story.referred_at
            assert not story.contacts
            assert not story.steps
    assert joined > 5
    assert any(sum(not one.joins for one in own) > 1 for own in of_person.values())
